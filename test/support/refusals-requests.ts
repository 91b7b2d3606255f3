import { type Account } from './refusals-account.ts';
import { bad, type Change, changeOf, long, suffixed, type Wrong } from './refusals.ts';

const month = 'startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z"';

const used = (mutation: string, change: Change, key = 'idempotencyKey'): Wrong => [
  `${mutation} with other input`,
  mutation,
  (a) => ({ ...changeOf(change, a), idempotencyKey: 'used' }),
  `CONFLICT idempotency_key_reused input.${key}`,
];
const keyed = (idempotencyKey: string) => () => ({ name: 'K', idempotencyKey });
const from = '2025-02-01T00:00:00Z';
const metric = { name: 'Others', aggregation: 'COUNT', eventTypeFilter: {} };

export const wrongKeys: readonly Wrong[] = [
  ['an empty key', 'createCustomer', keyed(''), bad('idempotency_key_invalid', 'idempotencyKey')],
  [
    'a key too long',
    'createCustomer',
    keyed(long),
    bad('idempotency_key_invalid', 'idempotencyKey'),
  ],
  used('createBillableMetric', metric),
  used('createProduct', { name: 'Another fee', type: 'FIXED' }),
  used('createRateCard', { name: 'Another card' }),
  used('addRates', (a) => ({
    rateCardId: a.card,
    rates: [
      {
        productId: a.emails,
        pricing: { model: 'FLAT', unitPrice: '9' },
        entitled: true,
        startingAt: from,
      },
    ],
  })),
  used('createCustomer', { name: 'Another customer' }),
  used('createContract', (a) => ({ customerId: a.customer, rateCardId: a.card, startingAt: from })),
];

const usage = (args: string) =>
  `query ($customer: ID!, $metric: ID!) { usage(customerId: $customer, billableMetricId: $metric, ${args}) { pageInfo { endCursor } } }`;
const rated = (args: string) =>
  `query ($contract: ID!) { ratedUsage(contractId: $contract, ${args}) { pageInfo { endCursor } } }`;
const metered = (a: Account) => ({ customer: a.customer, metric: a.metric });
const contracted = (a: Account) => ({ contract: a.contract });
// 417 days are 10,008 hours.
const long417 = 'startingAt: "2024-01-01T00:00:00Z", endingBefore: "2025-02-21T00:00:00Z"';
const span = (start: string, end: string) =>
  `startingAt: "2024-${start}Z", endingBefore: "2024-${end}Z"`;

export const wrongQueries: readonly Wrong[] = [
  [
    'usage of nobody',
    usage(month),
    (a) => ({ ...metered(a), customer: 'cus_none' }),
    'NOT_FOUND customer_not_found customerId',
  ],
  [
    'usage of no metric',
    usage(month),
    (a) => ({ ...metered(a), metric: 'met_none' }),
    'NOT_FOUND metric_not_found billableMetricId',
  ],
  [
    'usage from off the hour',
    usage(span('10-01T00:30:00', '11-01T00:00:00')),
    metered,
    'BAD_USER_INPUT not_on_hour startingAt',
    '00:30',
  ],
  [
    'usage to off the hour',
    usage(span('10-01T00:00:00', '11-01T00:30:00')),
    metered,
    'BAD_USER_INPUT not_on_hour endingBefore',
    '00:30',
  ],
  [
    'usage of no time',
    usage(span('10-01T00:00:00', '10-01T00:00:00')),
    metered,
    'BAD_USER_INPUT ends_before_start endingBefore',
  ],
  [
    'usage by the hour for a year',
    usage(`${long417}, window: HOUR`),
    metered,
    'BAD_USER_INPUT range_too_long endingBefore',
    '10000',
  ],
  [
    'rated usage by the hour',
    rated(`${month}, window: HOUR`),
    contracted,
    'BAD_USER_INPUT window_not_supported window',
    'HOUR',
  ],
  [
    'usage by a property that the metric is not grouped by',
    `query ($customer: ID!, $metric: ID!) { usage(customerId: $customer, billableMetricId: $metric,
      startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z", groupBy: ["colour"]) { pageInfo { endCursor } } }`,
    (a) => ({ customer: a.customer, metric: a.metric }),
    'BAD_USER_INPUT group_key_not_of_metric groupBy.0',
  ],
  [
    'rated usage as a whole',
    rated(`${month}, window: NONE`),
    contracted,
    'BAD_USER_INPUT window_not_supported window',
    'NONE',
  ],
  [
    'rated usage of no contract',
    rated(month),
    () => ({ contract: 'con_none' }),
    'NOT_FOUND contract_not_found contractId',
  ],
  [
    'rated usage from off the hour',
    rated(span('10-01T00:30:00', '11-01T00:00:00')),
    contracted,
    'BAD_USER_INPUT not_on_hour startingAt',
  ],
];

const finalize = 'mutation ($id: ID!) { finalizeInvoice(id: $id) { __typename } }';
const voidIt = 'mutation ($id: ID!) { voidInvoice(id: $id, reason: "r") { __typename } }';
const unheard = 'NOT_FOUND invoice_not_found id';
/** Well formed, of a contract that is none. */
const stranger = `inv_${'0'.repeat(32)}_usage_20241001T00_0`;

export const wrongInvoices: readonly Wrong[] = [
  ...Object.entries({ finalize, void: voidIt }).flatMap(([verb, document]): Wrong[] => [
    [`${verb} none`, document, () => ({ id: 'inv_none' }), unheard],
    [`${verb} one of no contract`, document, () => ({ id: stranger }), unheard],
    [`${verb} one of before`, document, (a) => ({ id: `${a.finalInvoice}@7` }), suffixed('id')],
    [
      `${verb} a replayed one`,
      document,
      (a) => ({ id: `${a.finalInvoice}@replay` }),
      suffixed('id'),
    ],
    [
      `${verb} one of a period to come`,
      document,
      (a) => ({ id: a.runningInvoice.replace('202501', '202502') }),
      unheard,
    ],
  ]),
  [
    'finalize one whose period runs',
    finalize,
    (a) => ({ id: a.runningInvoice }),
    'BAD_USER_INPUT period_not_over id',
    '2025-02-01',
  ],
  [
    'finalize a void one',
    finalize,
    (a) => ({ id: a.voidInvoice }),
    'BAD_USER_INPUT invoice_not_draft id',
  ],
  [
    'finalize before an earlier one',
    finalize,
    (a) => ({ id: a.laterDraft }),
    'BAD_USER_INPUT earlier_period_open id',
    'inv_',
  ],
  [
    'void a draft',
    voidIt,
    (a) => ({ id: a.runningInvoice }),
    'BAD_USER_INPUT invoice_not_final id',
  ],
  [
    'void with a reason too long',
    'mutation ($id: ID!, $reason: String) { voidInvoice(id: $id, reason: $reason) { __typename } }',
    (a) => ({ id: a.finalInvoice, reason: 'r'.repeat(1001) }),
    'BAD_USER_INPUT void_reason_too_long reason',
  ],
];

const advance = 'mutation ($to: DateTime!) { advanceTestClock(to: $to) { clock { now } } }';

export const wrongClock: readonly Wrong[] = [
  [
    'back by a millisecond',
    advance,
    () => ({ to: '2025-01-14T23:59:59.999Z' }),
    'BAD_USER_INPUT clock_going_back to',
    '2025-01-15',
  ],
];

export const realClock: Wrong = [
  'the clock of the machine',
  advance,
  () => ({ to: '2099-01-01T00:00:00Z' }),
  'BAD_USER_INPUT no_test_clock -',
  'PAYGO_TEST_CLOCK',
];

const nested = (levels: number): string =>
  levels === 1
    ? '{ id }'
    : `{ ${levels % 2 === 0 ? 'contracts' : 'customer'} ${nested(levels - 1)} }`;
const products =
  'products(first: 1000) { nodes { id name tags type createdAt billableMetric { id name } } }';
const events = Array.from({ length: 1001 }, (_, index) => ({
  transactionId: `t-${String(index)}`,
  customerId: 'first@example.com',
  eventType: 'email',
  timestamp: '2025-01-01T00:00:00Z',
}));

export const wrongSizes: readonly Wrong[] = [
  [
    'a query of thirteen levels',
    // One for the field, twelve more below it.
    `{ customer(id: "c") ${nested(12)} }`,
    () => ({}),
    'GRAPHQL_VALIDATION_FAILED query_too_deep -',
    '12',
  ],
  [
    'a page of every customer with a page of its invoices',
    '{ customers(first: 1000) { nodes { invoices(first: 1000) { nodes { id } } } } }',
    () => ({}),
    'GRAPHQL_VALIDATION_FAILED query_too_costly -',
    '100000',
  ],
  [
    'the same again and again',
    `{ ${Array.from({ length: 50 }, (_, index) => `a${String(index)}: ${products}`).join(' ')} }`,
    () => ({}),
    'GRAPHQL_VALIDATION_FAILED query_too_costly -',
    '100000',
  ],
  [
    'a call of 1,001 events',
    'mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { accepted } }',
    () => ({ events }),
    'BAD_USER_INPUT batch_too_large events',
    '1001',
  ],
];
