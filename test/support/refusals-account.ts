import { type Client } from './client.ts';
import { startHere, temporaryFolder } from './paygo.ts';

/**
 * What stands in the account that every refusal is tried on, by its id; the clock stands at
 * 2025-01-15.
 */
export type Account = {
  readonly client: Client;
  readonly url: string;
  /** The position of the log's last event. */
  head(): Promise<string>;
  close(): Promise<void>;
} & Standing;

/** The ids. */
export type Standing = Awaited<ReturnType<typeof fillAccount>>;

const payloads = {
  createBillableMetric: 'billableMetric { id }',
  createProduct: 'product { id }',
  createRateCard: 'rateCard { id }',
  addRates: 'rateCard { id }',
  createCustomer: 'customer { id }',
  archiveCustomer: 'customer { id }',
  createContract: 'contract { id }',
} as const;

type Mutation = keyof typeof payloads;

/** The id of what the mutation makes or changes. */
export async function make(client: Client, mutation: Mutation, input: object): Promise<string> {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${mutation}(input: $input) { ${payloads[mutation]} } }`;
  const data = await client.ask<Record<string, Record<string, { id: string }>>>(query, { input });
  return Object.values(data[mutation] ?? {})[0]?.id ?? '';
}

export const advance = (client: Client, to: string): Promise<unknown> =>
  client.ask('mutation ($to: DateTime!) { advanceTestClock(to: $to) { clock { now } } }', { to });

/** To record nothing answers where the log ends. */
export async function headOf(client: Client): Promise<string> {
  const query = 'mutation { recordUsage(events: []) { position } }';
  return (await client.ask<{ recordUsage: { position: string } }>(query)).recordUsage.position;
}

/** A server of its own with the account on it; `close` stops it and removes its data. */
export async function openAccount(): Promise<Account> {
  const folder = await temporaryFolder();
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z' });
  const close = async () => {
    await paygo.stop();
    await folder.remove();
  };
  try {
    const { client, url } = paygo;
    return { client, url, close, head: () => headOf(client), ...(await fillAccount(client)) };
  } catch (error) {
    await close();
    throw error;
  }
}

export const startingAt = '2024-10-01T00:00:00Z';

export const rateOf = (productId: string) => ({
  productId,
  pricing: { model: 'FLAT', unitPrice: '0.10' },
  entitled: true,
  startingAt,
});

type WhileOpen = (people: { readonly customer: string; readonly third: string }) => Promise<void>;

/**
 * Makes what every refusal is tried on, on a server whose test clock stands at 2024-10-01;
 * whileOpen is done before the first period is closed.
 */
export async function fillAccount(client: Client, whileOpen: WhileOpen = () => Promise.resolve()) {
  const metric = await make(client, 'createBillableMetric', {
    name: 'Emails',
    aggregation: 'COUNT',
    eventTypeFilter: { inValues: ['email'] },
    idempotencyKey: 'used',
  });
  const usageProduct = (name: string) =>
    make(client, 'createProduct', { name, type: 'USAGE', billableMetricId: metric });
  const emails = await usageProduct('Emails');
  const texts = await usageProduct('Texts');
  const regional = await make(client, 'createBillableMetric', {
    name: 'Regions',
    aggregation: 'COUNT',
    eventTypeFilter: { inValues: ['region'] },
    groupKeys: [['region', 'tier']],
  });
  const summed = await make(client, 'createBillableMetric', {
    ...{ name: 'Rows', aggregation: 'SUM', aggregationKey: 'rows' },
    eventTypeFilter: { inValues: ['insert'] },
  });
  const regions = await make(client, 'createProduct', {
    ...{ name: 'Regions', type: 'USAGE', billableMetricId: regional },
    pricingGroupKey: ['region', 'tier'],
  });
  const fee = await make(client, 'createProduct', {
    name: 'Fee',
    type: 'FIXED',
    idempotencyKey: 'used',
  });
  const card = await make(client, 'createRateCard', {
    name: 'Standard',
    aliases: ['standard'],
    rates: [rateOf(emails)],
    idempotencyKey: 'used',
  });
  await make(client, 'addRates', {
    rateCardId: card,
    rates: [rateOf(texts)],
    idempotencyKey: 'used',
  });
  const customer = await make(client, 'createCustomer', {
    name: 'First',
    ingestAliases: ['first@example.com'],
    idempotencyKey: 'used',
  });
  const other = await make(client, 'createCustomer', { name: 'Other' });
  const archived = await make(client, 'createCustomer', {
    name: 'Gone',
    ingestAliases: ['gone@example.com'],
  });
  await make(client, 'archiveCustomer', { customerId: archived });
  const contractOf = (customerId: string, from: string, to: string | null = null) =>
    make(client, 'createContract', {
      customerId,
      rateCardId: card,
      startingAt: from,
      endingBefore: to,
      idempotencyKey: customerId === customer ? 'used' : null,
    });
  const contract = await contractOf(customer, startingAt);
  const third = await make(client, 'createCustomer', { name: 'Third' });
  const ended = await contractOf(third, startingAt, '2024-11-01T00:00:00Z');
  const follower = await contractOf(third, '2024-11-01T00:00:00Z');
  await whileOpen({ customer, third });
  await advance(client, '2025-01-15T00:00:00Z');
  const backdated = await contractOf(other, '2024-11-01T00:00:00Z');
  const invoices = await invoicesOf(client, contract);
  await client.ask('mutation ($id: ID!) { voidInvoice(id: $id) { __typename } }', {
    id: invoices.get('2024-10'),
  });
  const people = { customer, other, archived, third };
  const contracts = { contract, ended, follower, backdated };
  return {
    summed,
    ...{ metric, emails, texts, regional, regions, fee, card, ...people, ...contracts },
    voidInvoice: invoices.get('2024-10') ?? '',
    ...(await linesOf(client, contract, backdated)),
    finalInvoice: invoices.get('2024-11') ?? '',
    runningInvoice: invoices.get('2025-01') ?? '',
    othersFinal: (await invoicesOf(client, ended)).get('2024-10') ?? '',
    laterDraft: (await invoicesOf(client, backdated)).get('2024-12') ?? '',
  };
}

/** A line of the draft that stands beside the void invoice, and one of another customer. */
async function linesOf(client: Client, contract: string, others: string) {
  const billedAgain = (await invoicesOf(client, contract)).get('2024-10') ?? '';
  const line = await firstLineOf(client, billedAgain);
  const othersDraft = (await invoicesOf(client, others)).get('2024-12') ?? '';
  return { billedAgain, line, othersLine: await firstLineOf(client, othersDraft) };
}

async function firstLineOf(client: Client, id: string): Promise<string> {
  const { invoice } = await client.ask<{ invoice: { lineItems: readonly { id: string }[] } }>(
    'query ($id: ID!) { invoice(id: $id) { lineItems(includeZero: true) { id } } }',
    { id },
  );
  return invoice.lineItems[0]?.id ?? '';
}

/** The contract's invoices by the month that they begin in. */
async function invoicesOf(client: Client, id: string): Promise<ReadonlyMap<string, string>> {
  const { contract } = await client.ask<{
    contract: { invoices: { nodes: readonly { id: string; periodStart: string }[] } };
  }>('query ($id: ID!) { contract(id: $id) { invoices { nodes { id periodStart } } } }', { id });
  return new Map(contract.invoices.nodes.map((node) => [node.periodStart.slice(0, 7), node.id]));
}
