import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';
import { fingerprint } from '../src/kernel/ids.ts';
import { invariant, present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { isDamaged, openSqliteFile, removeSqliteFile, type SqliteFile } from './sqlite.ts';

/**
 * A read model: its tables, and what events do to them. No clock, no chance, no tables of another.
 */
export type Projection<Tables> = {
  readonly name: string;
  /** Raised when the rows change: the new ones are built beside the old. */
  readonly version: number;
  create(db: Kysely<Tables>): Promise<void>;
  /** Folds a batch of the log, in log order; `db` is the batch's transaction. */
  apply(events: readonly Recorded[], db: Kysely<Tables>): Promise<void>;
};

/** The position through which the log is folded, and the last event that was. */
export type Progress = {
  readonly position: bigint;
  readonly lastEvent: { readonly position: bigint; readonly id: string } | null;
};

/** Read models that are folded together, with one checkpoint. */
export type Store<Tables> = {
  readonly name: string;
  readonly writer: Kysely<Tables>;
  readonly reader: Kysely<Tables>;
  progress(): Promise<Progress>;
  /** Folds those events that come after the checkpoint, and moves it, in one transaction. */
  fold(events: readonly Recorded[], through: bigint): Promise<void>;
  /**
   * Several questions about one moment. Short, and only through the `db` given: other readers wait.
   */
  snapshot<Answer>(ask: (db: Kysely<Tables>) => Promise<Answer>): Promise<Answer>;
  /** Forgets everything that was folded. */
  reset(): Promise<void>;
  /** Deletes the files of other versions of this store. */
  removeOtherVersions(): void;
  close(): Promise<void>;
};

export type StoreOptions<Tables> = {
  readonly folder: string;
  readonly name: string;
  readonly projections: readonly Projection<Tables>[];
};

/**
 * Opens the store in its folder. One that is missing, unfinished or damaged is made anew, empty.
 */
export async function openStore<Tables>(options: StoreOptions<Tables>): Promise<Store<Tables>> {
  const { folder, name, projections } = options;
  mkdirSync(folder, { recursive: true });
  const versions = projections.flatMap(({ name, version }) => [name, String(version)]);
  const file = `${name}-${fingerprint(...versions).slice(0, 16)}.db`;
  const opened = await openFile(join(folder, file), projections);
  const { writer, reader } = opened;
  return {
    name,
    ...opened,
    progress: () => progress(reader),
    fold: (events, through) => fold(writer, projections, events, through),
    snapshot: (ask) => reader.transaction().execute(ask),
    reset: () => create(writer, projections),
    removeOtherVersions: () => {
      removeOthers(folder, name, file);
    },
  };
}

/** The position through which the log is folded into the store that `db` reads. */
export const checkpoint = async (db: QueryExecutorProvider): Promise<bigint> =>
  (await progress(db)).position;

async function openFile<Tables>(
  path: string,
  projections: readonly Projection<Tables>[],
): Promise<SqliteFile<Tables>> {
  try {
    return await openComplete(path, projections);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    removeSqliteFile(path);
    return openComplete(path, projections);
  }
}

async function openComplete<Tables>(
  path: string,
  projections: readonly Projection<Tables>[],
): Promise<SqliteFile<Tables>> {
  const file = openSqliteFile<Tables>(path);
  try {
    if (!(await isComplete(file.writer))) await create(file.writer, projections);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function isComplete<Tables>(db: Kysely<Tables>): Promise<boolean> {
  const tables = await db.introspection.getTables();
  return tables.some(({ name }) => name === 'checkpoint');
}

/** All or nothing, and the checkpoint with it: a store that has one is complete. */
const create = <Tables>(
  writer: Kysely<Tables>,
  projections: readonly Projection<Tables>[],
): Promise<void> =>
  writer.transaction().execute(async (db) => {
    for (const { name } of await db.introspection.getTables()) {
      await db.schema.dropTable(name).execute();
    }
    for (const projection of projections) await projection.create(db);
    await db.schema
      .createTable('checkpoint')
      .addColumn('position', 'bigint', (column) => column.notNull())
      .addColumn('event_position', 'bigint')
      .addColumn('event_id', 'text')
      .execute();
    await sql`insert into checkpoint (position) values (0)`.execute(db);
  });

async function progress(db: QueryExecutorProvider): Promise<Progress> {
  const { rows } = await sql<CheckpointRow>`select * from checkpoint`.execute(db);
  const { position, event_position, event_id } = present(rows[0], 'a store has one checkpoint');
  const lastEvent =
    event_position === null || event_id === null
      ? null
      : { position: BigInt(event_position), id: event_id };
  return { position: BigInt(position), lastEvent };
}

type CheckpointRow = { position: number; event_position: number | null; event_id: string | null };

async function fold<Tables>(
  writer: Kysely<Tables>,
  projections: readonly Projection<Tables>[],
  events: readonly Recorded[],
  through: bigint,
): Promise<void> {
  if (events.length === 0) {
    const to = Number(through);
    await sql`update checkpoint set position = ${to} where position < ${to}`.execute(writer);
    return;
  }
  await writer.transaction().execute(async (db) => {
    const { position: from, lastEvent } = await progress(db);
    if (through <= from) return;
    const unfolded = events.filter(({ position }) => position > from);
    for (const projection of projections) await projection.apply(unfolded, db);
    const last = unfolded.at(-1) ?? lastEvent;
    const { numAffectedRows } = await sql`
      update checkpoint
      set position = ${Number(through)},
        event_position = ${last === null ? null : Number(last.position)},
        event_id = ${last?.id ?? null}
      where position = ${Number(from)}`.execute(db);
    invariant(numAffectedRows === 1n, 'nobody else moves the checkpoint within the transaction');
  });
}

function removeOthers(folder: string, name: string, kept: string): void {
  const version = new RegExp(`^(${name}-[0-9a-f]{16}\\.db)(-journal|-wal|-shm)?$`);
  for (const entry of readdirSync(folder)) {
    const file = version.exec(entry)?.[1];
    if (file !== undefined && file !== kept) removeSqliteFile(join(folder, file));
  }
}
