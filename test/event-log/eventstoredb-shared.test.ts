import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type EventLog, type LogBatch, type Subscription } from '../../src/application/ports.ts';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { type EventStoreDouble } from '../support/eventstore-double.ts';
import { double, openLog, patient } from './eventstoredb-support.ts';
import { events, ids } from './support-events.ts';

const foreign = {
  type: '$stats',
  contentType: 'application/octet-stream',
  data: Buffer.from('not JSON'),
  metadata: Buffer.from(''),
};

/** Events of others: the server's own, and those of another program. */
function noise(server: EventStoreDouble, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const stream = index % 2 === 0 ? '$stats-127.0.0.1' : 'ledger-1';
    server.store.append(stream, 'any', [{ ...foreign, id: `${stream}-${String(index)}` }]);
  }
}

/** Batches until one comes to the position. */
async function until(
  log: EventLog,
  position: bigint,
  options: Omit<Subscription, 'signal'> = {},
): Promise<readonly LogBatch[]> {
  const controller = new AbortController();
  const batches: LogBatch[] = [];
  for await (const batch of log.subscribe({ ...options, signal: controller.signal })) {
    batches.push(batch);
    if (batch.through >= position) controller.abort();
  }
  return batches;
}

const eventsOf = (batches: readonly LogBatch[]): readonly string[] =>
  batches.flatMap((batch) => ids(batch.events));

describe('the log on a server that others use, too', () => {
  it('neither sees nor counts the events of others', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    noise(server, 100);
    expect(await log.head()).toBe(0n);
    expect(await log.readAll()).toEqual({ events: [], through: 0n });
    const a = await log.append('order-1', 'no_stream', events('a'));
    noise(server, 3000);
    const b = await log.append('order-2', 'no_stream', events('b'));
    noise(server, 100);
    expect(await log.head()).toBe(b.position);
    expect(await openLog(server.url, patient).head()).toBe(b.position);
    const all = await log.readAll();
    expect([ids(all.events), all.through]).toEqual([['a', 'b'], b.position]);
    expect(ids((await log.readAll({ after: a.position })).events)).toEqual(['b']);
    const batches = await until(log, b.position);
    expect([eventsOf(batches), batches.at(-1)?.through]).toEqual([['a', 'b'], b.position]);
  });

  it('keeps apart from a log of another prefix', async () => {
    const server = await double();
    const [one, two] = ['one-', 'two-'].map((prefix) =>
      openEventStoreLog({ url: server.url, prefix }),
    );
    await one?.append('order-1', 'no_stream', events('a'));
    await two?.append('order-1', 'no_stream', events('b'));
    expect(ids((await one?.readAll())?.events ?? [])).toEqual(['a']);
    expect(ids((await two?.readStream('order-1')) ?? [])).toEqual(['b']);
    expect(server.store.all.map(({ stream }) => stream)).toEqual(['one-order-1', 'two-order-1']);
    await Promise.all([one?.close(), two?.close()]);
  });

  it('reads the event that stands at a position from right before it', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    noise(server, 5);
    await log.append('order-1', 'no_stream', events('a', 'b'));
    noise(server, 5);
    await log.append('order-2', 'no_stream', events('c', 'd'));
    for (const { id, position } of (await log.readAll()).events) {
      const before = { after: position - 1n };
      expect(ids((await log.readAll({ ...before, maxCount: 1 })).events)).toEqual([id]);
      const [first] = await until(log, position, { ...before, batchSize: 1 });
      expect(ids(first?.events ?? [])).toEqual([id]);
    }
  });

  it('is not sent what a filter leaves out while it has far to go, and comes to the head', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    await log.append('order-1', 'no_stream', events('a'));
    for (let stream = 0; stream < 10; stream += 1) {
      const names = Array.from({ length: 300 }, (_, index) => `u${String(index)}`);
      await log.append(`usage-${String(stream)}`, 'no_stream', events(...names));
      noise(server, 100);
    }
    await log.append('order-1', 0, events('b'));
    const { position: head } = await log.append('usage-1', 299, events('last'));
    noise(server, 50);
    const before = server.sent.events;
    const batches = await until(log, head, { streamPrefixes: ['order-'] });
    expect([eventsOf(batches), batches.at(-1)?.through]).toEqual([['a', 'b'], head]);
    expect(server.sent.events - before).toBeLessThan(100);
  });

  it('comes to what is appended and left out while it is still catching up', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    await log.append('order-1', 'no_stream', events('a', 'b', 'c', 'd', 'e'));
    await log.append('usage-1', 'no_stream', events('u1'));
    server.faults.readDelayMs = 60;
    const controller = new AbortController();
    const seen: string[] = [];
    let through = 0n;
    const following = (async () => {
      const options = { streamPrefixes: ['order-'], batchSize: 1, signal: controller.signal };
      for await (const batch of log.subscribe(options)) {
        seen.push(...ids(batch.events));
        ({ through } = batch);
      }
    })();
    while (seen.length < 2) await delay(5);
    const { position } = await log.append('usage-1', 0, events('u2'));
    server.faults.readDelayMs = 0;
    const stop = Date.now() + 5000;
    while (through < position && Date.now() < stop) await delay(5);
    controller.abort();
    await following;
    expect([seen, through]).toEqual([['a', 'b', 'c', 'd', 'e'], position]);
  });

  it('goes on behind what a subscription has come through, and never passes the head', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    let after = 0n;
    for (const [index, id] of ['a', 'b', 'c'].entries()) {
      noise(server, 200);
      const { position } = await log.append('order-1', 'any', events(id));
      await log.append('usage-1', 'any', events(`u${String(index)}`));
      noise(server, 200);
      const head = await log.head();
      const batches = await until(log, head, { after, streamPrefixes: ['order-'] });
      expect(eventsOf(batches)).toEqual([id]);
      after = batches.at(-1)?.through ?? 0n;
      expect(after).toBe(head);
      expect(position < head).toBe(true);
    }
  });
});
