import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiError } from '../support/client.ts';
import { openAccount, rateOf, startingAt, type Account } from '../support/refusals-account.ts';
import { documentOf, errorsOf, recordingNothing, summaryOf } from '../support/refusals.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

async function post(body: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(account.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const { errors } = (await response.json()) as { errors: readonly ApiError[] };
  return { status: response.status, errors };
}

/**
 * Everything wrong that the types of the schema see: the mutation, its input, and what the message
 * names.
 */
const misfits: readonly (readonly [
  what: string,
  mutation: string,
  input: (a: Account) => object,
  names: string,
])[] = [
  ['an unknown field', 'createCustomer', () => ({ name: 'N', shoeSize: 46 }), 'shoeSize'],
  [
    'a snake_case field',
    'createCustomer',
    () => ({ name: 'N', ingest_aliases: [] }),
    'ingest_aliases',
  ],
  [
    'an unknown field far below',
    'addRates',
    (a) => ({ rateCardId: a.card, rates: [{ ...rateOf(a.emails), ending_before: null }] }),
    'rates[0]',
  ],
  ['a missing name', 'createCustomer', () => ({}), 'name'],
  ['a name that is null', 'createCustomer', () => ({ name: null }), 'name'],
  ['a name that is a number', 'createCustomer', () => ({ name: 5 }), 'name'],
  [
    'an alias that is null',
    'createCustomer',
    () => ({ name: 'N', ingestAliases: [null] }),
    'ingestAliases[0]',
  ],
  ['a type of no product', 'createProduct', () => ({ name: 'P', type: 'GIFT' }), 'GIFT'],
  [
    'a currency that is a number',
    'createRateCard',
    () => ({ name: 'C', currency: 840 }),
    'currency',
  ],
  ...[
    0.1,
    1.5,
    1e21,
    12345678901234567000,
    '1e3',
    '0x10',
    '1,5',
    ' 1',
    '',
    '.5',
    '1.',
    'NaN',
    true,
    {},
  ].map(
    (unitPrice) =>
      [
        `the price ${JSON.stringify(unitPrice)}`,
        'addRates',
        (a: Account) => ({
          rateCardId: a.card,
          rates: [{ ...rateOf(a.emails), pricing: { model: 'FLAT', unitPrice } }],
        }),
        'unitPrice',
      ] as const,
  ),
  ...['2024-10-01', '2024-10-01T00:00:00', 'today', 1727740800, '', '2024-02-30T00:00:00Z'].map(
    (start) =>
      [
        `the start ${JSON.stringify(start)}`,
        'createContract',
        (a: Account) => ({ customerId: a.other, rateCardId: a.card, startingAt: start }),
        'startingAt',
      ] as const,
  ),
  ...[{}, { recurringSchedule: null }, { recurringSchedule: null, scheduleItems: [] }].map(
    (schedule) =>
      [
        `the schedule ${JSON.stringify(schedule)}`,
        'createContract',
        (a: Account) => ({
          ...{ customerId: a.other, rateCardId: a.card, startingAt },
          scheduledCharges: [{ productId: a.fee, schedule }],
        }),
        'schedule',
      ] as const,
  ),
];

describe('what does not fit the schema is refused, and nothing is recorded:', () => {
  for (const [what, mutation, input, names] of misfits) {
    it(what, async () => {
      const errors = await errorsOf(account, documentOf(mutation), { input: input(account) });
      expect([...new Set(errors.map(summaryOf))]).toEqual(['BAD_USER_INPUT - -']);
      expect(errors[0]?.message).toContain(names);
    });
  }

  it.each([
    ['createCustomer(input: {name: "N", shoeSize: 46})', 'shoeSize'],
    ['createCustomer(input: {ingestAliases: []})', 'name'],
    ['createCustomer(input: {name: "N", idempotencyKey: 1.5})', '1.5'],
    ['createCustomer(input: {name: "N"}, dryRun: true)', 'dryRun'],
    [
      'addRates(input: {rateCardId: "c", rates: [{productId: "p", entitled: true, startingAt: "2024-10-01T00:00:00Z", pricing: {model: FLAT, unitPrice: 0.1}}]})',
      'decimal',
    ],
    ['advanceTestClock(to: "2025-02-01")', '2025-02-01'],
    ['createPlan(input: {})', 'createPlan'],
  ])('in the document: %s', async (field, names) => {
    const errors = await errorsOf(account, `mutation { ${field} { __typename } }`);
    expect(errors.map(summaryOf)).toEqual(['GRAPHQL_VALIDATION_FAILED - -']);
    expect(errors[0]?.message).toContain(names);
  });

  it('a document that is none', async () => {
    const errors = await errorsOf(account, 'mutation { createCustomer(');
    expect(errors.map(summaryOf)).toEqual(['GRAPHQL_PARSE_FAILED - -']);
  });

  it('a variable that is not sent, or that nobody declared', async () => {
    const query = documentOf('createCustomer');
    for (const variables of [{}, { input: null }, { inputs: { name: 'N' } }]) {
      const errors = await errorsOf(account, query, variables);
      expect(errors.map(summaryOf)).toEqual(['BAD_USER_INPUT - -']);
      expect(errors[0]?.message).toContain('$input');
    }
  });
});

describe('a body that cannot be taken is refused, and nothing is recorded:', () => {
  const create = (name: string) =>
    JSON.stringify({
      query: `mutation { createCustomer(input: {name: "${name}"}) { __typename } }`,
    });

  it.each([
    ['no JSON', (): string => create('N').slice(0, -1), {}, 400, 'malformed_json', 'JSON'],
    ['nothing', (): string => '', {}, 400, 'malformed_json', 'JSON'],
    [
      'over 4 MiB',
      (): string => create('N'.repeat(4 * 1024 * 1024)),
      {},
      413,
      'body_too_large',
      '4194304',
    ],
    [
      'not called JSON',
      (): string => create('N'),
      { 'content-type': 'text/plain' },
      415,
      'not_json',
      'application/json',
    ],
  ] as const)('%s', async (_what, body, headers, status, reason, names) => {
    const answer = await recordingNothing(account, () => post(body(), headers));
    expect([answer.status, ...answer.errors.map(summaryOf)]).toEqual([
      status,
      `BAD_USER_INPUT ${reason} -`,
    ]);
    expect(answer.errors[0]?.message).toContain(names);
  });

  it.each([
    ['a batch of requests', () => `[${create('N')}, ${create('M')}]`],
    ['without a query', () => '{"variables": {}}'],
    ['with a query that is no text', () => '{"query": 5}'],
    ['with variables that are text', () => '{"query": "{ clock { now } }", "variables": "v"}'],
    [
      'of two operations, neither named',
      () => '{"query": "query A { clock { now } } query B { clock { now } }"}',
    ],
    [
      'with the hash of a query',
      () => '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a"}}}',
    ],
  ])('%s', async (_what, body) => {
    const answer = await recordingNothing(account, () => post(body()));
    expect([...answer.errors.map(summaryOf)]).toEqual(['BAD_USER_INPUT - -']);
    expect(answer.errors[0]?.message.length).toBeGreaterThan(10);
  });

  it('a mutation in a GET', async () => {
    const query = encodeURIComponent(
      'mutation { createCustomer(input: {name: "N"}) { __typename } }',
    );
    const status = await recordingNothing(account, async () => {
      const headers = { 'apollo-require-preflight': 'yes' };
      return (await fetch(`${account.url}?query=${query}`, { headers })).status;
    });
    expect(status).toBe(405);
  });
});
