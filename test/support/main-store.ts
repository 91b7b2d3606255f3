import { sql, type Kysely } from 'kysely';
import { afterEach } from 'vitest';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { openStore, type Projection, type Store } from '../../projections/store.ts';
import { mainProjections, type MainTables } from '../../projections/tables.ts';
import { discard, newFolder, placeOf, storeKind } from './places.ts';

/** Opens the main store of a folder. */
export type OpenMain = (
  folder: string,
  projections?: readonly Projection<MainTables>[],
) => Promise<Store<MainTables>>;

export const openMain: OpenMain = (folder, projections = mainProjections) =>
  openStore({ ...placeOf(folder), name: 'main', projections });

const undo: (() => Promise<void> | void)[] = [];

/** Folders and stores that are gone after each test. */
export function useStores(open: OpenMain): {
  readonly folder: () => string;
  readonly store: OpenMain;
  /** A new store that has folded the events, in one batch. */
  readonly folded: (events: readonly Recorded[]) => Promise<Store<MainTables>>;
} {
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  const folder = (): string => {
    const path = newFolder();
    undo.push(() => discard(path));
    return path;
  };
  const store: OpenMain = async (...where) => {
    const opened = await open(...where);
    undo.push(() => opened.close());
    return opened;
  };
  const folded = async (events: readonly Recorded[]): Promise<Store<MainTables>> => {
    const opened = await store(folder());
    await opened.fold(events, events.at(-1)?.position ?? 0n);
    return opened;
  };
  return { folder, store, folded };
}

/** Every row of every table, as text, in an order that the rows alone give. */
export async function allRows<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const rows: string[] = [];
  for (const name of await tablesOf(db)) {
    const found = await sql`select * from ${sql.table(name)}`.execute(db);
    rows.push(...found.rows.map((row) => `${name} ${JSON.stringify(row)}`));
  }
  return rows.sort();
}

async function tablesOf<Tables>(db: Kysely<Tables>): Promise<readonly string[]> {
  const own =
    storeKind === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_schema where type = 'table'`
      : sql<{ name: string }>`
          select tablename::text as name from pg_tables where schemaname = current_schema`;
  return (await own.execute(db)).rows.map(({ name }) => name);
}
