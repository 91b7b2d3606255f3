import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type EventLog, type ReadAll } from '../../src/application/ports.ts';
import { type EventStoreDouble } from '../support/eventstore-double.ts';
import { double, insist, openLog, patient, timed } from './eventstoredb-support.ts';
import { event, events, ids } from './support-events.ts';

const unavailable = expect.objectContaining({ name: 'Unavailable' });

const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `e${String(from + index)}`);

/** Takes events until there are so many. */
async function take(
  log: EventLog,
  count: number,
  options: ReadAll = {},
): Promise<readonly string[]> {
  const controller = new AbortController();
  const seen: string[] = [];
  for await (const batch of log.subscribe({ ...options, signal: controller.signal })) {
    seen.push(...ids(batch.events));
    if (seen.length >= count) controller.abort();
  }
  return seen;
}

async function filled(server: EventStoreDouble, count: number): Promise<EventLog> {
  const log = openLog(server.url);
  await log.append('order-1', 'no_stream', events(...numbered(count)));
  return log;
}

describe('reads of an event store that fails', () => {
  it('are unavailable in time when the server says nothing, and work when it does again', async () => {
    const server = await double();
    const log = await filled(server, 3);
    server.faults.readsSilent = true;
    const calls = [log.readStream('order-1'), log.readAll(), log.head()];
    for (const { error, ms } of await Promise.all(calls.map(timed))) {
      expect(error).toEqual(unavailable);
      expect(ms).toBeLessThan(2500);
    }
    server.faults.readsSilent = false;
    expect(ids(await log.readStream('order-1'))).toEqual(['e0', 'e1', 'e2']);
    expect(await log.head()).toBe((await log.readAll()).through);
  });

  it('are unavailable in time when the server dribbles', async () => {
    const server = await double();
    const log = await filled(server, 50);
    server.faults.readDelayMs = 50;
    const { error, ms } = await timed(log.readStream('order-1'));
    expect(error).toEqual(unavailable);
    expect(ms).toBeLessThan(2500);
    expect(ids(await log.readStream('order-1', { maxCount: 2 }))).toEqual(['e0', 'e1']);
    server.faults.readDelayMs = 0;
    expect(ids(await log.readStream('order-1'))).toEqual(numbered(50));
  });

  it('and subscriptions leave no calls open on a server that allows few', async () => {
    const server = await double({ maxConcurrentStreams: 5 });
    const log = await filled(server, 40);
    for (let round = 0; round < 30; round += 1) {
      expect(await log.readStream('order-1', { maxCount: 1 })).toHaveLength(1);
      expect((await log.readAll({ maxCount: 3 })).events).toHaveLength(3);
      expect((await take(log, 5)).length).toBeGreaterThanOrEqual(5);
    }
  });

  it('are unavailable while the server is down, and work when it is back', async () => {
    const server = await double();
    const log = await filled(server, 3);
    server.kill();
    const calls = [
      log.readStream('order-1'),
      log.readAll(),
      log.head(),
      log.append('order-1', 2, events('x')),
    ];
    for (const { error, ms } of await Promise.all(calls.map(timed))) {
      expect(error).toEqual(unavailable);
      expect(ms).toBeLessThan(2500);
    }
    await server.start();
    expect((await insist(log, 'order-1', 2, events('x'))).revision).toBe(3);
    expect(ids(await log.readStream('order-1'))).toEqual(['e0', 'e1', 'e2', 'x']);
  });

  it('and appends go to the leader when the node does not lead', async () => {
    const leader = await double();
    const follower = await double({ store: leader.store });
    const log = await filled(leader, 2);
    const other = openLog(follower.url);
    follower.faults.leader = { host: '127.0.0.1', port: leader.port };
    await expect(other.append('order-1', 1, events('x'))).rejects.toEqual(unavailable);
    expect((await other.append('order-1', 1, events('x'))).revision).toBe(2);
    expect(ids(await other.readStream('order-1'))).toEqual(['e0', 'e1', 'x']);
    expect(await other.head()).toBe(await log.head());
  });

  it('cannot be had from an address that makes no sense, which is not repeated', () => {
    const opening = () => openLog('http://admin:changeit@localhost:2113');
    expect(opening).toThrow('esdb://host:port');
    expect(opening).not.toThrow('changeit@localhost');
  });

  it('find a cluster that was not there at first', async () => {
    const server = await double();
    server.kill();
    const url = `esdb://127.0.0.1:${String(server.port)},127.0.0.1:1?tls=false&maxDiscoverAttempts=2`;
    const log = openLog(url, { appendMs: 1000, readMs: 1000 });
    await expect(log.append('order-1', 'no_stream', events('a'))).rejects.toEqual(unavailable);
    await expect(log.readAll()).rejects.toEqual(unavailable);
    await server.start();
    await log.append('order-1', 'no_stream', events('a'));
    expect(ids((await log.readAll()).events)).toEqual(['a']);
  });
});

describe('reads in pages', () => {
  it('take from the server what they give, and the event that they start behind', async () => {
    const server = await double();
    const log = await filled(server, 2500);
    const seen: string[] = [];
    let after = 0n;
    for (let page = 0; page < 10; page += 1) {
      const { events: read, through } = await log.readAll({ after, maxCount: 200 });
      seen.push(...ids(read));
      after = through;
    }
    expect(seen).toEqual(numbered(2000));
    expect(server.sent.events).toBe(2009);
    expect((await log.readAll({ after, maxCount: 2000 })).events).toHaveLength(500);
    expect((await log.readAll()).events).toHaveLength(2500);
  });
});

describe('a subscription to an event store that fails', () => {
  it('goes on after the server was killed, and gives each event once', async () => {
    const server = await double();
    const log = await filled(server, 100);
    const seen = take(log, 300);
    await delay(100);
    for (const from of [100, 200]) {
      server.kill();
      await delay(100);
      await server.start();
      await insist(log, 'order-1', from - 1, events(...numbered(100, from)));
    }
    expect(await seen).toEqual(numbered(300));
  });

  it('starts when the server does', async () => {
    const server = await double();
    const log = await filled(server, 3);
    server.kill();
    const seen = take(log, 3);
    await delay(200);
    await server.start();
    expect(await seen).toEqual(numbered(3));
  });

  it('is taken up again when the server has never confirmed it', async () => {
    const server = await double();
    const log = await filled(server, 3);
    server.faults.readsSilent = true;
    const seen = take(log, 3);
    await delay(1000);
    server.faults.readsSilent = false;
    expect(await seen).toEqual(numbered(3));
  });

  it('is taken up again when it has come to a standstill though there is more', async () => {
    const server = await double();
    const log = await filled(server, 3);
    server.faults.subscriptionsStall = true;
    const seen = take(log, 4);
    await delay(1000);
    await log.append('order-1', 2, events('e3'));
    server.faults.subscriptionsStall = false;
    expect(await seen).toEqual(numbered(4));
  });

  it('holds the server back while its consumer is slow', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    for (let from = 0; from < 5000; from += 1000) {
      const names = numbered(1000, from);
      await log.append(`order-${String(from)}`, 'no_stream', events(...names));
    }
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const batch of log.subscribe({ signal: controller.signal, batchSize: 400 })) {
      expect(batch.events.length).toBeLessThanOrEqual(400);
      seen.push(...ids(batch.events));
      await delay(5);
      if (seen.length === 5000) controller.abort();
    }
    expect(seen).toEqual(numbered(5000));
  });

  it('ends a batch of large events early, and leaves those behind it with the server', async () => {
    const server = await double();
    const log = openLog(server.url, patient);
    const large = numbered(60).map((id) => event(id, { text: 'x'.repeat(900_000) }));
    await log.append('order-1', 'no_stream', large);
    const controller = new AbortController();
    const seen: string[] = [];
    for await (const batch of log.subscribe({ signal: controller.signal })) {
      // Ten of them are the first to come to more than 8 MiB.
      expect(batch.events.length).toBeLessThanOrEqual(10);
      if (seen.length === 0) {
        await delay(300);
        expect(server.sent.events).toBeLessThan(50);
      }
      seen.push(...ids(batch.events));
      if (seen.length === 60) controller.abort();
    }
    expect(seen).toEqual(numbered(60));
  });
});
