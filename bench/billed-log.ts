import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { loadConfig } from '../src/config.ts';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { addHours, instant } from '../src/kernel/calendar.ts';
import { startPaygo } from '../src/paygo.ts';
import { usageStream, type UsageRecorded } from '../src/usage/events.ts';
import { createClient, type Client } from '../test/support/client.ts';
import { eventType, newEvent } from './usage.ts';

/** Customers, each with so much usage in one month, whose invoices are final. */
export type BilledUsage = {
  readonly customers: number;
  readonly usageEventsEach: number;
  readonly linesPerEvent: number;
};

const month = instant('2025-02-01T00:00:00Z');
const hoursInMonth = 28 * 24;
const appendedTogether = 64;

/** Records them in the folder; gives the invoices' ids. */
export async function recordBilled(folder: string, usage: BilledUsage): Promise<string[]> {
  const keys = await withPaygo(folder, (client) => openAccount(client, usage.customers));
  const head = await recordUsage(folder, keys, usage);
  return withPaygo(folder, (client) => finalizeAll(client, head));
}

async function withPaygo<Result>(
  folder: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const env = { PORT: '0', PAYGO_DATA_DIR: folder, PAYGO_TEST_CLOCK: month };
  const paygo = await startPaygo(loadConfig(env), pino({ level: 'error' }));
  try {
    return await work(createClient(`${paygo.url}/graphql`));
  } finally {
    await paygo.close();
  }
}

/** A sum, and customers who pay for it; gives their keys. */
async function openAccount(client: Client, customers: number): Promise<string[]> {
  const create = async (what: string, input: object): Promise<string> => {
    const name = what.charAt(0).toLowerCase() + what.slice(1);
    const answer = await client.ask<Record<string, Record<string, { id: string }>>>(
      `mutation ($input: Create${what}Input!) { create${what}(input: $input) { ${name} { id } } }`,
      { input },
    );
    return answer[`create${what}`]?.[name]?.id ?? '';
  };
  const billableMetricId = await create('BillableMetric', {
    name: 'Emails sent',
    aggregation: 'SUM',
    aggregationKey: 'count',
    eventTypeFilter: { inValues: [eventType] },
  });
  const product = { name: 'Emails sent', type: 'USAGE', billableMetricId };
  const productId = await create('Product', product);
  const pricing = { model: 'FLAT', unitPrice: '0.10' };
  const rates = [{ productId, pricing, entitled: true, startingAt: month }];
  const rateCardId = await create('RateCard', { name: 'Standard', currency: 'USD', rates });
  const keys: string[] = [];
  for (let index = 0; index < customers; index += 1) {
    const key = `cust-${String(index)}@example.com`;
    const customerId = await create('Customer', { name: key, ingestAliases: [key] });
    await create('Contract', { customerId, rateCardId, startingAt: month });
    keys.push(key);
  }
  return keys;
}

/** Straight into the log: each customer's in the order of its hours, one batch after another's. */
async function recordUsage(
  folder: string,
  keys: readonly string[],
  usage: BilledUsage,
): Promise<bigint> {
  const { usageEventsEach, linesPerEvent } = usage;
  const batches = usageEventsEach / linesPerEvent;
  const log = openSqliteLog({ folder });
  let appends: Promise<unknown>[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const timestamp = addHours(month, Math.floor((batch / batches) * hoursInMonth));
    for (const key of keys) {
      const event: UsageRecorded = {
        type: 'UsageRecorded',
        key,
        lines: Array.from({ length: linesPerEvent }, (_line, place) => ({
          transactionId: randomUUID(),
          eventType,
          timestamp,
          properties: { count: String(place % 10), region: 'us-east-1' },
        })),
      };
      appends.push(log.append(usageStream(key, month), 'any', [newEvent(event)]));
      if (appends.length === appendedTogether) appends = await settled(appends);
    }
  }
  await settled(appends);
  return log.head().finally(() => log.close());
}

async function settled(appends: readonly Promise<unknown>[]): Promise<[]> {
  await Promise.all(appends);
  return [];
}

async function finalizeAll(client: Client, head: bigint): Promise<string[]> {
  await counted(client, head);
  await client.ask('mutation { advanceTestClock(to: "2025-03-02T00:00:00Z") { clock { now } } }');
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const { invoices }: Page = await client.ask<Page>(
      `query ($after: String) { invoices(first: 200, after: $after, filter: { statuses: [FINALIZED] }) {
        nodes { id } pageInfo { endCursor hasNextPage } } }`,
      { after },
    );
    ids.push(...invoices.nodes.map(({ id }) => id));
    after = invoices.pageInfo.hasNextPage ? invoices.pageInfo.endCursor : null;
  } while (after !== null);
  return ids;
}

type Page = {
  readonly invoices: {
    readonly nodes: readonly { readonly id: string }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
};

const patience = 20;

/** Until the read models hold all of it: finalizing waits for them, but not for ever. */
async function counted(client: Client, head: bigint): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const { errors } = await client.send(
      'query ($at: LogPosition) { invoices(first: 1, minPosition: $at) { totalCount } }',
      { at: String(head) },
    );
    if (errors.length === 0) return;
    if (tries === patience) throw new Error(JSON.stringify(errors));
  }
}
