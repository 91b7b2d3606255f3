import { sql, SqliteAdapter, type Kysely } from 'kysely';
import { readChunks, runsOf } from '../../projections/usage-id-files.ts';
import { placeAt, strideOf } from '../../projections/usage-id-keys.ts';
import { type Arrival } from '../../projections/usage-measured.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';

/** Every transactionId that the store keeps, with its place, in no order. */
export async function keptIds(db: Kysely<UsageTables>): Promise<Arrival[]> {
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) {
    const rows = await db.selectFrom('usage_id').selectAll().execute();
    return rows.map(({ transaction_id: transactionId, position, line }) => ({
      ...{ transactionId, position, line },
    }));
  }
  const kept: Arrival[] = [];
  for (const run of await runsOf(db)) {
    const numbers = [...run.fences.keys()];
    for (const rows of await readChunks(run, numbers, db)) {
      const stride = strideOf(rows);
      for (let at = 0; at < rows.words.length; at += stride) {
        const words = rows.words.slice(at, at + rows.keyWords);
        kept.push({ transactionId: textOf(words, run.family), ...placeAt(rows, at / stride) });
      }
    }
  }
  return kept;
}

/** How many runs there are, and how many ids they hold. */
export async function runSizes(db: Kysely<UsageTables>): Promise<readonly number[]> {
  const { rows } = await sql<{ ids: number }>`select ids from usage_id_run`.execute(db);
  return rows.map(({ ids }) => ids);
}

function textOf(words: Uint32Array, family: number): string {
  if (family !== 0) return Buffer.from(words.buffer).subarray(0, family).toString();
  const hex = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
