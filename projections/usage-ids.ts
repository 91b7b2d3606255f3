import { sql, SqliteAdapter, type Kysely, type QueryExecutorProvider } from 'kysely';
import { createRuns } from './usage-id-files.ts';
import { keepInRuns, placesInRuns } from './usage-id-runs.ts';
import { createIdTable, keepInTable, placesInTable } from './usage-id-table.ts';
import { type Arrival, type Place } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

const inRuns = (db: QueryExecutorProvider): boolean =>
  db.getExecutor().adapter instanceof SqliteAdapter;

export const createIds = (db: Kysely<UsageTables>): Promise<void> =>
  inRuns(db) ? createRuns(db) : createIdTable(db);

/**
 * Keeps the ids that are new, in log order, for ever; and tells where the others were first, by
 * their index among the arrivals.
 */
export const keepIds = (
  arrivals: readonly Arrival[],
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<number, Place>> =>
  inRuns(db) ? keepInRuns(arrivals, db) : keepInTable(arrivals, db);

/** Where each id was first, by its index; those that are not known are left out. */
export const placesOf = (
  ids: readonly string[],
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<number, Place>> =>
  inRuns(db) ? placesInRuns(ids, db) : placesInTable(ids, db);

/** Whether any id is known. */
export async function hasIds(db: Kysely<UsageTables>): Promise<boolean> {
  const table = sql.table(inRuns(db) ? 'usage_id_run' : 'usage_id');
  const { rows } = await sql`select 1 from ${table} limit 1`.execute(db);
  return rows.length > 0;
}
