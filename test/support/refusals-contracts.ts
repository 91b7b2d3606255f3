import { startingAt, type Account } from './refusals-account.ts';
import { bad, type Change, changeOf, long, suffixed, type Wrong } from './refusals.ts';

export const missing = (what: string, field: string): string =>
  `NOT_FOUND ${what}_not_found input.${field}`;

export const from = '2025-02-01T00:00:00Z';
export const contract = (change: Change) => (account: Account) => ({
  ...{ customerId: account.other, rateCardId: account.card, startingAt: from },
  ...changeOf(change, account),
});
export const offHour = '2025-02-01T00:00:01Z';

export const wrongContracts: readonly Wrong[] = [
  [
    'nobody',
    'createContract',
    contract({ customerId: 'cus_none' }),
    missing('customer', 'customerId'),
  ],
  [
    'a customer of before',
    'createContract',
    contract((a) => ({ customerId: `${a.other}@7` })),
    suffixed('input.customerId'),
  ],
  [
    'an archived customer',
    'createContract',
    contract((a) => ({ customerId: a.archived })),
    bad('customer_archived', 'customerId'),
  ],
  [
    'no card',
    'createContract',
    contract({ rateCardId: null }),
    bad('exactly_one_rate_card', 'rateCardId'),
  ],
  [
    'two cards',
    'createContract',
    contract({ rateCardAlias: 'standard' }),
    bad('exactly_one_rate_card', 'rateCardId'),
  ],
  [
    'a card that is none',
    'createContract',
    contract({ rateCardId: 'crd_none' }),
    missing('rate_card', 'rateCardId'),
  ],
  [
    'a card of before',
    'createContract',
    contract((a) => ({ rateCardId: `${a.card}@7` })),
    suffixed('input.rateCardId'),
  ],
  [
    'an alias of no card',
    'createContract',
    contract({ rateCardId: null, rateCardAlias: 'no' }),
    missing('rate_card', 'rateCardAlias'),
  ],
  ['a name too long', 'createContract', contract({ name: long }), bad('name_too_long', 'name')],
  [
    'a start off the hour',
    'createContract',
    contract({ startingAt: offHour }),
    bad('not_on_hour', 'startingAt'),
  ],
  ['no name', 'createContract', contract({ name: ' ' }), bad('name_empty', 'name')],
  [
    'a start before all that can be billed',
    'createContract',
    contract({ startingAt: '1999-12-31T23:00:00Z' }),
    bad('date_out_of_range', 'startingAt'),
  ],
  [
    'an end off the hour',
    'createContract',
    contract({ endingBefore: '2025-03-01T00:00:01Z' }),
    bad('not_on_hour', 'endingBefore'),
  ],
  [
    'an end at the start',
    'createContract',
    contract({ endingBefore: from }),
    bad('ends_before_start', 'endingBefore'),
  ],
  [
    'an end before the start',
    'createContract',
    contract({ endingBefore: startingAt }),
    bad('ends_before_start', 'endingBefore'),
  ],
  [
    'terms of less than no days',
    'createContract',
    contract({ netPaymentTermsDays: -1 }),
    bad('payment_terms_invalid', 'netPaymentTermsDays'),
  ],
  [
    'terms of eleven years',
    'createContract',
    contract({ netPaymentTermsDays: 3651 }),
    bad('payment_terms_invalid', 'netPaymentTermsDays'),
  ],
  [
    'the time of another',
    'createContract',
    contract({}),
    'CONFLICT contract_overlaps input.startingAt',
  ],
];

const end =
  (endingBefore: string | null, change: object = {}) =>
  (a: Account) => ({
    ...{ customerId: a.customer, contractId: a.contract, endingBefore },
    ...change,
  });
const endOf =
  'mutation ($customer: ID!, $contract: ID!, $end: DateTime) { updateContractEndDate(input: {customerId: $customer, contractId: $contract, endingBefore: $end}) { __typename } }';
const unsent = bad('field_required', 'endingBefore');

export const wrongEnds: readonly Wrong[] = [
  [
    'left out of the input',
    'updateContractEndDate',
    (a) => ({ customerId: a.customer, contractId: a.contract }),
    unsent,
    'null',
  ],
  [
    'whose variable is not sent',
    endOf,
    (a) => ({ customer: a.customer, contract: a.contract }),
    unsent,
    'null',
  ],
  [
    'of no contract',
    'updateContractEndDate',
    end(from, { contractId: 'con_none' }),
    missing('contract', 'contractId'),
  ],
  [
    'of a contract of before',
    'updateContractEndDate',
    (a) => end(from, { contractId: `${a.contract}@7` })(a),
    suffixed('input.contractId'),
  ],
  [
    "of another's contract",
    'updateContractEndDate',
    (a) => end(from, { customerId: a.other })(a),
    missing('contract', 'contractId'),
  ],
  ['off the hour', 'updateContractEndDate', end(offHour), bad('not_on_hour', 'endingBefore')],
  [
    'at the start',
    'updateContractEndDate',
    end(startingAt),
    bad('ends_before_start', 'endingBefore'),
  ],
  [
    'before the start',
    'updateContractEndDate',
    end('2024-09-01T00:00:00Z'),
    bad('ends_before_start', 'endingBefore'),
  ],
  [
    'in a period that is billed',
    'updateContractEndDate',
    end('2024-12-15T00:00:00Z'),
    'CONFLICT invoice_already_finalized input.endingBefore',
    'inv_',
  ],
  [
    'taken away where another contract follows',
    'updateContractEndDate',
    (a) => end(null, { customerId: a.third, contractId: a.ended })(a),
    'CONFLICT contract_overlaps input.endingBefore',
  ],
];

const change = (fromContract: (a: Account) => string, terms: Change) => (a: Account) => ({
  fromContractId: fromContract(a),
  contract: {
    ...contract({ customerId: a.customer })(a),
    ...changeOf(terms, a),
  },
});
const mine = (a: Account) => a.contract;
const notRunning = bad('contract_not_running', 'contract.startingAt');

export const wrongChanges: readonly Wrong[] = [
  [
    'from no contract',
    'changePlan',
    change(() => 'con_none', {}),
    missing('contract', 'fromContractId'),
  ],
  [
    "from another's contract",
    'changePlan',
    change((a) => a.backdated, {}),
    missing('contract', 'fromContractId'),
  ],
  [
    'from a contract that has ended',
    'changePlan',
    change(
      (a) => a.ended,
      (a) => ({ customerId: a.third }),
    ),
    notRunning,
  ],
  ['at the start of the old contract', 'changePlan', change(mine, { startingAt }), notRunning],
  [
    'off the hour',
    'changePlan',
    change(mine, { startingAt: offHour }),
    bad('not_on_hour', 'contract.startingAt'),
  ],
  [
    'to a card that is none',
    'changePlan',
    change(mine, { rateCardId: 'crd_none' }),
    missing('rate_card', 'contract.rateCardId'),
  ],
  [
    'in a period that is billed',
    'changePlan',
    change(mine, { startingAt: '2024-12-15T00:00:00Z' }),
    'CONFLICT invoice_already_finalized input.contract.startingAt',
    'inv_',
  ],
  [
    'to an override that is none',
    'changePlan',
    change(mine, { overrides: [{ startingAt: from }] }),
    bad('override_empty', 'contract.overrides.0'),
  ],
];
