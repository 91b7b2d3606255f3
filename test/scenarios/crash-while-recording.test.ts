import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UsageRecorded } from '../../src/usage/events.ts';
import { shuffled } from '../support/arbitraries.ts';
import { type Client } from '../support/client.ts';
import { mutate, numbers, recordedIn, recordUsage, textOf } from '../support/crash.ts';
import { spawnPaygo, temporaryFolder, type Spawned } from '../support/paygo.ts';
import { times } from '../support/stress.ts';

const seed = 20_240_131;
const lives = times(3, 20);
const senders = 4;
const env = { PAYGO_TEST_CLOCK: '2024-01-15T00:00:00Z' };

type Event = { readonly transactionId: string };
type Batch = readonly Event[];

const from = Date.parse('2024-01-01T00:00:00Z');

/** So many events of a key, an hour apart, with 1, 2, 3 ... rows. */
const eventsOf = (keys: readonly string[], name: string, count: number): Event[] =>
  Array.from({ length: count }, (_, index) => ({
    transactionId: `${name}-${String(index)}`,
    customerId: keys[index % keys.length],
    eventType: 'used',
    timestamp: new Date(from + index * 3_600_000).toISOString(),
    properties: { rows: String(index + 1) },
  }));

/** In any order, every fifth twice, in batches that several keys share. */
function batchesOf(events: readonly Event[]): Batch[] {
  const twice = [...events, ...events.filter((_, index) => index % 5 === 0)];
  const [mixed = []] = fc.sample(shuffled(twice), { seed, numRuns: 1 });
  const batches: Batch[] = [];
  for (let at = 0; at < mixed.length; at += 12) batches.push(mixed.slice(at, at + 12));
  return batches;
}

type World = { red: string; green: string; blue: string; count: string; rows: string };

async function createWorld(client: Client): Promise<World> {
  const eventTypeFilter = { inValues: ['used'] };
  const metric = (name: string, aggregation: string, aggregationKey?: string) =>
    mutate(client, 'createBillableMetric', { name, aggregation, aggregationKey, eventTypeFilter });
  const count = await metric('uses', 'COUNT');
  const rows = await metric('rows', 'SUM', 'rows');
  const rates: object[] = [];
  for (const [name, billableMetricId, unitPrice] of [
    ['uses', count, '0.01'],
    ['rows', rows, '0.002'],
  ]) {
    const product = { name, type: 'USAGE', billableMetricId };
    const productId = await mutate(client, 'createProduct', product);
    const pricing = { model: 'FLAT', unitPrice };
    rates.push({ productId, pricing, entitled: true, startingAt: '2024-01-01T00:00:00Z' });
  }
  const rateCardId = await mutate(client, 'createRateCard', { name: 'card', rates });
  const sign = async (name: string): Promise<string> => {
    const ingestAliases = [`${name}@example.com`];
    const customerId = await mutate(client, 'createCustomer', { name, ingestAliases });
    const startingAt = '2024-01-01T00:00:00Z';
    await mutate(client, 'createContract', { customerId, rateCardId, startingAt });
    return customerId;
  };
  const [red, green, blue] = [await sign('red'), await sign('green'), await sign('blue')];
  return { red, green, blue, count, rows };
}

/**
 * Several senders take one batch after the other, until the server is gone. Resolves to the batches
 * of which it is not known what became.
 */
async function sendAll(
  client: Client,
  batches: readonly Batch[],
  acknowledge: (batch: Batch, position: bigint) => void,
): Promise<readonly Batch[]> {
  const queue = [...batches];
  const unsure: Batch[] = [];
  let gone = false;
  const send = async (): Promise<void> => {
    for (let batch = queue.shift(); batch !== undefined; batch = gone ? undefined : queue.shift()) {
      try {
        acknowledge(batch, await recordUsage(client, batch));
      } catch {
        unsure.push(batch);
        gone = true;
      }
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  return unsure;
}

const idsOf = (batches: Iterable<Batch>): string[] =>
  [...batches].flatMap((batch) => batch.map(({ transactionId }) => transactionId));

async function idsIn(folder: string): Promise<ReadonlySet<string>> {
  const events = (await recordedIn(folder)).map(({ event }) => event);
  const usage = events.filter((event) => event.type === 'UsageRecorded') as UsageRecorded[];
  return new Set(usage.flatMap(({ lines }) => lines.map((line) => line.transactionId)));
}

describe(`a server that is killed again and again while usage is recorded (seed ${String(seed)})`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Spawned;
  let world: World;
  let lastPosition = 0n;
  const lost: string[] = [];
  const invented: string[] = [];
  const unsure: number[] = [];

  beforeAll(
    async () => {
      folder = await temporaryFolder();
      server = await spawnPaygo(folder.path, env);
      world = await createWorld(server.client);
      const batches = batchesOf([
        ...eventsOf([world.red, 'red@example.com'], 'red', 900),
        ...eventsOf([world.green, 'green@example.com'], 'green', 900),
        ...eventsOf(['blue@example.com'], 'blue', 900),
        ...eventsOf(['nobody@example.com'], 'later', 300),
      ]);
      const sent = new Set(idsOf(batches));
      const acknowledged = new Set<Batch>();
      let waiting: readonly Batch[] = batches;
      // All that is sent is enough for the last life, too.
      const most = Math.floor(batches.length / lives) - 12;
      const [counts, moments] = [numbers(seed, lives, most), numbers(seed + 1, lives, 4)];
      for (let life = 0; life < lives; life += 1) {
        const { client } = server;
        const until = acknowledged.size + 3 + (counts[life] ?? 0);
        let killed: Promise<void> | undefined;
        const repeated = [...acknowledged].slice(-20);
        const cutOff = await sendAll(client, [...repeated, ...waiting], (batch, position) => {
          acknowledged.add(batch);
          if (position > lastPosition) lastPosition = position;
          if (acknowledged.size < until) return;
          killed ??= sleep(moments[life] ?? 0).then(() => server.kill());
        });
        await killed;
        unsure.push(cutOff.length);
        waiting = batches.filter((batch) => !acknowledged.has(batch));
        const recorded = await idsIn(folder.path);
        lost.push(...idsOf(acknowledged).filter((id) => !recorded.has(id)));
        invented.push(...[...recorded].filter((id) => !sent.has(id)));
        server = await spawnPaygo(folder.path, env);
      }
      const cutOff = await sendAll(server.client, batches, (_batch, position) => {
        if (position > lastPosition) lastPosition = position;
      });
      expect(cutOff).toEqual([]);
      const ingestAliases = ['blue@example.com', 'nobody@example.com'];
      await mutate(server.client, 'setIngestAliases', { customerId: world.blue, ingestAliases });
    },
    times(120_000, 600_000),
  );

  afterAll(async () => {
    await server.kill();
    await folder.remove();
  });

  const usage = async (customerId: string, metricId: string, window: string): Promise<string[]> => {
    const { usage: points } = await server.client.ask<{ usage: { nodes: { value: string }[] } }>(
      `query ($customerId: ID!, $metricId: ID!, $window: UsageWindow!, $minPosition: LogPosition) {
        usage(customerId: $customerId, billableMetricId: $metricId, window: $window,
          startingAt: "2024-01-01T00:00:00Z", endingBefore: "2024-03-01T00:00:00Z",
          minPosition: $minPosition) { nodes { value } }
      }`,
      { customerId, metricId, window, minPosition: String(lastPosition) },
    );
    return points.nodes.map(({ value }) => value);
  };

  it('is killed in the middle of it', () => {
    expect(unsure.filter((batches) => batches > 0)).toHaveLength(lives);
  });

  it('loses nothing that it acknowledged, and holds nothing that was not sent', () => {
    expect({ lost, invented }).toEqual({ lost: [], invented: [] });
  });

  it('counts each event once when everything is sent again', async () => {
    const { red, green, blue, count, rows } = world;
    // 900 hours from 1 January: 744 of them in January, with 1 + 2 + ... + 744 = 744 x 745 / 2 =
    // 277,140 rows, and 156 in February, with 900 x 901 / 2 - 277,140 = 405,450 - 277,140 = 128,310
    // rows.
    for (const customerId of [red, green]) {
      expect(await usage(customerId, count, 'MONTH')).toEqual(['744', '156']);
      expect(await usage(customerId, rows, 'MONTH')).toEqual(['277140', '128310']);
    }
    // Blue also holds what waited for nobody@example.com: 300 events, all in January, with 300 x
    // 301 / 2 = 45,150 rows.
    expect(await usage(blue, count, 'MONTH')).toEqual(['1044', '156']);
    expect(await usage(blue, rows, 'MONTH')).toEqual(['322290', '128310']);
  });

  it('counts each in its own hour', async () => {
    const each = await usage(world.red, world.count, 'HOUR');
    expect(each).toEqual(Array.from({ length: 900 }, () => '1'));
  });

  it('bills what was used', async () => {
    const drafts = await textOf(
      server.url,
      '{ invoices { nodes { customer { name } status total { amount } } } }',
    );
    const bill = (name: string, amount: string) => ({
      customer: { name },
      status: 'DRAFT',
      total: { amount },
    });
    const { data } = JSON.parse(drafts) as { data: { invoices: { nodes: object[] } } };
    // 744 x 0.01 + 277,140 x 0.002 = 7.44 + 554.28; blue: 1044 x 0.01 + 322,290 x 0.002 = 10.44 +
    // 644.58.
    const expected = [bill('red', '561.72'), bill('green', '561.72'), bill('blue', '655.02')];
    expect(data.invoices.nodes).toHaveLength(3);
    expect(data.invoices.nodes).toEqual(expect.arrayContaining(expected));
  });
});
