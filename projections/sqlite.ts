import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { Kysely, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { Sqlite } from '../src/sqlite-driver.ts';
import { prepared, type Database as StoreDatabase } from './database.ts';
import { type Generation, type Prepare, type StoreReader } from './database.ts';

const busyTimeoutMs = 5000;
const keptStatements = 500;

/** Opens the generation's file in the folder. One that is damaged is made anew. */
export async function openSqlite<Tables>(
  folder: string,
  generation: Generation,
  prepare: Prepare<Tables>,
): Promise<StoreDatabase<Tables>> {
  mkdirSync(folder, { recursive: true });
  const open = () => prepared(sqliteDatabase<Tables>(folder, generation), prepare);
  try {
    return await open();
  } catch (error) {
    if (!isDamaged(error)) throw error;
    removeFile(join(folder, fileOf(generation)));
    return open();
  }
}

/** A generation's file that somebody else has opened, and writes. */
export function openSqliteReader<Tables>(
  folder: string,
  generation: Generation,
): StoreReader<Tables> {
  const reading = openReading(join(folder, fileOf(generation)));
  const reader = kysely<Tables>(reading);
  return {
    reader,
    snapshot: (ask) => reader.transaction().execute(ask),
    close: async () => {
      await reader.destroy();
      reading.close();
    },
  };
}

const openReading = (path: string): Database =>
  new Sqlite(path, { readonly: true, timeout: busyTimeoutMs });

const fileOf = ({ store, fingerprint }: Generation): string => `${store}-${fingerprint}.db`;

function sqliteDatabase<Tables>(folder: string, generation: Generation): StoreDatabase<Tables> {
  const { writer, reader, close } = openFile<Tables>(join(folder, fileOf(generation)));
  // One connection writes, and a transaction that writes is the only one in the file.
  const alone = () => Promise.resolve();
  return {
    writer,
    reader,
    claim: alone,
    lockCheckpoint: alone,
    tables: async (db) => (await db.introspection.getTables()).map(({ name }) => name),
    snapshot: (ask) => reader.transaction().execute(ask),
    removeOtherGenerations: async () => {
      removeOthers(folder, generation);
    },
    close,
  };
}

type File<Tables> = Pick<StoreDatabase<Tables>, 'writer' | 'reader' | 'close'>;

/** Opens a database file, or makes it, on one connection that writes and one that only reads. */
function openFile<Tables>(path: string): File<Tables> {
  const writing = new Sqlite(path, { timeout: busyTimeoutMs });
  try {
    writing.pragma('journal_mode = WAL');
    // The log is the truth, and the checkpoint is written with the rows: a power cut costs some
    // folding.
    writing.pragma('synchronous = NORMAL');
    const reading = openReading(path);
    const writer = kysely<Tables>(writing);
    const reader = kysely<Tables>(reading);
    return {
      writer,
      reader,
      close: async () => {
        await reader.destroy();
        await writer.destroy();
        // Kysely leaves a connection open that it never used.
        reading.close();
        writing.close();
      },
    };
  } catch (error) {
    writing.close();
    throw error;
  }
}

const anyFile = /^[a-z]+-[0-9a-f]{16}\.db$/;

/** Keeps others from opening the folder's files, until what it returns; throws when one has. */
export function holdFiles(folder: string): () => void {
  const held: Database[] = [];
  const release = (): void => {
    for (const file of held.splice(0)) file.close();
  };
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => anyFile.test(name)) : [];
  for (const name of names) {
    const file = new Sqlite(join(folder, name), { timeout: 0 });
    held.push(file);
    try {
      file.pragma('locking_mode = EXCLUSIVE');
      file.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      if (isDamaged(error)) continue;
      release();
      if (!isTransient(error)) throw error;
      const fault = `the read models in ${folder} are in use by another process`;
      throw new Error(fault, { cause: error });
    }
  }
  return release;
}

function removeOthers(folder: string, generation: Generation): void {
  const any = new RegExp(`^(${generation.store}-[0-9a-f]{16}\\.db)(-journal|-wal|-shm)?$`);
  for (const entry of readdirSync(folder)) {
    const file = any.exec(entry)?.[1];
    if (file !== undefined && file !== fileOf(generation)) removeFile(join(folder, file));
  }
}

function removeFile(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm'])
    rmSync(`${path}${suffix}`, { force: true });
}

/**
 * Whether the store may do the same a moment later: another process holds it, or the disk is full.
 */
export const isTransient = (error: unknown): boolean =>
  /^SQLITE_(BUSY|LOCKED|FULL)/.test(codeOf(error));

/** Whether the file is no database, or a damaged one. */
export const isDamaged = (error: unknown): boolean =>
  /^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error));

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const kysely = <Tables>(database: Database): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new SqliteDialect({ database: keepingStatements(database) }) });

/** Kysely prepares each query anew; the same text is prepared once here. */
function keepingStatements(database: Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      database.close();
    },
    prepare: (text) => {
      const kept = statements.get(text);
      if (kept !== undefined) return kept;
      const prepared = takingAnyText(database.prepare(text));
      const [oldest] = statements.keys();
      if (statements.size >= keptStatements && oldest !== undefined) statements.delete(oldest);
      statements.set(text, prepared);
      return prepared;
    },
  };
}

/**
 * The driver writes every half of a surrogate pair as one and the same character. Logs of before
 * they were refused may hold some: text with them is written as JSON instead.
 */
const takingAnyText = (statement: SqliteStatement): SqliteStatement => ({
  reader: statement.reader,
  all: (parameters) => statement.all(asText(parameters)),
  run: (parameters) => statement.run(asText(parameters)),
  iterate: (parameters) => statement.iterate(asText(parameters)),
});

const asText = (parameters: readonly unknown[]): readonly unknown[] =>
  parameters.some(isNoText)
    ? parameters.map((value) => (isNoText(value) ? `\x01${JSON.stringify(value)}` : value))
    : parameters;

const isNoText = (value: unknown): boolean => typeof value === 'string' && !value.isWellFormed();
