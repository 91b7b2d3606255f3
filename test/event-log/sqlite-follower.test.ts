import { describe, expect, it, onTestFinished } from 'vitest';
import { followSqliteLog } from '../../src/event-log/sqlite-follower.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { temporaryFolder } from './support.ts';
import { events, ids } from './support-events.ts';

function open() {
  const folder = temporaryFolder();
  const log = openSqliteLog({ folder });
  const follower = followSqliteLog({ folder });
  onTestFinished(async () => {
    await follower.close();
    await log.close();
  });
  return { log, follower };
}

describe('who follows a SQLite log that others write', () => {
  it('reads what they have appended, as they do', async () => {
    const { log, follower } = open();
    expect(await follower.head()).toBe(0n);
    await log.append('s-1', 'no_stream', events('a', 'b'));
    await log.append('t-1', 'no_stream', events('c'));
    expect(await follower.head()).toBe(3n);
    expect(await follower.readAll()).toEqual(await log.readAll());
    const some = { after: 1n, streamPrefixes: ['s-'] };
    expect(await follower.readAll(some)).toEqual(await log.readAll(some));
    expect(await follower.readStream('s-1')).toEqual(await log.readStream('s-1'));
  });

  it('has what is there and, each time it is told to look, what has come', async () => {
    const { log, follower } = open();
    log.onAppend?.(() => {
      follower.announce();
    });
    await log.append('s-1', 'no_stream', events('a', 'b'));
    const stop = new AbortController();
    const seen: (readonly string[])[] = [];
    for await (const batch of follower.subscribe({ signal: stop.signal })) {
      seen.push(ids(batch.events));
      if (batch.through === 2n) setImmediate(() => void log.append('s-1', 1, events('c')));
      if (batch.through === 3n) stop.abort();
    }
    expect(seen).toEqual([['a', 'b'], ['c']]);
  });

  it('is told of appends until it listens no more', async () => {
    const { log } = open();
    let told = 0;
    const end = log.onAppend?.(() => {
      told += 1;
    });
    await log.append('s-1', 'no_stream', events('a'));
    end?.();
    await log.append('s-1', 0, events('b'));
    expect(told).toBe(1);
  });
});
