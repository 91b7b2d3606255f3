import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { advance, mutate, recordUsage } from '../support/crash.ts';
import { type Client } from '../support/client.ts';
import { headOf } from '../support/eventstore-server.ts';
import { startFleet, type Fleet } from '../support/processes.ts';

/** A customer with a second key, and a metric that counts rows. */
type Account = { readonly customer: string; readonly alias: string; readonly metric: string };

async function openAccount(client: Client): Promise<Account> {
  const alias = 'rows@example.com';
  const customer = await mutate(client, 'createCustomer', { name: 'Rows', ingestAliases: [alias] });
  const metric = await mutate(client, 'createBillableMetric', {
    ...{ name: 'Rows', aggregation: 'SUM', aggregationKey: 'n' },
    eventTypeFilter: { inValues: ['row'] },
  });
  return { customer, alias, metric };
}

const row = (transactionId: string, customerId: string, n = 1) => ({
  ...{ transactionId, customerId, eventType: 'row' },
  ...{ timestamp: '2025-01-10T12:00:00Z', properties: { n } },
});

/** The sum of rows once the read models have reached the position. */
async function rowsOf(client: Client, account: Account, at: bigint): Promise<number> {
  const { usage } = await client.ask<{ usage: { nodes: readonly { value: string }[] } }>(
    `query ($customer: ID!, $metric: ID!, $at: LogPosition!) {
      usage(customerId: $customer, billableMetricId: $metric, minPosition: $at,
        startingAt: "2025-01-01T00:00:00Z", endingBefore: "2025-02-01T00:00:00Z")
      { nodes { value } } }`,
    { customer: account.customer, metric: account.metric, at: String(at) },
  );
  return Number(usage.nodes[0]?.value ?? 0);
}

const two = ({ api }: Fleet): readonly [Client, Client] => {
  const [one, other] = api;
  if (one === undefined || other === undefined) throw new Error('there are two api processes');
  return [one.client, other.client];
};

describe('a transaction id that two api processes get under two keys at a time', () => {
  it('counts once, a thousand times over', async () => {
    const fleet = await startFleet({ api: 2, projector: 2, biller: 1 });
    const [one, other] = two(fleet);
    const account = await openAccount(one);
    const ids = Array.from({ length: 1000 }, (_none, index) => `t-${String(index)}`);
    const sends: (() => Promise<bigint>)[] = [];
    for (let from = 0; from < ids.length; from += 20) {
      const some = ids.slice(from, from + 20);
      sends.push(() =>
        recordUsage(
          one,
          some.map((id) => row(id, account.customer)),
        ),
      );
      // Another content than the first: what comes second is a conflict, and counts nothing.
      sends.push(() =>
        recordUsage(
          other,
          some.map((id) => row(id, account.alias, 1000)),
        ),
      );
    }
    for (let from = 0; from < sends.length; from += 10) {
      await Promise.all(sends.slice(from, from + 10).map((send) => send()));
    }
    const rows = await rowsOf(other, account, headOf(fleet.double));
    // Each id counts 1 or 1000, by who was first: with k ids of the alias, 1000 + 999 k.
    expect((rows - 1000) % 999).toBe(0);
    const ofAlias = (rows - 1000) / 999;
    expect(ofAlias).toBeGreaterThanOrEqual(0);
    expect(ofAlias).toBeLessThanOrEqual(1000);
    expect(await rowsOf(one, account, headOf(fleet.double))).toBe(rows);
    expect(ofAlias).toBe(firstByAlias(fleet, account));
  }, 200_000);
});

/** How many ids the log has under the alias before it has them under the customer's id. */
function firstByAlias({ double }: Fleet, { alias }: Account): number {
  const first = new Map<string, string>();
  for (const { type, data } of double.store.all) {
    if (type !== 'UsageRecorded') continue;
    const event = JSON.parse(Buffer.from(data).toString()) as {
      key: string;
      lines: { transactionId: string }[];
    };
    for (const { transactionId } of event.lines) {
      if (!first.has(transactionId)) first.set(transactionId, event.key);
    }
  }
  expect(first.size).toBe(1000);
  return [...first.values()].filter((key) => key === alias).length;
}

describe('a test clock that several processes share', () => {
  const now = async (client: Client): Promise<string> =>
    (await client.ask<{ clock: { now: string } }>('{ clock { now } }')).clock.now;

  it('shows the other process at once where one has moved it, and stands at the later of two', async () => {
    const startsAt = '2025-01-01T00:00:00.000Z';
    const fleet = await startFleet(
      { api: 2, projector: 1, biller: 1 },
      { PAYGO_TEST_CLOCK: startsAt },
    );
    const [one, other] = two(fleet);
    await openAccount(one);
    for (let day = 2; day <= 20; day += 1) {
      const [mover, looker] = day % 2 === 0 ? [one, other] : [other, one];
      const to = `2025-01-${String(day).padStart(2, '0')}T00:00:00.000Z`;
      await advance(mover, to);
      expect(await now(looker)).toBe(to);
      await mutate(looker, 'createCustomer', { name: to });
      const last = fleet.double.store.all.findLast(({ type }) => type === 'CustomerCreated');
      expect(Buffer.from(last?.metadata ?? []).toString()).toContain(`"recordedAt":"${to}"`);
    }
    const later = '2025-02-02T00:00:00.000Z';
    const outcomes = await Promise.allSettled([
      advance(one, '2025-02-01T00:00:00.000Z'),
      advance(other, later),
    ]);
    // The earlier one is refused when it comes second: a clock does not go back.
    expect(outcomes[1].status).toBe('fulfilled');
    expect([await now(one), await now(other)]).toEqual([later, later]);
  }, 120_000);
});

describe('a process that stands still for longer than its leases live', () => {
  const longerThanALeaseMs = 8000;

  it('counts nothing twice as a projector that goes on, and loses nothing', async () => {
    const fleet = await startFleet({ api: 1, projector: 2, biller: 1 });
    const [api] = fleet.api;
    if (api === undefined) throw new Error('there is an api process');
    const account = await openAccount(api.client);
    let sent = 0;
    const send = async (requests: number): Promise<void> => {
      for (let request = 0; request < requests; request += 1) {
        const rows = Array.from({ length: 100 }, () =>
          row(`s-${String((sent += 1))}`, account.alias),
        );
        await recordUsage(api.client, rows);
      }
    };
    for (const stopped of fleet.projector) {
      const sending = send(40);
      await delay(300);
      stopped.freeze();
      await sending;
      await delay(longerThanALeaseMs);
      expect(await rowsOf(api.client, account, headOf(fleet.double))).toBe(sent);
      stopped.thaw();
      await send(5);
      expect(await rowsOf(api.client, account, headOf(fleet.double))).toBe(sent);
    }
    expect(sent).toBe(9000);
  }, 200_000);
});
