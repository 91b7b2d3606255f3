import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { Kysely, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely';

export type SqliteFile<Tables> = {
  readonly writer: Kysely<Tables>;
  readonly reader: Kysely<Tables>;
  close(): Promise<void>;
};

const busyTimeoutMs = 5000;
const keptStatements = 500;

/** Opens a database file, or makes it, on one connection that writes and one that only reads. */
export function openSqliteFile<Tables>(path: string): SqliteFile<Tables> {
  const writing = new Database(path, { timeout: busyTimeoutMs });
  try {
    writing.pragma('journal_mode = WAL');
    // The log is the truth, and the checkpoint is written with the rows: a power cut costs some
    // folding.
    writing.pragma('synchronous = NORMAL');
    const reading = new Database(path, { readonly: true, timeout: busyTimeoutMs });
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

export function removeSqliteFile(path: string): void {
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

const kysely = <Tables>(database: Database.Database): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new SqliteDialect({ database: keepingStatements(database) }) });

/** Kysely prepares each query anew; the same text is prepared once here. */
function keepingStatements(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => {
      database.close();
    },
    prepare: (text) => {
      const kept = statements.get(text);
      if (kept !== undefined) return kept;
      const prepared: SqliteStatement = database.prepare(text);
      const [oldest] = statements.keys();
      if (statements.size >= keptStatements && oldest !== undefined) statements.delete(oldest);
      statements.set(text, prepared);
      return prepared;
    },
  };
}
