import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mutate } from './crash.ts';
import { type Client } from './client.ts';
import { type EventStoreDouble } from './eventstore-double.ts';
import { headOf } from './eventstore-server.ts';
import { startTraffic, type Outcome, type Traffic } from './traffic.ts';
import { type Running } from './paygo.ts';

/** No request may take longer, whatever is out of order. */
export const longestMs = 60_000;

/** What was sent while something was out of order, and what became of it. */
export type Seen = {
  readonly traffic: Traffic;
  /** What the customer has used, before and after all that was not answered ok is sent again. */
  readonly used: number;
  readonly usedAfter: number;
  readonly customers: readonly string[];
};

/** Has servers in mid-traffic while `outage` begins and ends; they go on by themselves. */
export async function suffer(
  servers: readonly Running[],
  double: EventStoreDouble,
  outage: () => Promise<void>,
): Promise<Seen> {
  const [server] = servers;
  if (server === undefined) throw new Error('there is a server');
  const { client } = server;
  const customer = await mutate(client, 'createCustomer', { name: 'Rows' });
  const metric = await mutate(client, 'createBillableMetric', {
    ...{ name: 'Rows', aggregation: 'COUNT', eventTypeFilter: { inValues: ['row'] } },
  });
  const urls = servers.map(({ url }) => url);
  const traffic = startTraffic({ urls, customerId: customer, eventType: 'row' });
  await traffic.flowsAgain(30_000);
  await outage();
  await traffic.flowsAgain(longestMs);
  await traffic.end();
  const used = await usedBy(client, { customer, metric }, headOf(double));
  await traffic.settle();
  const usedAfter = await usedBy(client, { customer, metric }, headOf(double));
  return { traffic, used, usedAfter, customers: await namesIn(client) };
}

/** That each of the outages, all of which go on at once, loses nothing and doubles nothing. */
export function describeOutages<Outage extends { readonly name: string }>(
  title: string,
  outages: readonly Outage[],
  tried: (outage: Outage) => Promise<Seen>,
  timeoutMs: number,
): void {
  describe(title, () => {
    const seen = new Map<string, Promise<Seen>>();
    beforeAll(() => {
      for (const outage of outages) seen.set(outage.name, tried(outage));
    });
    afterAll(() => Promise.allSettled(seen.values()), timeoutMs);

    it.each(outages)(
      'loses nothing and doubles nothing: $name',
      async ({ name }) => {
        const outcome = await seen.get(name);
        if (outcome === undefined) throw new Error('it was not tried');
        expectSound(outcome);
      },
      timeoutMs,
    );
  });
}

/** Nothing that was acknowledged is lost, nothing is doubled, and everybody got an answer. */
function expectSound({ traffic, used, usedAfter, customers }: Seen): void {
  const requests = [...traffic.usage, ...traffic.customers];
  const codes = new Set(requests.filter((one) => !isOk(one)).map(({ result }) => result));
  expect([...codes].filter((code) => !['UNAVAILABLE', 'TIMEOUT'].includes(code))).toEqual([]);
  expect(Math.max(...requests.map(({ ms }) => ms))).toBeLessThan(longestMs);
  expect(used).toBeGreaterThanOrEqual(5 * traffic.usage.filter(isOk).length);
  expect(usedAfter).toBe(traffic.sent.length);
  expect(customers.toSorted()).toEqual([...traffic.named, 'Rows'].toSorted());
}

const isOk = ({ result }: Outcome): boolean => result === 'ok';

async function usedBy(
  client: Client,
  account: { readonly customer: string; readonly metric: string },
  at: bigint,
): Promise<number> {
  const { usage } = await client.ask<{ usage: { nodes: { value: string }[] } }>(
    `query ($customer: ID!, $metric: ID!, $at: LogPosition!) {
      usage(customerId: $customer, billableMetricId: $metric, minPosition: $at,
        startingAt: "2025-01-01T00:00:00Z", endingBefore: "2025-02-01T00:00:00Z")
      { nodes { value } } }`,
    { ...account, at: String(at) },
  );
  return Number(usage.nodes[0]?.value ?? 0);
}

type Page = {
  readonly customers: {
    readonly nodes: readonly { readonly name: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
};

async function namesIn(client: Client): Promise<readonly string[]> {
  const names: string[] = [];
  let after: string | null = null;
  do {
    const { customers }: Page = await client.ask<Page>(
      `query ($after: String) { customers(first: 100, after: $after) {
        nodes { name } pageInfo { hasNextPage endCursor } } }`,
      { after },
    );
    names.push(...customers.nodes.map(({ name }) => name));
    after = customers.pageInfo.hasNextPage ? customers.pageInfo.endCursor : null;
  } while (after !== null);
  return names;
}
