import { sql, type Kysely } from 'kysely';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { type Place } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** A transactionId that came again with other content (billing rule 11), and where both stand. */
export type UsageConflict = {
  readonly transactionId: string;
  readonly first: Place;
  readonly repeat: Place;
};

const cursorKey = z.tuple([z.number(), z.number()]);

/** The conflicts, newest first. */
export async function usageConflicts(
  db: Kysely<UsageTables>,
  page: PageRequest,
): Promise<Page<UsageConflict>> {
  const after = decodeCursor('usageConflicts', cursorKey, page.after);
  let query = db.selectFrom('usage_conflict').selectAll();
  if (after !== null) {
    query = query.where((eb) =>
      eb(eb.refTuple('position', 'line'), '<', eb.tuple(after[0], after[1])),
    );
  }
  const rows = await query
    .orderBy('position', 'desc')
    .orderBy('line', 'desc')
    .limit(page.first + 1)
    .execute();
  return pageOf(rows, page, 0, (row) => ({
    cursor: encodeCursor('usageConflicts', [row.position, row.line]),
    node: {
      transactionId: row.transaction_id,
      first: { position: row.first_position, line: row.first_line },
      repeat: { position: row.position, line: row.line },
    },
  }));
}

/** How many recordings said again what was recorded before. */
export async function countDuplicates(db: Kysely<UsageTables>): Promise<number> {
  const { count } = await db
    .selectFrom('usage_duplicate')
    .select(sql<number | string>`coalesce(sum(duplicates), 0)`.as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}
