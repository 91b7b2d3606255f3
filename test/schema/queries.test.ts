import { describe, expect, it } from 'vitest';
import { TimedOut } from '../../src/application/ports.ts';
import { type Views } from '../../schema/backend.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { recorded } from '../support/recorded.ts';
import {
  accountOf,
  contractId,
  counted,
  customerId,
  invoiceId,
  openUsage,
  viewsOf,
} from './account.ts';
import { ask, only } from './asking.ts';

const { folded, folder } = useStores(openMain);

async function account(customers: number): Promise<{ views: Partial<Views> }> {
  const main = await folded(recorded(...accountOf(customers)));
  return { views: viewsOf(main, await openUsage(folder())) };
}

const report = `query($statuses: [InvoiceStatus!]) {
  customers(first: 50) {
    totalCount
    nodes { name ingestAliases
      invoices(filter: {statuses: $statuses}, first: 12) {
        totalCount nodes { id total { formatted } } }
      contracts { name customer { name } rateCard { name currency }
        invoices(filter: {statuses: $statuses}) { nodes { id } }
        rateSchedule {
          product { name billableMetric { name } } pricing { unitPrice } contract { id } } }
      entitlements { entitled product { name } source }
    }
  }
  invoices(filter: {statuses: $statuses}) {
    nodes { id number status customer { name } contract { id } total { formatted }
      lineItems { name product { name tags billableMetric { aggregation } } amount { formatted } } }
  }
}`;
const final = { statuses: ['FINALIZED'] };

describe('a list with everything below it', () => {
  it('asks the database as often for twenty customers as for two', async () => {
    const queries: number[] = [];
    for (const customers of [2, 20]) {
      const backend = await account(customers);
      counted.queries = 0;
      const { data, errors } = await ask(report, final, backend);
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ customers: { totalCount: customers } });
      expect(data?.['invoices']).toMatchObject({ nodes: { length: customers } });
      queries.push(counted.queries);
    }
    expect(queries[1]).toBe(queries[0]);
    expect(queries[0]).toBeLessThan(40);
  });

  it('answers with figures', async () => {
    const { data } = await ask(report, final, await account(1));
    expect(data).toMatchObject({
      customers: {
        nodes: [
          {
            ingestAliases: ['team0@customer.com'],
            invoices: { totalCount: 1, nodes: [{ id: invoiceId(0) }] },
            contracts: [
              {
                customer: { name: `Customer ${customerId(0)}` },
                rateSchedule: [
                  { product: { name: 'Product prd_1' }, pricing: { unitPrice: '0.1' } },
                  { product: { name: 'Product prd_2' }, pricing: { unitPrice: '0.15' } },
                ],
              },
            ],
            entitlements: [{ entitled: true, source: 'RATE_CARD' }, { entitled: true }],
          },
        ],
      },
      invoices: {
        nodes: [
          {
            id: invoiceId(0),
            number: 1,
            total: { formatted: '$1.50' },
            lineItems: [{ amount: { formatted: '$1.50' } }],
          },
        ],
      },
    });
  });
});

describe('an invoice', () => {
  it('leaves zero lines out unless asked for', async () => {
    const query = `{ invoice(id: "${invoiceId(0)}") { lineItems { quantity } all: lineItems(includeZero: true) { quantity } } }`;
    const { data } = await ask(query, {}, await account(1));
    expect(data).toEqual({
      invoice: { lineItems: [{ quantity: '15' }], all: [{ quantity: '15' }, { quantity: '0' }] },
    });
  });

  it('of another contract than the one asked below is not in its list', async () => {
    const query = `{ contract(id: "${contractId(0)}") {
      own: invoices(filter: {contractId: "${contractId(0)}", statuses: FINALIZED}) { totalCount }
      other: invoices(filter: {contractId: "${contractId(1)}", statuses: FINALIZED}) { totalCount } } }`;
    const { data } = await ask(query, {}, await account(2));
    expect(data).toEqual({ contract: { own: { totalCount: 1 }, other: { totalCount: 0 } } });
  });
});

describe('a page', () => {
  it.each([0, -1, 1001])('of %s items is refused', async (first) => {
    const answer = await ask('query($n: Int) { products(first: $n) { totalCount } }', { n: first });
    expect(only(answer)).toMatchObject({
      code: 'BAD_USER_INPUT',
      reason: 'first_out_of_range',
      field: ['first'],
    });
  });

  it('has the default size for null', async () => {
    const backend = await account(1);
    const { data } = await ask('{ products(first: null) { nodes { id } } }', {}, backend);
    expect(data).toEqual({ products: { nodes: [{ id: 'prd_1' }, { id: 'prd_2' }] } });
  });

  it('follows its cursor, and refuses one that is not its own', async () => {
    const backend = await account(3);
    const page =
      'query($after: String) { customers(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }';
    const { data } = await ask(page, {}, backend);
    const first = data?.['customers'] as { pageInfo: { endCursor: string } };
    expect(first).toMatchObject({ pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const next = await ask(page, { after: first.pageInfo.endCursor }, backend);
    expect(next.data).toMatchObject({
      customers: {
        nodes: [{ id: customerId(2) }],
        pageInfo: { hasNextPage: false, hasPreviousPage: true },
      },
    });
    const products = `{ products(after: "${first.pageInfo.endCursor}") { totalCount } }`;
    expect(only(await ask(products, {}, backend))).toMatchObject({
      reason: 'invalid_cursor',
      field: ['after'],
    });
  });
});

describe('what is not there', () => {
  it('is null', async () => {
    const query = `{ customer(id: "x") { id } contract(id: "x") { id } product(id: "x") { id } rateCard(id: "x") { id }
      billableMetric(id: "x") { id } invoice(id: "x") { id } rateCardByAlias(alias: "x") { id }
      customerByIngestAlias(ingestAlias: "x") { id } }`;
    const { data, errors } = await ask(query, {}, await account(1));
    expect(errors).toEqual([]);
    expect(new Set(Object.values(data ?? { none: 1 }))).toEqual(new Set([null]));
  });

  const usage = (customer: string, metric: string) =>
    `{ usage(customerId: "${customer}", billableMetricId: "${metric}", startingAt: "2024-01-01T00:00:00Z", endingBefore: "2024-02-01T00:00:00Z") { nodes { value } } }`;
  const rated = (contract: string) =>
    `{ ratedUsage(contractId: "${contract}", startingAt: "2024-01-01T00:00:00Z", endingBefore: "2024-02-01T00:00:00Z") { nodes { quantity } } }`;

  it.each([
    [usage('x', 'met_1'), 'customer_not_found', 'customerId'],
    [usage(customerId(0), 'x'), 'metric_not_found', 'billableMetricId'],
    [rated('x'), 'contract_not_found', 'contractId'],
  ])('is an error where usage is asked for: %s', async (query, reason, field) => {
    expect(only(await ask(query, {}, await account(1)))).toMatchObject({
      code: 'NOT_FOUND',
      reason,
      field: [field],
    });
  });
});

describe('a token of one customer', () => {
  const own = { caller: { role: 'read', customerId: customerId(0) } } as const;

  it('sees its own, and of others as much as if they did not exist', async () => {
    const query = `query($customer: ID!, $contract: ID!, $invoice: ID!, $alias: String!) {
      customer(id: $customer) { id } contract(id: $contract) { id } invoice(id: $invoice) { id }
      customerByIngestAlias(ingestAlias: $alias) { id }
      invoices(customerId: $customer, filter: {statuses: FINALIZED}) { totalCount } }`;
    const backend = { ...(await account(2)), ...own };
    const variables = (index: number) => ({
      customer: customerId(index),
      contract: contractId(index),
      invoice: invoiceId(index),
      alias: `team${String(index)}@customer.com`,
    });
    expect(await ask(query, variables(0), backend)).toMatchObject({
      errors: [],
      data: {
        customer: { id: customerId(0) },
        contract: { id: contractId(0) },
        invoice: { id: invoiceId(0) },
        customerByIngestAlias: { id: customerId(0) },
        invoices: { totalCount: 1 },
      },
    });
    expect(await ask(query, variables(1), backend)).toMatchObject({
      errors: [],
      data: {
        customer: null,
        contract: null,
        invoice: null,
        customerByIngestAlias: null,
        invoices: { totalCount: 0 },
      },
    });
  });

  it('lists its own invoices when it names nobody, and none of another’s contract', async () => {
    const backend = { ...(await account(3)), ...own };
    const query = `{ all: invoices(filter: {statuses: FINALIZED}) { nodes { customer { id } } }
      other: invoices(filter: {statuses: FINALIZED, contractId: "${contractId(1)}"}) { nodes { id } } }`;
    const { data } = await ask(query, {}, backend);
    expect(data).toEqual({
      all: { nodes: [{ customer: { id: customerId(0) } }] },
      other: { nodes: [] },
    });
  });

  it('does not learn from usage whether another customer or contract exists', async () => {
    const backend = { ...(await account(2)), ...own };
    const range = 'startingAt: "2024-01-01T00:00:00Z", endingBefore: "2024-02-01T00:00:00Z"';
    const usage = (id: string) =>
      ask(
        `{ usage(customerId: "${id}", billableMetricId: "met_1", ${range}) { nodes { value } } }`,
        {},
        backend,
      );
    const rated = (id: string) =>
      ask(`{ ratedUsage(contractId: "${id}", ${range}) { nodes { quantity } } }`, {}, backend);
    expect(only(await usage(customerId(1)))).toEqual(only(await usage('nobody')));
    expect(only(await rated(contractId(1)))).toEqual(only(await rated('none')));
  });

  it('does not read counts of the whole account below its own invoices', async () => {
    const query = `{ invoice(id: "${invoiceId(0)}") { lineItems { product { billableMetric { name passedOver } } } } }`;
    const answer = await ask(query, {}, { ...(await account(1)), ...own });
    expect(only(answer).code).toBe('FORBIDDEN');
    expect(answer.data).toEqual({
      invoice: { lineItems: [{ product: { billableMetric: null } }] },
    });
  });
});

describe('minPosition', () => {
  it('waits thirty seconds at most and then says so', async () => {
    const waits: [bigint, number][] = [];
    const waitFor = (...wait: [bigint, number]) => {
      waits.push(wait);
      return Promise.reject(new TimedOut('30 s'));
    };
    const answer = await ask(
      '{ invoices(minPosition: "99") { totalCount } }',
      {},
      { views: { waitFor } },
    );
    expect(only(answer).code).toBe('TIMEOUT');
    expect(answer.errors[0]?.extensions).not.toHaveProperty('recorded');
    expect(waits).toEqual([[99n, 30_000]]);
  });
});
