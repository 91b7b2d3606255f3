import { describe, expect, it } from 'vitest';
import { ask, only } from './asking.ts';

const refused = (field: readonly (string | number)[]) => ({
  code: 'BAD_USER_INPUT',
  reason: 'text_not_well_formed',
  field,
});

const createCustomer =
  'mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } } }';
const addRates =
  'mutation ($input: AddRatesInput!) { addRates(input: $input) { rateCard { id } } }';
const pricing = { model: 'FLAT', unitPrice: '1' };
const rate = { productId: 'p', startingAt: '2024-10-01T00:00:00Z', entitled: true, pricing };

describe('text with half a surrogate pair or with NUL is refused, before anything is asked:', () => {
  it.each([
    [createCustomer, { name: 'N\ud800' }, ['input', 'name']],
    [createCustomer, { name: '\udc00N' }, ['input', 'name']],
    [createCustomer, { name: 'N\u0000' }, ['input', 'name']],
    [createCustomer, { name: 'N', idempotencyKey: '\ud83d' }, ['input', 'idempotencyKey']],
    [createCustomer, { name: 'N', ingestAliases: ['a', 'a\ud800'] }, ['input', 'ingestAliases', 1]],
    [
      addRates,
      { rateCardId: 'c', rates: [rate, { ...rate, pricingGroupValues: { region: '\ud800' } }] },
      ['input', 'rates', 1, 'pricingGroupValues', 'region'],
    ],
    [
      addRates,
      { rateCardId: 'c', rates: [{ ...rate, pricingGroupValues: { 'a\u0000': 1 } }] },
      ['input', 'rates', 0, 'pricingGroupValues'],
    ],
  ])('in variables, case %#', async (query, input, field) => {
    expect(only(await ask(query, { input }))).toMatchObject(refused(field));
  });

  it('in the arguments of a query', async () => {
    const query = 'query ($search: String) { customers(search: $search) { nodes { id } } }';
    expect(only(await ask(query, { search: '\ud800' }))).toMatchObject(refused(['search']));
  });

  it('in the document itself', async () => {
    const customer = (name: string) =>
      ask(`mutation { createCustomer(input: {name: "${name}"}) { customer { id } } }`);
    expect(only(await customer('N\\u0000'))).toMatchObject(refused(['input', 'name']));
    expect(only(await customer('N\u0000'))).toMatchObject(refused(['input', 'name']));
    for (const half of ['\\ud800', '\\u{dfff}', '\ud800']) {
      expect(only(await customer(half)).code).toBe('GRAPHQL_PARSE_FAILED');
    }
  });

  it('with what to do about it', async () => {
    const { message } = only(await ask(createCustomer, { input: { name: '\ud800' } }));
    expect(message).toMatch(/^input\.name: .*; send /);
  });
});

describe('text of every script', () => {
  it('is taken', async () => {
    const query =
      'query ($search: String) { customers(search: $search, first: 0) { nodes { id } } }';
    const { reason } = only(await ask(query, { search: 'é 漢字 😀\n\u0001' }));
    expect(reason).toBe('first_out_of_range');
  });

  it('of usage is judged event by event', async () => {
    const taken: unknown[] = [];
    const event = { customerId: 'c', eventType: 'e', timestamp: '2024-10-01T00:00:00Z' };
    const events = [{ ...event, transactionId: 'a\ud800', properties: { 'b\u0000': '\udc00' } }];
    await ask(
      'mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { accepted } }',
      { events },
      {
        engine: {
          recordUsage: (sent) => {
            taken.push(...sent);
            return Promise.resolve({ result: { accepted: 0, rejected: [] }, position: 1n });
          },
        },
      },
    );
    expect(taken).toMatchObject([
      { transactionId: 'a\ud800', properties: { 'b\u0000': '\udc00' } },
    ]);
  });
});
