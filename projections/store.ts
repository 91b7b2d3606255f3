import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';
import { fingerprint } from '../src/kernel/ids.ts';
import { invariant, present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type Database, type StoreReader } from './database.ts';
import { openPostgres, type PostgresPlace } from './postgres.ts';
import { openSqlite } from './sqlite.ts';
import { createTable } from './table.ts';

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
  /** What folding leaves to be done later. */
  readonly behind?: Behind<Tables>;
};

/**
 * The next step of what folding left behind, in a transaction in which nobody folds, or in none;
 * tells where it stands, for the log. null: nothing is left. Stopped anywhere, it goes on from
 * there.
 */
export type Behind<Tables> = (
  db: Kysely<Tables>,
  write: (inTransaction: (db: Kysely<Tables>) => Promise<void>) => Promise<void>,
) => Promise<object | null>;

/** The position through which the log is folded, and the last event that was. */
export type Progress = {
  readonly position: bigint;
  readonly lastEvent: { readonly position: bigint; readonly id: string } | null;
};

/**
 * The last statement of a transaction: it is undone when the guard throws. See Held in leases.ts.
 */
export type Guard = (db: QueryExecutorProvider) => Promise<void>;

/** Read models that are folded together, with one checkpoint. */
export type Store<Tables> = StoreReader<Tables> & {
  readonly name: string;
  /** Of this version of its projections. */
  readonly fingerprint: string;
  readonly writer: Kysely<Tables>;
  progress(): Promise<Progress>;
  /** Folds those events that come after the checkpoint, and moves it, in one transaction. */
  fold(events: readonly Recorded[], through: bigint, guard?: Guard): Promise<void>;
  /** A step of what folding left behind: see Behind. */
  catchUp(guard?: Guard): Promise<object | null>;
  /** Forgets everything that was folded. */
  reset(guard?: Guard): Promise<void>;
  /**
   * Deletes other versions of this store. In PostgreSQL, those that no process has had open for a
   * day: now, and whenever there are any.
   */
  removeOtherVersions(): Promise<void>;
};

export type StoreOptions<Tables> = {
  readonly name: string;
  readonly projections: readonly Projection<Tables>[];
} & StorePlace;

/** A folder for SQLite's files, or a PostgreSQL database. */
export type StorePlace = { readonly folder: string } | { readonly postgres: PostgresPlace };

/** Opens the store in its place. One that is missing, unfinished or damaged is made anew, empty. */
export async function openStore<Tables>(options: StoreOptions<Tables>): Promise<Store<Tables>> {
  const { name, projections } = options;
  const versions = projections.flatMap(({ name, version }) => [name, String(version)]);
  const generation = { store: name, fingerprint: fingerprint(...versions).slice(0, 16) };
  const prepare = (database: Database<Tables>) => create(database, projections, isMissing);
  const database = await ('folder' in options
    ? openSqlite(options.folder, generation, prepare)
    : openPostgres(options.postgres, generation, prepare));
  const { writer, reader, snapshot, close } = database;
  return {
    name,
    fingerprint: generation.fingerprint,
    writer,
    reader,
    progress: () => progress(reader),
    fold: (events, through, guard) => fold(database, projections, { events, through, guard }),
    catchUp: (guard) => catchUp(database, projections, guard),
    snapshot,
    reset: (guard) => create(database, projections, () => Promise.resolve(true), guard),
    removeOtherVersions: () => database.removeOtherGenerations(),
    close,
  };
}

/** The position through which the log is folded into the store that `db` reads. */
export const checkpoint = async (db: QueryExecutorProvider): Promise<bigint> =>
  (await progress(db)).position;

type Wanted<Tables> = (database: Database<Tables>, db: Kysely<Tables>) => Promise<boolean>;

/** The checkpoint is made last, in one transaction with all: a store that has one is complete. */
const isMissing = async <Tables>(database: Database<Tables>, db: Kysely<Tables>) =>
  !(await database.tables(db)).includes('checkpoint');

/** Makes the tables anew where that is wanted, all or nothing. */
async function create<Tables>(
  database: Database<Tables>,
  projections: readonly Projection<Tables>[],
  isWanted: Wanted<Tables>,
  guard?: Guard,
): Promise<void> {
  if (!(await isWanted(database, database.writer))) return;
  await database.writer.transaction().execute(async (db) => {
    await database.claim(db);
    if (!(await isWanted(database, db))) return;
    for (const name of await database.tables(db)) await db.schema.dropTable(name).execute();
    for (const projection of projections) await projection.create(db);
    const columns = { position: 'bigint', event_position: 'bigint?', event_id: 'text?' } as const;
    await createTable(db, 'checkpoint', columns, []);
    await sql`insert into checkpoint (position) values (0)`.execute(db);
    await guard?.(db);
  });
}

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

type Batch = {
  readonly events: readonly Recorded[];
  readonly through: bigint;
  readonly guard: Guard | undefined;
};

async function fold<Tables>(
  database: Database<Tables>,
  projections: readonly Projection<Tables>[],
  { events, through, guard }: Batch,
): Promise<void> {
  const { writer } = database;
  if (events.length === 0) {
    if (guard === undefined) await passOver(through, writer);
    else {
      await writer.transaction().execute(async (db) => {
        await passOver(through, db);
        await guard(db);
      });
    }
    return;
  }
  await writer.transaction().execute(async (db) => {
    await database.lockCheckpoint(db);
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
    await guard?.(db);
  });
}

async function catchUp<Tables>(
  { writer, lockCheckpoint }: Database<Tables>,
  projections: readonly Projection<Tables>[],
  guard: Guard | undefined,
): Promise<object | null> {
  for (const { behind } of projections) {
    const progress = await behind?.(writer, (write) =>
      writer.transaction().execute(async (db) => {
        await lockCheckpoint(db);
        await write(db);
        await guard?.(db);
      }),
    );
    if (progress) return progress;
  }
  return null;
}

const passOver = (through: bigint, db: QueryExecutorProvider) =>
  sql`
    update checkpoint set position = ${Number(through)}
    where position < ${Number(through)}`.execute(db);
