import { type Account } from './refusals-account.ts';
import { contract, from, offHour } from './refusals-contracts.ts';
import { bad, type Wrong } from './refusals.ts';

const day = (path: string): string =>
  bad('weekly_needs_contract_start', `${path}usageStatementSchedule.day`);
const weekly = { usageStatementSchedule: { frequency: 'WEEKLY' } };

export const wrongCalendars: readonly Wrong[] = [
  ['of weeks', 'createContract', contract(weekly), day('')],
  [
    'of weeks from the first of the month',
    'createContract',
    contract({ usageStatementSchedule: { frequency: 'WEEKLY', day: 'FIRST_OF_MONTH' } }),
    day(''),
  ],
  [
    'of weeks, of a new plan',
    'changePlan',
    (a) => ({
      fromContractId: a.contract,
      contract: contract({ ...weekly, customerId: a.customer })(a),
    }),
    day('contract.'),
  ],
];

const charge = (schedule: object, terms: object = {}) =>
  contract((a) => ({ ...terms, scheduledCharges: [{ productId: a.fee, schedule }] }));
const items = (item: object, terms: object = {}) =>
  charge(
    {
      scheduleItems: [
        { timestamp: from, amount: '10' },
        { timestamp: from, ...item },
      ],
    },
    terms,
  );
const divided = (amountDistribution: string, amount: string) =>
  charge({
    recurringSchedule: {
      ...{ startingAt: from, endingBefore: '2025-04-01T00:00:00Z', frequency: 'MONTHLY' },
      ...{ amount, amountDistribution },
    },
  });
const inSchedule = 'scheduledCharges.0.schedule';
const second = `${inSchedule}.scheduleItems.1`;
const amount = { amount: '10' };

export const wrongSchedules: readonly Wrong[] = [
  [
    'without any item',
    'createContract',
    charge({ scheduleItems: [] }),
    bad('schedule_empty', `${inSchedule}.scheduleItems`),
  ],
  [
    'item by item, ten thousand times and one',
    'createContract',
    charge({ scheduleItems: Array<object>(10_001).fill({ timestamp: from, amount: '1' }) }),
    bad('too_many_occurrences', `${inSchedule}.scheduleItems`),
  ],
  [
    'with an item off the hour',
    'createContract',
    items({ ...amount, timestamp: offHour }),
    bad('not_on_hour', `${second}.timestamp`),
  ],
  [
    'with an item before the contract',
    'createContract',
    items({ ...amount, timestamp: '2025-01-31T23:00:00Z' }),
    bad('charge_outside_contract', `${second}.timestamp`),
  ],
  [
    'with an item at the end of the contract',
    'createContract',
    items(
      { ...amount, timestamp: '2025-03-01T00:00:00Z' },
      { endingBefore: '2025-03-01T00:00:00Z' },
    ),
    bad('charge_outside_contract', `${second}.timestamp`),
  ],
  [
    'with an item without a price',
    'createContract',
    items({}),
    bad('amount_or_unit_price', `${second}.amount`),
  ],
  [
    'with an item of two prices',
    'createContract',
    items({ ...amount, unitPrice: '1', quantity: '1' }),
    bad('amount_or_unit_price', `${second}.amount`),
  ],
  [
    'with an item below zero',
    'createContract',
    items({ amount: '-1' }),
    bad('amount_negative', `${second}.amount`),
  ],
  [
    'with an item of half a cent',
    'createContract',
    items({ unitPrice: '0.05', quantity: '0.1' }),
    bad('amount_finer_than_minor_unit', `${second}.unitPrice`),
    'USD',
  ],
  ...['DIVIDED', 'DIVIDED_ROUNDED'].flatMap((distribution): Wrong[] => [
    [
      `${distribution} of half a cent`,
      'createContract',
      divided(distribution, '100.005'),
      bad('amount_finer_than_minor_unit', `${inSchedule}.recurringSchedule.amount`),
      'USD',
    ],
    [
      `${distribution} below zero`,
      'createContract',
      divided(distribution, '-100'),
      bad('amount_negative', `${inSchedule}.recurringSchedule.amount`),
    ],
  ]),
];

const preview = `query ($contract: ID!, $events: [UsageEventInput!]) {
  previewInvoice(contractId: $contract, events: $events) { id } }`;
const event = (change: object) => ({
  ...{ transactionId: 't', customerId: 'c', eventType: 'e', timestamp: from },
  ...change,
});
const previewing = (events: readonly object[]) => (a: Account) => ({
  contract: a.contract,
  events,
});

export const wrongPreviews: readonly Wrong[] = [
  [
    'an event that would be rejected',
    preview,
    previewing([event({}), event({ properties: { n: 0.1234567890123456 } })]),
    'BAD_USER_INPUT number_not_exact events.1',
  ],
  [
    'more events than a call takes',
    preview,
    previewing(Array<object>(1001).fill(event({}))),
    'BAD_USER_INPUT batch_too_large events',
    '1001',
  ],
];
