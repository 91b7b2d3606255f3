import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { describeEventLog } from './contract.ts';
import { temporaryFolder } from './support.ts';
import { event, events, ids } from './support-events.ts';

function open(folder: string): EventLog {
  const log = openSqliteLog({ folder });
  onTestFinished(() => log.close());
  return log;
}

describeEventLog('in SQLite', () => {
  const folder = temporaryFolder();
  const log = open(folder);
  const reopen = async (): Promise<EventLog> => {
    await log.close();
    return open(folder);
  };
  return Promise.resolve({ log, reopen });
});

describe('the SQLite log', () => {
  it('has after reopening what it had, and goes on behind it', async () => {
    const folder = temporaryFolder();
    const log = open(folder);
    await log.append('order-1', 'no_stream', events('a', 'b'));
    await log.append('clock', 'no_stream', events('c'));
    const before = await log.readAll();
    await log.close();
    const reopened = open(folder);
    expect(await reopened.readAll()).toEqual(before);
    expect(await reopened.head()).toBe(3n);
    const appended = await reopened.append('order-1', 1, events('d'));
    expect(appended).toEqual({ revision: 2, position: 4n });
    expect(ids((await reopened.readAll({ streamPrefixes: ['order-'] })).events)).toEqual([
      'a',
      'b',
      'd',
    ]);
  });

  it('numbers positions from 1 without gaps, conflicts or not', async () => {
    const log = open(temporaryFolder());
    await Promise.allSettled([
      log.append('order-1', 'no_stream', events('a')),
      log.append('order-1', 'no_stream', events('x')),
      log.append('order-2', 7, events('y')),
      log.append('order-2', 'no_stream', events('b', 'c')),
    ]);
    await log.append('order-1', 0, events('d'));
    const { events: all } = await log.readAll();
    expect(all.map(({ position }) => position)).toEqual([1n, 2n, 3n, 4n]);
    expect(ids(all)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses a data folder that is in use, until it is free', async () => {
    const folder = temporaryFolder();
    const log = open(folder);
    expect(() => openSqliteLog({ folder })).toThrow(
      `the data folder ${folder} is in use by another process: stop the server that has it open, or ask that server over HTTP`,
    );
    await log.append('order-1', 'any', events('a'));
    await log.close();
    expect(ids((await open(folder).readAll()).events)).toEqual(['a']);
  });

  it('refuses a file of a later schema, and lets go of the folder', async () => {
    const folder = temporaryFolder();
    await open(folder).close();
    const file = new Sqlite(join(folder, 'log.db'));
    file.pragma('user_version = 99');
    expect(() => openSqliteLog({ folder })).toThrow('schema version 99');
    file.pragma('user_version = 2');
    file.close();
    expect(await open(folder).head()).toBe(0n);
  });

  it('makes missing folders, and refuses an empty name', async () => {
    const log = open(join(temporaryFolder(), 'a', 'b'));
    expect(await log.head()).toBe(0n);
    expect(() => openSqliteLog({ folder: '' })).toThrow('data folder');
  });

  it('rejects a whole group as unavailable when it cannot be committed, and writes it when sent again', async () => {
    const folder = temporaryFolder();
    const log = open(folder);
    await log.append('order-1', 'no_stream', events('a'));
    const foreign = new Sqlite(join(folder, 'log.db'));
    onTestFinished(() => void foreign.close());
    foreign.exec('BEGIN IMMEDIATE');
    const send = () => [
      log.append('order-1', 0, events('b')),
      log.append('order-2', 'no_stream', events('c')),
    ];
    for (const outcome of await Promise.allSettled(send())) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Unavailable' } });
    }
    expect(await log.head()).toBe(1n);
    foreign.exec('ROLLBACK');
    expect((await Promise.all(send())).map(({ position }) => position)).toEqual([2n, 3n]);
  });

  it('gives large events to a subscriber in smaller batches', async () => {
    const log = open(temporaryFolder());
    const pad = 'x'.repeat(3 * 1024 * 1024);
    for (const id of ['a', 'b', 'c', 'd', 'e'])
      await log.append('big-1', 'any', [event(id, { pad })]);
    const controller = new AbortController();
    const sizes: number[] = [];
    for await (const batch of log.subscribe({ signal: controller.signal })) {
      sizes.push(batch.events.length);
      if (batch.through === 5n) controller.abort();
    }
    expect(sizes).toEqual([2, 2, 1]);
  });

  it('reads a few categories among many events of another without looking at those', async () => {
    const log = open(temporaryFolder());
    await log.append('customer-1', 'any', events('a'));
    const flood = Array.from({ length: 20 }, (_, stream) =>
      log.append(
        `usage-${String(stream)}`,
        'any',
        Array.from({ length: 1000 }, (_, index) => event(`u${String(index)}`)),
      ),
    );
    await Promise.all(flood);
    await log.append('invoice-1', 'any', events('b'));
    const started = performance.now();
    const batch = await log.readAll({ streamPrefixes: ['customer-', 'invoice-'], maxCount: 1000 });
    const filteredMs = performance.now() - started;
    expect(ids(batch.events)).toEqual(['a', 'b']);
    expect(batch.through).toBe(20_002n);
    const restarted = performance.now();
    await log.readAll();
    expect(filteredMs).toBeLessThan((performance.now() - restarted) / 4);
  });
});
