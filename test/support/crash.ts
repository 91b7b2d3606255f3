import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { type Client } from './client.ts';

const payloads = {
  createBillableMetric: 'billableMetric',
  createProduct: 'product',
  createRateCard: 'rateCard',
  addRates: 'rateCard',
  createCustomer: 'customer',
  setIngestAliases: 'customer',
  createContract: 'contract',
  updateContractEndDate: 'contract',
  changePlan: 'started',
} as const;

type Mutation = keyof typeof payloads;

/** Sends one mutation; the id of what it made or changed. */
export async function mutate(client: Client, mutation: Mutation, input: object): Promise<string> {
  const kind = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input!`;
  const payload = payloads[mutation];
  const data = await client.ask<Record<string, Record<string, { id: string }>>>(
    `mutation ($input: ${kind}) { ${mutation}(input: $input) { ${payload} { id } } }`,
    { input },
  );
  const id = data[mutation]?.[payload]?.id;
  if (id === undefined) throw new Error(`${mutation} answered nothing`);
  return id;
}

/** Sends usage that no rule is broken by; the position after it. */
export async function recordUsage(client: Client, events: readonly object[]): Promise<bigint> {
  const { recordUsage: recorded } = await client.ask<{
    recordUsage: { accepted: number; position: string };
  }>(
    `mutation ($events: [UsageEventInput!]!) {
      recordUsage(events: $events) { accepted position }
    }`,
    { events },
  );
  if (recorded.accepted !== events.length) throw new Error('usage was rejected');
  return BigInt(recorded.position);
}

export const advance = (client: Client, to: string): Promise<unknown> =>
  client.ask('mutation ($to: DateTime!) { advanceTestClock(to: $to) { clock { now } } }', { to });

export const invoiceFields = `id type status periodStart periodEnd currency issuedAt number
  daysUntilDue total { amount currency formatted } customer { id } contract { id }
  lineItems(includeZero: true) { id type name startingAt endingBefore quantity unitPrice tier
    groupValues amount { amount currency } product { id } }`;

/** The text of the answer to a query, as it came. */
export async function textOf(url: string, query: string, variables: object = {}): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  if (text.includes('"errors":')) throw new Error(text);
  return text;
}

/** As many numbers from 0 to `max`, the same for the same seed. */
export const numbers = (seed: number, count: number, max: number): readonly number[] =>
  fc.sample(fc.nat({ max }), { seed, numRuns: count });

/**
 * Until the log that a server has open comes to a position, or there is nothing to wait for any
 * more.
 */
export async function logReaches(
  folder: string,
  position: number,
  given: { over: boolean } = { over: false },
): Promise<void> {
  const log = new Sqlite(join(folder, 'log.db'), { readonly: true });
  try {
    const head = log.prepare<[], number>('SELECT ifnull(max(position), 0) FROM event').pluck();
    while ((head.get() ?? 0) < position && !given.over) await sleep(1);
  } finally {
    log.close();
  }
}

/** Everything in the log of a folder that no server has open. */
export async function recordedIn(folder: string): Promise<readonly Recorded[]> {
  const log = openSqliteLog({ folder });
  try {
    return (await log.readAll()).events;
  } finally {
    await log.close();
  }
}
