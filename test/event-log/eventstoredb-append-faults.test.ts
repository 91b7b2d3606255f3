import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { double, insist, openLog, timed } from './eventstoredb-support.ts';
import { event, events, ids } from './support-events.ts';

const unavailable = expect.objectContaining({ name: 'Unavailable' });
const all = async (log: EventLog): Promise<readonly string[]> => ids((await log.readAll()).events);

describe('an append to an event store that fails', () => {
  it('is unavailable in time when the server says nothing, and goes through when it does again', async () => {
    const server = await double();
    const log = openLog(server.url);
    await log.append('order-1', 'no_stream', events('a'));
    server.faults.appends = 'ignore';
    const many = await Promise.all(
      ['order-1', 'order-2', 'order-3'].map((name) => timed(log.append(name, 'any', events('x')))),
    );
    for (const { error, ms } of many) {
      expect(error).toEqual(unavailable);
      expect(ms).toBeLessThan(2500);
    }
    server.faults.appends = 'none';
    expect((await log.append('order-1', 0, events('b'))).revision).toBe(1);
    expect(await all(log)).toEqual(['a', 'b']);
  });

  it('is written once when its answer was lost and it is sent again', async () => {
    const server = await double();
    const log = openLog(server.url);
    server.faults.appends = 'lose';
    await expect(log.append('order-1', 'no_stream', events('a', 'b'))).rejects.toEqual(unavailable);
    await expect(log.append('order-1', 1, events('c'))).rejects.toEqual(unavailable);
    server.faults.appends = 'none';
    const [, b, c] = (await log.readAll()).events;
    expect(await log.append('order-1', 'no_stream', events('a', 'b'))).toEqual({
      revision: 1,
      position: b?.position,
    });
    expect(await log.append('order-1', 1, events('c'))).toEqual({
      revision: 2,
      position: c?.position,
    });
    expect(await all(log)).toEqual(['a', 'b', 'c']);
  });

  it('leaves those alone that come with it and are answered', async () => {
    const server = await double();
    const log = openLog(server.url);
    server.faults.appends = (stream) => (stream.endsWith('-7') ? 'lose' : 'none');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        log.append(`order-${String(index)}`, 'no_stream', events('a')),
      ),
    );
    expect(outcomes.map(({ status }) => status === 'rejected').lastIndexOf(true)).toBe(7);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  it('survives an answer that comes too late', async () => {
    const server = await double();
    const log = openLog(server.url);
    server.faults.replyDelayMs = 1100;
    await expect(log.append('order-1', 'no_stream', events('a'))).rejects.toEqual(unavailable);
    await delay(500);
    server.faults.replyDelayMs = 0;
    expect((await log.append('order-1', 'no_stream', events('a'))).revision).toBe(0);
    expect(await all(log)).toEqual(['a']);
  });

  it('is unavailable at once when the server ends the stream of appends, and goes on over a new one', async () => {
    const server = await double();
    const log = openLog(server.url, { appendMs: 5000 });
    await log.append('order-1', 'no_stream', events('a'));
    server.faults.appends = 'lose';
    const waiting = timed(log.append('order-1', 0, events('b')));
    await delay(50);
    server.endAppends();
    const { error, ms } = await waiting;
    expect(error).toEqual(unavailable);
    expect(ms).toBeLessThan(1000);
    server.faults.appends = 'none';
    expect((await log.append('order-1', 0, events('b'))).revision).toBe(1);
    expect(await all(log)).toEqual(['a', 'b']);
  });

  it('is neither lost nor doubled when the server is killed under load, twice', async () => {
    const server = await double();
    const log = openLog(server.url, { appendMs: 1000, readMs: 5000 });
    const pad = 'x'.repeat(5000);
    const names = Array.from({ length: 400 }, (_, index) => `order-${String(index)}`);
    let acknowledged = 0;
    const appends = names.map(async (name) => {
      const sent = [event(`${name}-a`, { pad }), event(`${name}-b`, { pad })];
      const appended = await insist(log, name, 'no_stream', sent);
      acknowledged += 1;
      const [last] = await log
        .readStream(name, { direction: 'backwards', maxCount: 1 })
        .catch(() => [undefined]);
      if (last !== undefined) expect(last.position).toBe(appended.position);
    });
    for (const _kill of [1, 2]) {
      const enough = acknowledged + 20;
      while (acknowledged < enough) await delay(1);
      server.kill();
      await delay(50);
      await server.start();
    }
    await Promise.all(appends);
    const written = await all(log);
    expect(written).toHaveLength(800);
    expect(new Set(written)).toEqual(new Set(names.flatMap((name) => [`${name}-a`, `${name}-b`])));
  });

  it('is refused with the limit when it is too large, and nothing of it is written', async () => {
    const server = await double();
    const log = openLog(server.url);
    server.faults.maxAppendBytes = 1024 * 1024;
    const large = Array.from({ length: 3 }, (_, index) =>
      event(`e${String(index)}`, { pad: 'x'.repeat(400_000) }),
    );
    await expect(log.append('order-1', 'no_stream', large)).rejects.toThrow('1048576 bytes');
    expect(await all(log)).toEqual([]);
    await log.append('order-1', 'no_stream', large.slice(0, 2));
    expect(await all(log)).toEqual(['e0', 'e1']);
  });

  it('is sent in frames and written as one when it is large', async () => {
    const server = await double();
    const log = openLog(server.url);
    const large = Array.from({ length: 9 }, (_, index) =>
      event(`e${String(index)}`, { pad: 'x'.repeat(400_000) }),
    );
    expect((await log.append('order-1', 'no_stream', large)).revision).toBe(8);
    expect(await all(log)).toEqual(ids(large));
  });

  it('is unavailable while the server is starting or busy', async () => {
    const server = await double();
    const log = openLog(server.url);
    server.faults.appendError = 'Server Is Not Ready';
    await expect(log.append('order-1', 'any', events('a'))).rejects.toThrow('Server Is Not Ready');
    server.faults.appendError = null;
    await log.append('order-1', 'no_stream', events('a'));
    expect(await all(log)).toEqual(['a']);
  });
});
