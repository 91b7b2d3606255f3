import { getIntrospectionQuery, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApi } from '../../schema/build.ts';
import { make, openAccount, startingAt, type Account } from '../support/refusals-account.ts';
import { connections, idsOf, pageQuery } from '../support/refusals-pages.ts';
import { documentOf, errorsOf, recordingNothing, summaryOf } from '../support/refusals.ts';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

describe('the same wish again adds nothing to the log, and is no error:', () => {
  const invoice = async (mutation: string, id: string): Promise<unknown> => {
    const query = `mutation ($id: ID!) { ${mutation}(id: $id) { invoice { id status number issuedAt voidReason } } }`;
    const data = await account.client.ask<Record<string, { invoice: object }>>(query, { id });
    return data[mutation]?.invoice;
  };

  it('a final invoice finalized', async () => {
    const id = account.finalInvoice;
    const again = await recordingNothing(account, () => invoice('finalizeInvoice', id));
    // November's, issued a day after its end; October's was the first.
    expect(again).toMatchObject({ id, status: 'FINALIZED', issuedAt: '2024-12-02T00:00:00.000Z' });
  });

  it('a void invoice voided, whose reason stays', async () => {
    const id = account.voidInvoice;
    const again = await recordingNothing(account, () => invoice('voidInvoice', id));
    expect(again).toMatchObject({ id, status: 'VOID', number: 1, voidReason: null });
  });

  it('an end taken away from a contract without one, when null is sent', async () => {
    const input = {
      customerId: account.customer,
      contractId: account.contract,
      endingBefore: null,
    };
    expect(await errorsOf(account, documentOf('updateContractEndDate'), { input })).toEqual([]);
  });

  it('a create under its key, though it could not be asked for today', async () => {
    const input = {
      ...{ name: 'First', ingestAliases: ['first@example.com'], idempotencyKey: 'used' },
    };
    const id = await recordingNothing(account, () => make(account.client, 'createCustomer', input));
    expect(id).toBe(account.customer);
  });

  it('the clock at the instant where it stands', async () => {
    const query =
      'mutation { advanceTestClock(to: "2025-01-15T01:00:00+01:00") { clock { now } } }';
    expect(await errorsOf(account, query)).toEqual([]);
  });
});

describe('the key of a change of plan', () => {
  it('that was used with other input is refused where it was sent', async () => {
    const customerId = await make(account.client, 'createCustomer', { name: 'Changing' });
    const terms = { customerId, rateCardId: account.card, startingAt };
    const fromContractId = await make(account.client, 'createContract', terms);
    const contract = { ...terms, startingAt: '2025-02-01T00:00:00Z', idempotencyKey: 'change' };
    const document = documentOf('changePlan');
    const first = await account.client.send(document, { input: { fromContractId, contract } });
    expect(first.errors).toEqual([]);
    const other = { fromContractId, contract: { ...contract, name: 'Another' } };
    const errors = await errorsOf(account, document, { input: other });
    expect(errors.map(summaryOf)).toEqual([
      'CONFLICT idempotency_key_reused input.contract.idempotencyKey',
    ]);
  });
});

describe('a cursor', () => {
  /** Lists of invoices are one connection, wherever they stand. */
  const families = [
    ['Query.products'],
    ['Query.customers'],
    ['Query.invoices', 'Customer.invoices', 'Contract.invoices'],
    ['Query.usage'],
    ['Query.ratedUsage'],
    ['Query.billingHistory'],
    ['Query.usageConflicts'],
    ['Query.unclaimedUsage'],
    ['Query.passedOverUsage'],
    ['LineItemExplanation.usage'],
    ['RateCard.rates'],
  ];

  const endCursor = async (name: string): Promise<string> => {
    const query = pageQuery(connections[name] ?? '', 'first: 1');
    const data = await account.client.ask(query, idsOf(account));
    const found = /"endCursor":"([^"]+)"/.exec(JSON.stringify(data))?.[1];
    if (found === undefined) throw new Error(`${name} has nothing to stand after`);
    return found;
  };

  it('is taken by the list that it is of, and by no other', async () => {
    const timestamp = '2024-10-05T00:00:00Z';
    const sent = (transactionId: string, customerId: string, eventType: string) => ({
      ...{ transactionId, customerId, eventType, timestamp },
    });
    await account.client.ask(
      'mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { position } }',
      {
        events: [
          ...[sent('cursor', account.customer, 'email'), sent('cursor', account.customer, 'call')],
          ...[sent('nobody', 'nobody@example.com', 'email')],
          ...[sent('without rows', account.customer, 'insert')],
        ],
      },
    );
    await account.client.ask(
      'query ($at: LogPosition) { invoices(minPosition: $at) { totalCount } }',
      {
        at: await account.head(),
      },
    );
    for (const [name, fields] of Object.entries(connections)) {
      const after = await endCursor(name);
      for (const family of families) {
        const expected = family.includes(name) ? [] : ['BAD_USER_INPUT invalid_cursor after'];
        for (const other of family.includes(name) ? [name] : family) {
          const query = pageQuery(connections[other] ?? fields, 'after: $after');
          const errors = await errorsOf(account, query, { ...idsOf(account), after });
          expect(errors.map(summaryOf), `${name} sent to ${other}`).toEqual(expected);
        }
      }
    }
  });

  it('and a page size are tried on every list that the schema has', () => {
    const paged = Object.values(buildApi().getTypeMap())
      .filter(isObjectType)
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter(({ args }) => args.some(({ name }) => name === 'first'))
          .map(({ name }) => `${type.name}.${name}`),
      );
    expect(paged.sort()).toEqual(Object.keys(connections).sort());
    expect(families.flat().sort()).toEqual(Object.keys(connections).sort());
  });
});

describe('there is room for honest questions:', () => {
  const lines =
    'lineItems { id name quantity unitPrice amount { amount formatted } product { id name tags } }';
  const invoice = `id type status periodStart periodEnd issuedAt total { amount currency formatted } ${lines}`;

  it.each([
    [
      'a year of invoices with all lines of fifty customers',
      `{ customers(first: 50) { nodes { id name contracts { id name rateCard { name } invoices(first: 12) { nodes { ${invoice} } } } } pageInfo { hasNextPage endCursor } } }`,
    ],
    [
      'a thousand invoices with all lines',
      `{ invoices(first: 1000) { totalCount nodes { ${invoice} customer { id name } contract { id name } } } }`,
    ],
    [
      'a thousand customers with their entitlements',
      '{ customers(first: 1000) { nodes { id name ingestAliases entitlements { entitled source pricing { model unitPrice } product { id name } } } } }',
    ],
    [
      'twelve levels',
      '{ invoices { nodes { contract { rateCard { rates { nodes { product { billableMetric { groupKeys } } } } } customer { contracts { customer { contracts { customer { contracts { id } } } } } } } } } }',
    ],
    [
      'the whole schema',
      getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }),
    ],
  ])('%s', async (_what, query) => {
    expect(await errorsOf(account, query)).toEqual([]);
  });
});
