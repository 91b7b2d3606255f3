import { type Kysely } from 'kysely';
import { latest, type Instant } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { chunked } from './usage-chunks.ts';
import { type MeasuredTime } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** So many events share a row: as many are looked at, at most, to find an instant. */
const eventsInRow = 200;

/** When the latest of the events was recorded, stretch by stretch. */
export const timesOf = (events: readonly Recorded[]): MeasuredTime[] =>
  [...chunked(events, eventsInRow)].map((some) => ({
    through: some.reduce((_, { position }) => Number(position), 0),
    recordedAt: some.reduce<Instant>(
      (last, { metadata }) => latest(last, metadata.recordedAt),
      beforeAll,
    ),
    events: some.length,
  }));

const beforeAll: Instant = '0000-01-01T00:00:00.000Z';

/**
 * Keeps when the latest event through so many positions was recorded. Processes have clocks of
 * their own, so a later event may have been recorded earlier: what is kept never goes back.
 */
export async function writeTimes(
  times: readonly MeasuredTime[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const last = await db
    .selectFrom('usage_time')
    .selectAll()
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  const rows: UsageTables['usage_time'][] = last === undefined ? [] : [last];
  for (const { through, recordedAt, events } of times) {
    const before = rows.at(-1);
    const joins = before !== undefined && before.events + events <= eventsInRow;
    if (joins) rows.pop();
    rows.push({
      position: through,
      recorded_at: latest(recordedAt, before?.recorded_at ?? recordedAt),
      events: events + (joins ? before.events : 0),
    });
  }
  if (last !== undefined) {
    await db.deleteFrom('usage_time').where('position', '=', last.position).execute();
  }
  for (const chunk of chunked(rows)) await db.insertInto('usage_time').values(chunk).execute();
}

/** Through a position, everything was recorded by that instant. */
export type KnownTime = { readonly position: bigint; readonly recordedAt: Instant };

/** The last position known to have nothing before it that was recorded after the instant. */
export async function lastTimeBy(
  db: Kysely<UsageTables>,
  at: Instant,
): Promise<KnownTime | undefined> {
  const row = await db
    .selectFrom('usage_time')
    .select(['position', 'recorded_at'])
    .where('recorded_at', '<=', at)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { position: BigInt(row.position), recordedAt: row.recorded_at };
}

/** The last one at or before the position. */
export async function lastTimeThrough(
  db: Kysely<UsageTables>,
  position: bigint,
): Promise<KnownTime | undefined> {
  const row = await db
    .selectFrom('usage_time')
    .select(['position', 'recorded_at'])
    .where('position', '<=', Number(position))
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && { position: BigInt(row.position), recordedAt: row.recorded_at };
}
