import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client } from '../support/client.ts';
import { mutate, numbers } from '../support/crash.ts';
import { ingest } from '../support/ingest.ts';
import { spawnPaygo, temporaryFolder, type Spawned } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { fatesOf } from '../support/traces.ts';

const seed = 20_250_301;
const lives = times(3, 10);
const senders = 4;
const linesPerBody = 250;
/** 2 % of the lines. */
const repeatsPerBody = linesPerBody / 50;
const env = { PAYGO_TEST_CLOCK: '2024-12-20T00:00:00Z' };

const keys = ['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com'] as const;
const october = Date.parse('2024-10-01T00:00:00Z');

type Body = { readonly ids: readonly number[]; readonly text: string };

/** The event of that number: its content is its own, whichever alias it is sent under. */
const lineOf = (id: number, key: string): string =>
  JSON.stringify({
    ...{ transactionId: `repeat-${String(id)}`, customerId: key, eventType: 'used' },
    timestamp: new Date(october + (id % 2_000) * 3_600_000).toISOString(),
    properties: { rows: String(id % 7) },
  });

const keyOf = (at: number): string => keys[at % keys.length] ?? keys[0];

/** Bodies without end: the next has new events, and some that were sent at any time before. */
function* bodies(): Generator<Body> {
  const places = fc.sample(fc.nat(), { seed, numRuns: 5_000 });
  let next = 0;
  for (let drawn = 0; ;) {
    const ids = Array.from({ length: linesPerBody - repeatsPerBody }, (_, index) => next + index);
    next += ids.length;
    for (let repeat = 0; repeat < repeatsPerBody; repeat += 1) {
      drawn += 1;
      const again = (places[drawn % places.length] ?? 0) % next;
      // Anywhere in the body, between the first ones or before them.
      ids.splice((places[(drawn * 7) % places.length] ?? 0) % ids.length, 0, again);
    }
    const shift = next % keys.length;
    const lines = ids.map((id, at) =>
      lineOf(id, keyOf(id < next - linesPerBody ? id + shift : at)),
    );
    yield { ids, text: lines.join('\n') };
  }
}

describe(`a server that is killed ${String(lives)} times at full load, of which 2 % are repeats`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Spawned;
  let customer = '';
  let metrics: { readonly count: string; readonly rows: string };
  const sent = new Map<number, number>();
  let unanswered = 0;

  beforeAll(
    async () => {
      folder = await temporaryFolder();
      server = await spawnPaygo(folder.path, env);
      ({ customer, metrics } = await openAccount(server.client));
      const more = bodies();
      const again: Body[] = [];
      /** A body is sent until it is acknowledged. */
      const sendUntil = async (isOver: () => boolean): Promise<void> => {
        while (!isOver()) {
          const body = again.shift() ?? (more.next().value as Body);
          try {
            const answer = await ingest(server.url, body.text);
            if (answer.accepted !== linesPerBody) throw new Error('not taken');
            for (const id of body.ids) sent.set(id, (sent.get(id) ?? 0) + 1);
          } catch {
            again.push(body);
            unanswered += 1;
            return;
          }
        }
      };
      for (const afterMs of numbers(seed, lives, 600)) {
        const sending = Array.from({ length: senders }, () => sendUntil(() => false));
        await sleep(200 + afterMs);
        await server.kill();
        await Promise.all(sending);
        server = await spawnPaygo(folder.path, env);
      }
      while (again.length > 0) await sendUntil(() => again.length === 0);
    },
    times(120_000, 600_000),
  );
  afterAll(async () => {
    await server.stop();
    await folder.remove();
  });

  const total = async (metric: string): Promise<readonly string[]> => {
    const { usage } = await server.client.ask<{ usage: { nodes: readonly { value: string }[] } }>(
      `query ($customer: ID!, $metric: ID!) { usage(customerId: $customer, billableMetricId: $metric,
        startingAt: "2024-10-01T00:00:00Z", endingBefore: "2025-10-01T00:00:00Z") { nodes { value } } }`,
      { customer, metric },
    );
    return usage.nodes.map(({ value }) => value);
  };

  it('has counted each event once, whatever was acknowledged or sent again', async () => {
    await fatesOf(server.client, 'waits-for-all-that-is-recorded');
    const ids = [...sent.keys()];
    expect(ids.length).toBeGreaterThan(lives * linesPerBody);
    expect(unanswered).toBeGreaterThan(0);
    expect(await total(metrics.count)).toEqual([String(ids.length)]);
    const rows = ids.reduce((sum, id) => sum + (id % 7), 0);
    expect(await total(metrics.rows)).toEqual([String(rows)]);
  }, 60_000);

  it('has told all others for duplicates, and none for a conflict', async () => {
    const told = await server.client.ask<{ duplicateUsageCount: number }>(
      '{ duplicateUsageCount usageConflicts { nodes { transactionId } } unclaimedUsage { nodes { events } } }',
    );
    expect(told).toMatchObject({ usageConflicts: { nodes: [] }, unclaimedUsage: { nodes: [] } });
    const acknowledged = [...sent.values()].reduce((sum, count) => sum + count, 0);
    // Bodies that no answer came for may be recorded, and are sent again.
    expect(told.duplicateUsageCount).toBeGreaterThanOrEqual(acknowledged - sent.size);
    expect(told.duplicateUsageCount).toBeLessThanOrEqual(
      acknowledged - sent.size + unanswered * linesPerBody,
    );
  });

  it('tells of each recording what became of it', async () => {
    const repeated = [...sent].filter(([, count]) => count > 1).slice(-20);
    expect(repeated).toHaveLength(20);
    for (const [id, count] of repeated) {
      const [first, ...others] = await fatesOf(server.client, `repeat-${String(id)}`);
      expect(first).toContain('COUNTED, Repeats, DRAFT');
      expect(others.length).toBeGreaterThanOrEqual(count - 1);
      expect(new Set(others)).toEqual(new Set(['DUPLICATE, Repeats']));
    }
  });

  it('bills what it counted', async () => {
    const { invoices } = await server.client.ask<{
      invoices: { nodes: readonly { lineItems: readonly { quantity: string }[] }[] };
    }>('query ($id: ID) { invoices(customerId: $id) { nodes { lineItems { quantity } } } }', {
      id: customer,
    });
    const lines = invoices.nodes.flatMap(({ lineItems }) => lineItems);
    const billed = lines.reduce((sum, { quantity }) => sum + Number(quantity), 0);
    expect(billed).toBe(sent.size);
  });
});

/** A customer of all the keys, billed from October on for each event. */
async function openAccount(client: Client) {
  const eventTypeFilter = { inValues: ['used'] };
  const metric = (name: string, aggregation: string, aggregationKey?: string) =>
    mutate(client, 'createBillableMetric', { name, aggregation, aggregationKey, eventTypeFilter });
  const count = await metric('uses', 'COUNT');
  const product = { name: 'uses', type: 'USAGE', billableMetricId: count };
  const rate = {
    productId: await mutate(client, 'createProduct', product),
    pricing: { model: 'FLAT', unitPrice: '0.01' },
    entitled: true,
    startingAt: '2024-01-01T00:00:00Z',
  };
  const rateCardId = await mutate(client, 'createRateCard', { name: 'card', rates: [rate] });
  const customer = await mutate(client, 'createCustomer', {
    name: 'Repeats',
    ingestAliases: keys,
  });
  const startingAt = '2024-10-01T00:00:00Z';
  await mutate(client, 'createContract', { customerId: customer, rateCardId, startingAt });
  return { customer, metrics: { count, rows: await metric('rows', 'SUM', 'rows') } };
}
