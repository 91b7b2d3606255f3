import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { RevisionConflict, type EventLog } from '../../src/application/ports.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { events, ids, metadata } from './support-events.ts';
import { temporaryFolder } from './support.ts';

/** As a log of schema version 1 was made, with two streams of three events and one. */
const version1 = `
  CREATE TABLE category (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category_id INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    category_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    metadata TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX event_by_revision ON event (stream_id, revision);
  CREATE INDEX event_by_category ON event (category_id, position);
  PRAGMA user_version = 1;
  INSERT INTO category VALUES (1, 's-'), (2, 'u-');
  INSERT INTO stream VALUES (1, 's-1', 1), (2, 'u-1', 2);
`;
const rows = [
  ['a', 1, 0],
  ['b', 2, 0],
  ['c', 1, 1],
  ['d', 1, 2],
] as const;

function folderOfVersion1(): string {
  const folder = temporaryFolder();
  const db = new Sqlite(join(folder, 'log.db'));
  db.pragma('journal_mode = WAL');
  db.exec(version1);
  const insert = db.prepare(
    `INSERT INTO event VALUES (?, ?, ?, ?, ?, 'SomethingHappened', ?, '{"note":"kept"}')`,
  );
  for (const [index, [id, stream, revision]] of rows.entries()) {
    insert.run(index + 1, stream, revision, stream, id, JSON.stringify(metadata));
  }
  db.close();
  return folder;
}

function open(folder: string): EventLog {
  const log = openSqliteLog({ folder });
  onTestFinished(() => log.close());
  return log;
}

it('a log of schema version 1 is read, goes on as it was, and is there again', async () => {
  const folder = folderOfVersion1();
  const log = open(folder);
  expect(ids((await log.readAll()).events)).toEqual(['a', 'b', 'c', 'd']);
  expect(ids(await log.readStream('s-1'))).toEqual(['a', 'c', 'd']);
  await expect(log.append('s-1', 1, events('x'))).rejects.toThrow(RevisionConflict);
  expect(await log.append('s-1', 1, events('d'))).toEqual({ revision: 2, position: 4n });
  await log.append('s-1', 2, events('e'));
  await log.append('u-1', 'any', events('f', 'g'));
  await log.append('u-2', 'any', events('h'));
  await log.append('u-2', 0, events('i'));
  await log.close();

  const again = open(folder);
  expect(await again.head()).toBe(9n);
  for (const [stream, held] of [
    ['s-1', ['a', 'c', 'd', 'e']],
    ['u-1', ['b', 'f', 'g']],
    ['u-2', ['h', 'i']],
  ] as const) {
    const recorded = await again.readStream(stream);
    expect(ids(recorded)).toEqual(held);
    expect(recorded.map(({ revision }) => revision)).toEqual([...held.keys()]);
  }
  const { events: some } = await again.readAll({ streamPrefixes: ['u-'] });
  expect(ids(some)).toEqual(['b', 'f', 'g', 'h', 'i']);
});
