import { sql, type Kysely, type RawBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely';
import { type Aggregation } from '../src/catalog/events.ts';
import { addMonths, monthOf, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type GroupKey } from '../src/usage/groups.ts';
import { chunked } from './usage-chunks.ts';
import { type BucketRow, type Grain, type UsageTables, type ValueRow } from './usage-tables.ts';

/** Neighbouring rows of one grain. */
export type Stretch = Interval & { readonly grain: Grain };

/** The whole months in the intervals, and the hours around them; neighbours as one stretch. */
export function stretchesOf(intervals: readonly Interval[]): Stretch[] {
  const hours: Interval[] = [];
  const months: Interval[] = [];
  for (const { startingAt, endingBefore } of intervals) {
    const month = monthOf(startingAt);
    const firstMonth = month === startingAt ? month : addMonths(month, 1);
    const lastMonth = monthOf(endingBefore);
    if (firstMonth >= lastMonth) {
      join(hours, startingAt, endingBefore);
    } else {
      join(hours, startingAt, firstMonth);
      join(months, firstMonth, lastMonth);
      join(hours, lastMonth, endingBefore);
    }
  }
  return [
    ...hours.map((stretch) => ({ ...stretch, grain: 'H' as const })),
    ...months.map((stretch) => ({ ...stretch, grain: 'M' as const })),
  ];
}

type Meter = {
  readonly customerId: string;
  readonly metricId: string;
  readonly beforeCut: number | null;
};

/** The rows of the stretches, oldest window first. */
export const bucketsIn = (
  db: Kysely<UsageTables>,
  meter: Meter,
  stretches: readonly Stretch[],
): Promise<BucketRow[]> =>
  oldestFirst(stretches, (stretch) =>
    db.selectFrom('usage_bucket').selectAll().where(inStretch(meter, stretch)),
  );

/** As bucketsIn, of a UNIQUE metric. */
export const valuesIn = (
  db: Kysely<UsageTables>,
  meter: Meter,
  stretches: readonly Stretch[],
): Promise<ValueRow[]> =>
  oldestFirst(stretches, (stretch) =>
    db.selectFrom('usage_value').selectAll().where(inStretch(meter, stretch)),
  );

/** Where the stretches hold usage, oldest window first. */
export async function cellsIn(
  db: Kysely<UsageTables>,
  meter: Meter,
  aggregation: Aggregation,
  stretches: readonly Stretch[],
): Promise<{ readonly window: Instant; readonly group_key: GroupKey }[]> {
  const table = aggregation === 'UNIQUE' ? 'usage_value' : 'usage_bucket';
  return oldestFirst(stretches, (stretch) =>
    db
      .selectFrom(table)
      .select(['window', 'group_key'])
      .distinct()
      .where(inStretch(meter, stretch)),
  );
}

/** Each stretch is one part of a union, so that each is a search in the primary key. */
async function oldestFirst<Row extends { readonly window: Instant }>(
  stretches: readonly Stretch[],
  select: (stretch: Stretch) => SelectQueryBuilder<UsageTables, keyof UsageTables, Row>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [first, ...more] of chunked(stretches, 50)) {
    const query = more.reduce(
      (all, stretch) => all.unionAll(select(stretch)),
      select(present(first, 'a chunk is not empty')),
    );
    for (const row of await query.execute()) rows.push(row);
  }
  return rows.sort((a, b) => (a.window < b.window ? -1 : a.window > b.window ? 1 : 0));
}

const inStretch = (
  { customerId, metricId, beforeCut }: Meter,
  { grain, startingAt, endingBefore }: Stretch,
): RawBuilder<SqlBool> => {
  const window = sql.ref('window');
  const cut = beforeCut === null ? sql`` : sql` and after_cut < ${beforeCut}`;
  return sql`owner = ${customerId} and metric_id = ${metricId} and grain = ${grain}
    and ${window} >= ${startingAt} and ${window} < ${endingBefore}${cut}`;
};

/** Adds an interval, to the last one where they touch. */
function join(intervals: Interval[], startingAt: Instant, endingBefore: Instant): void {
  if (startingAt >= endingBefore) return;
  const last = intervals.at(-1);
  if (last?.endingBefore === startingAt) {
    intervals.splice(-1, 1, { startingAt: last.startingAt, endingBefore });
  } else {
    intervals.push({ startingAt, endingBefore });
  }
}
