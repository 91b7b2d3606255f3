import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { Unavailable } from '../application/ports.ts';
import { giveWay } from '../give-way.ts';
import { Sqlite, SqliteError } from '../sqlite-driver.ts';

const schemaVersion = 2;
const busyTimeoutMs = 1000;

/** Usage comes in events of some thousand bytes; of a log that exists, this changes nothing. */
const pageBytes = 8192;

/** 16 MB: the index's pages, which every commit changes, are then copied into the file less often. */
const pagesBetweenCheckpoints = 2000;

/**
 * category: the stream's name through its first '-', '' where it has none. There are few of them,
 * so that reading some categories of a long log costs nothing for the events of the others.
 *
 * A stream's events are found in one of two ways. Where appends say what they expect, it is by the
 * index. The flood goes to thousands of streams at a time, and each commit would change as many of
 * the index's pages: there, the stream knows its last event, and each event the one before it (0:
 * none).
 */
const schema = `
  CREATE TABLE category (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE stream (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category_id INTEGER NOT NULL,
    last_revision INTEGER,
    last_position INTEGER
  ) STRICT;
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    previous INTEGER,
    category_id INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    metadata TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX event_by_revision ON event (stream_id, revision) WHERE previous IS NULL;
  CREATE INDEX event_by_category ON event (category_id, position);
  PRAGMA user_version = ${String(schemaVersion)};
`;

/** From a schema version to the next; the streams of version 1 go on being found by the index. */
const migrations: Readonly<Record<number, string>> = {
  1: `
    ALTER TABLE stream ADD COLUMN last_revision INTEGER;
    ALTER TABLE stream ADD COLUMN last_position INTEGER;
    ALTER TABLE event ADD COLUMN previous INTEGER;
    DROP INDEX event_by_revision;
    CREATE UNIQUE INDEX event_by_revision ON event (stream_id, revision) WHERE previous IS NULL;
    PRAGMA user_version = 2;
  `,
};

export type LogFiles = {
  readonly writer: Database;
  /** Sees what is committed, and nothing else. */
  readonly reader: Database;
  close(): void;
};

/** Opens <folder>/log.db for this process alone; throws when another one has it. */
export function openFiles(folder: string): LogFiles {
  if (folder === '') throw new RangeError('the event log needs a data folder');
  mkdirSync(folder, { recursive: true });
  const opened = [lock(folder)];
  const close = (): void => {
    for (const db of opened.splice(0).reverse()) db.close();
  };
  const path = join(folder, 'log.db');
  try {
    const writer = new Sqlite(path, { timeout: busyTimeoutMs });
    opened.push(writer);
    writer.pragma(`page_size = ${String(pageBytes)}`);
    writer.pragma('journal_mode = WAL');
    writer.pragma('synchronous = FULL');
    writer.pragma(`wal_autocheckpoint = ${String(pagesBetweenCheckpoints)}`);
    writer.pragma('fullfsync = ON');
    migrate(writer, path);
    const reader = openReadOnly(folder);
    opened.push(reader);
    return { writer, reader, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** A connection to <folder>/log.db, which is there, that sees what is committed. */
export const openReadOnly = (folder: string): Database =>
  new Sqlite(join(folder, 'log.db'), { readonly: true, timeout: busyTimeoutMs });

function migrate(db: Database, path: string): void {
  const version = (): number => Number(db.pragma('user_version', { simple: true }));
  if (version() === 0) db.transaction(() => db.exec(schema)).immediate();
  for (let step = migrations[version()]; step !== undefined; step = migrations[version()]) {
    const text = step;
    db.transaction(() => db.exec(text)).immediate();
  }
  if (version() !== schemaVersion) {
    throw new Error(
      `${path} has schema version ${String(version())}, known are 1 to ${String(schemaVersion)}`,
    );
  }
}

/** Holds a file lock that the operating system releases when the process ends, however it ends. */
function lock(folder: string): Database {
  const db = new Sqlite(join(folder, 'lock.db'), { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (error instanceof SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new Error(
        `the data folder ${folder} is in use by another process: stop the server that has it open, or ask that server over HTTP`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** What the work gives; a failure of the database is thrown as Unavailable. */
export function onDatabase<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SqliteError) {
      throw new Unavailable(`the event log failed: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

/**
 * What the steps come to, as onDatabase; between them, others have their turn. check: before each.
 */
export async function inSteps<T>(
  steps: Generator<undefined, T, undefined>,
  check: () => unknown = () => undefined,
): Promise<T> {
  for (;;) {
    check();
    const step = onDatabase(() => steps.next());
    if (step.done === true) return step.value;
    await giveWay();
  }
}
