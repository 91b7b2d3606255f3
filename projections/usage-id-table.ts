import { type Kysely } from 'kysely';
import { present } from '../src/kernel/invariant.ts';
import { inChunks } from './chunks.ts';
import { createTable } from './table.ts';
import { bulk } from './usage-bulk.ts';
import { type Arrival, type Place } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** Keeps transactionIds that are new. */
const keepTransactionIds = bulk(
  ['transaction_id', 'position', 'line'],
  { transaction_id: '', position: 0, line: 0 },
  (db, rows) =>
    db
      .insertInto('usage_id')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
);

export const createIdTable = (db: Kysely<UsageTables>): Promise<void> =>
  createTable(db, 'usage_id', { transaction_id: 'text', position: 'bigint', line: 'integer' }, [
    'transaction_id',
  ]);

/** As keepIds, in a table with an index, which several write at a time. */
export async function keepInTable(
  arrivals: readonly Arrival[],
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<number, Place>> {
  const firsts = new Map<string, Arrival>();
  for (const arrival of arrivals) {
    if (!firsts.has(arrival.transactionId)) firsts.set(arrival.transactionId, arrival);
  }
  const rows = Array.from(firsts.values(), ({ transactionId: transaction_id, position, line }) => ({
    transaction_id,
    position,
    line,
  })).sort((a, b) => (a.transaction_id < b.transaction_id ? -1 : 1));
  const { written } = await keepTransactionIds(db, rows);
  if (written === arrivals.length) return new Map();
  const places = await placesIn(
    arrivals.map(({ transactionId }) => transactionId),
    db,
  );
  const repeats = new Map<number, Place>();
  arrivals.forEach(({ transactionId, position, line }, index) => {
    const first = present(places.get(transactionId), 'all of them are kept');
    if (first.position !== position || first.line !== line) repeats.set(index, first);
  });
  return repeats;
}

export async function placesInTable(
  ids: readonly string[],
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<number, Place>> {
  const known = await placesIn(ids, db);
  const places = new Map<number, Place>();
  ids.forEach((id, index) => {
    const place = known.get(id);
    if (place !== undefined) places.set(index, place);
  });
  return places;
}

async function placesIn(
  ids: readonly string[],
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<string, Place>> {
  const rows = await inChunks(ids, (chunk) =>
    db.selectFrom('usage_id').selectAll().where('transaction_id', 'in', chunk).execute(),
  );
  return new Map(rows.map(({ transaction_id: id, ...place }) => [id, place]));
}
