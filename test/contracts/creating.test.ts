import { describe, expect, it } from 'vitest';
import { contracts } from '../../src/contracts/decider.ts';
import { type ContractInput, type CreateContract } from '../../src/contracts/commands.ts';
import { fold } from '../../src/kernel/decider.ts';
import { given } from '../support/given-when-then.ts';
import {
  apart,
  at,
  create,
  created,
  customerId,
  emailsOnly,
  facts,
  month,
  now,
  october,
  otherId,
} from './asked.ts';

const refusals: readonly [
  asked: Partial<ContractInput>,
  change: Partial<CreateContract>,
  reason: string,
  ...field: string[],
][] = [
  [{}, { facts: { ...facts, customer: null } }, 'customer_not_found', 'customerId'],
  [
    {},
    { facts: { ...facts, customer: { customerId, archived: true } } },
    'customer_archived',
    'customerId',
  ],
  [{ rateCardAlias: 'list' }, {}, 'exactly_one_rate_card', 'rateCardId'],
  [{ rateCardId: null }, { card: null }, 'exactly_one_rate_card', 'rateCardId'],
  [{ rateCardId: 'no' }, { card: null }, 'rate_card_not_found', 'rateCardId'],
  [
    { rateCardId: null, rateCardAlias: 'no' },
    { card: null },
    'rate_card_not_found',
    'rateCardAlias',
  ],
  [{ name: 'x'.repeat(256) }, {}, 'name_too_long', 'name'],
  [{ startingAt: at('2024-10-01T00:30:00Z') }, {}, 'not_on_hour', 'startingAt'],
  [{ startingAt: at('2024-10-01T00:00:00.001Z') }, {}, 'not_on_hour', 'startingAt'],
  [{ endingBefore: at('2024-10-09T00:00:01Z') }, {}, 'not_on_hour', 'endingBefore'],
  [{ endingBefore: october }, {}, 'ends_before_start', 'endingBefore'],
  [{ endingBefore: at('2024-09-30T23:00:00Z') }, {}, 'ends_before_start', 'endingBefore'],
  [
    { statementSchedule: { frequency: 'WEEKLY', day: 'FIRST_OF_MONTH' } },
    {},
    'weekly_needs_contract_start',
    ...['usageStatementSchedule', 'day'],
  ],
  [{ netPaymentTermsDays: -1 }, {}, 'payment_terms_invalid', 'netPaymentTermsDays'],
  [{ netPaymentTermsDays: 3651 }, {}, 'payment_terms_invalid', 'netPaymentTermsDays'],
];

describe('a contract', () => {
  it('is created as asked, in the currency of its card, with monthly periods', () => {
    given(contracts).when(create()).then(created());
    given(contracts)
      .when(create({ endingBefore: month(3), netPaymentTermsDays: 14, name: null }))
      .then(created({ endingBefore: month(3), netPaymentTermsDays: 14, name: null }));
  });

  it('may be named by the alias of its card, last an hour, and be payable at once', () => {
    const anHour = { endingBefore: at('2024-10-01T01:00:00Z'), netPaymentTermsDays: 0 };
    given(contracts)
      .when(create({ rateCardId: null, rateCardAlias: 'list', ...anHour }))
      .then(created(anHour));
  });

  it('may start before it is recorded', () => {
    const startingAt = at('2020-02-29T05:00:00Z');
    given(contracts).when(create({ startingAt })).then(created({ startingAt }));
  });

  it('is billed by the calendar that was asked for', () => {
    const calendars = [
      { frequency: 'WEEKLY', day: 'CONTRACT_START' },
      { frequency: 'MONTHLY', day: 'CONTRACT_START' },
      { frequency: 'QUARTERLY', day: 'FIRST_OF_MONTH' },
      { frequency: 'SEMI_ANNUAL', day: 'CONTRACT_START' },
      { frequency: 'ANNUAL', day: 'FIRST_OF_MONTH' },
    ] as const;
    for (const statementSchedule of calendars) {
      given(contracts).when(create({ statementSchedule })).then(created({ statementSchedule }));
    }
  });

  it('counts the characters of its name, not their code units', () => {
    const name = '🎲'.repeat(255);
    given(contracts).when(create({ name })).then(created({ name }));
    given(contracts)
      .when(create({ name: `${name}!` }))
      .thenRefused('name_too_long', ['name']);
  });

  it.each(refusals)('is refused: %j %j, as %s', (asked, change, reason, ...field) => {
    given(contracts).when(create(asked, change)).thenRefused(reason, field);
  });

  it('that exists already stays as it is, whatever is asked', () => {
    given(contracts, [created()])
      .when(create({ name: 'Another' }))
      .thenNothing();
  });

  it('is not created for a customer that is being archived', () => {
    given(contracts, [{ type: 'ContractsSealed', customerId, sealedAt: now }])
      .when(create())
      .thenRefused('customer_archived', ['customerId']);
  });
});

describe('two contracts of a customer', () => {
  const other = (change: Parameters<typeof created>[0]) =>
    created({ contractId: otherId, ...change });

  it('may not cover the same time where both cards rate a product', () => {
    for (const startingAt of [at('2020-01-01T00:00:00Z'), october, month(5)]) {
      given(contracts, [other({ startingAt })])
        .when(create())
        .thenRefused('contract_overlaps', ['startingAt']);
    }
    given(contracts, [other({ rateCardId: 'emailsOnly' })])
      .when(create())
      .thenRefused('contract_overlaps', ['startingAt']);
    given(contracts, [other({})])
      .when(create({ rateCardId: 'emailsOnly' }, { card: emailsOnly }))
      .thenRefused('contract_overlaps', ['startingAt']);
  });

  it('may follow one another without a gap', () => {
    given(contracts, [other({ startingAt: month(-2), endingBefore: october })])
      .when(create())
      .then(created());
    given(contracts, [other({ startingAt: month(2) })])
      .when(create({ endingBefore: month(2) }))
      .then(created({ endingBefore: month(2) }));
  });

  it('overlap by a single hour', () => {
    const endingBefore = at('2024-10-01T01:00:00Z');
    given(contracts, [other({ startingAt: month(-2), endingBefore })])
      .when(create())
      .thenRefused('contract_overlaps', ['startingAt']);
  });

  it('may stand side by side where their cards rate different products', () => {
    given(contracts, [other({})])
      .when(create({ rateCardId: 'apart' }, { card: apart }))
      .then(created({ rateCardId: 'apart' }));
  });

  it('are judged by where the other ends now', () => {
    const moved = { type: 'EndDateUpdated', contractId: otherId, updatedAt: now } as const;
    const running = other({ startingAt: month(-2) });
    given(contracts, [running, { ...moved, endingBefore: october }])
      .when(create())
      .then(created());
    given(contracts, [
      running,
      { ...moved, endingBefore: october },
      { ...moved, endingBefore: null },
    ])
      .when(create())
      .thenRefused('contract_overlaps', ['startingAt']);
  });

  it('keep their order of creation', () => {
    const state = fold(contracts, [other({}), created()]);
    expect(state.contracts.map((contract) => contract.contractId)).toEqual([
      otherId,
      created().contractId,
    ]);
  });
});
