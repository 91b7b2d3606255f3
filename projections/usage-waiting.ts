import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type Instant } from '../src/kernel/calendar.ts';
import { inChunks } from './chunks.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { chunked } from './usage-chunks.ts';
import { type MeasuredKey } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** Adds what came under keys that nobody holds. */
export async function addWaiting(
  keys: readonly MeasuredKey[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const rows = new Map<string, MeasuredKey>();
  for (const part of keys) {
    const known = rows.get(part.key);
    rows.set(part.key, known === undefined ? part : together(known, part));
  }
  for (const chunk of chunked([...rows.values()].map(toRow), 200)) {
    await db
      .insertInto('usage_waiting')
      .values(chunk)
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          events: eb('usage_waiting.events', '+', eb.ref('excluded.events')),
          last_recorded_at: eb.ref('excluded.last_recorded_at'),
        })),
      )
      .execute();
  }
}

/** What two parts of a run measured of one key. */
function together(a: MeasuredKey, b: MeasuredKey): MeasuredKey {
  const first = a.firstPosition <= b.firstPosition ? a : b;
  const last = a.lastPosition >= b.lastPosition ? a : b;
  const { firstPosition, firstRecordedAt } = first;
  return { ...last, firstPosition, firstRecordedAt, events: a.events + b.events };
}

const toRow = (one: MeasuredKey): UsageTables['usage_waiting'] => ({
  key: one.key,
  events: one.events,
  first_position: one.firstPosition,
  first_recorded_at: one.firstRecordedAt,
  last_recorded_at: one.lastRecordedAt,
});

/** The keys are claimed: what waited under them waits no more. */
export async function endWaiting(keys: readonly string[], db: Kysely<UsageTables>): Promise<void> {
  await inChunks(keys, async (chunk) => {
    await db.deleteFrom('usage_waiting').where('key', 'in', chunk).execute();
    return [];
  });
}

/** Usage under a key that nobody holds. */
export type WaitingUsage = {
  readonly key: string;
  readonly events: number;
  readonly firstRecordedAt: Instant;
  readonly lastRecordedAt: Instant;
};

const cursorKey = z.tuple([z.number()]);

/** The keys that nobody holds, the one that has waited longest first. */
export async function waitingUsage(
  db: Kysely<UsageTables>,
  page: PageRequest,
): Promise<Page<WaitingUsage>> {
  const after = decodeCursor('unclaimedUsage', cursorKey, page.after);
  let query = db.selectFrom('usage_waiting').selectAll();
  if (after !== null) query = query.where('first_position', '>', after[0]);
  const rows = await query
    .orderBy('first_position')
    .limit(page.first + 1)
    .execute();
  return pageOf(rows, page, 0, (row) => ({
    // Of one key are all lines that are recorded at a position.
    cursor: encodeCursor('unclaimedUsage', [row.first_position]),
    node: {
      key: row.key,
      events: row.events,
      firstRecordedAt: row.first_recorded_at,
      lastRecordedAt: row.last_recorded_at,
    },
  }));
}
