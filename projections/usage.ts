import { type Kysely } from 'kysely';
import { type Aggregation } from '../src/catalog/events.ts';
import { covers, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { keepFirst, mergeTallies, type Tally } from '../src/usage/metering.ts';
import { inChunks } from './chunks.ts';
import { type Projection } from './store.ts';
import { foldBatch, type UsageLog } from './usage-changes.ts';
import { tallyOfRow } from './usage-deltas.ts';
import { bucketsIn, stretchesOf, valuesIn } from './usage-stretches.ts';
import { createUsageTables, type UsageTables } from './usage-tables.ts';

/**
 * Metered usage by owner, metric and hour: billing rules 9 to 13, and the marks that rule 21 needs.
 */
export const usageProjection = (log: UsageLog): Projection<UsageTables> => ({
  name: 'usage',
  version: 1,
  create: createUsageTables,
  apply: (events, db) => foldBatch(events, log, db),
});

export type TalliesRequest = {
  readonly customerId: string;
  readonly metricId: string;
  readonly aggregation: Aggregation;
  /** On hour boundaries, disjoint, ascending. */
  readonly intervals: readonly Interval[];
  /** Only what counted before the customer's so many-th cut; null: all. */
  readonly beforeCut: number | null;
};

/**
 * What the customer's usage comes to in each interval; null where there is none. Reads months whole
 * and hours at the edges.
 */
export async function tallies(
  db: Kysely<UsageTables>,
  request: TalliesRequest,
): Promise<readonly (Tally | null)[]> {
  const { aggregation, intervals } = request;
  const stretches = stretchesOf(intervals);
  const intervalOf = intervalFinder(intervals);
  if (aggregation === 'UNIQUE') {
    const firstAt = intervals.map(() => new Map<string, Instant>());
    for (const { window, value, first_at: at } of await valuesIn(db, request, stretches)) {
      keepFirst(present(firstAt[intervalOf(window)], 'one for each interval'), [[value, at]]);
    }
    return firstAt.map((values) => (values.size === 0 ? null : { aggregation, firstAt: values }));
  }
  const merged: (Tally | null)[] = intervals.map(() => null);
  for (const row of await bucketsIn(db, request, stretches)) {
    const index = intervalOf(row.window);
    const tally = tallyOfRow(aggregation, row);
    const known = merged[index] ?? null;
    merged[index] = known === null ? tally : mergeTallies(known, tally);
  }
  return merged;
}

/** Finds the interval that a window lies in; windows come in ascending order. */
function intervalFinder(intervals: readonly Interval[]): (window: Instant) => number {
  let index = 0;
  return (window) => {
    while (!covers(present(intervals[index], 'only windows of the intervals are read'), window)) {
      index += 1;
    }
    return index;
  };
}

/** When usage came for a month of which the customer's closed periods hold a part. */
export type LateMark = {
  readonly month: Instant;
  readonly afterCut: number;
  /** When the last of it was recorded. */
  readonly recordedAt: Instant;
};

export const lateMarks = (db: Kysely<UsageTables>, customerId: string): Promise<LateMark[]> =>
  db
    .selectFrom('late_usage')
    .select(['month', 'after_cut as afterCut', 'recorded_at as recordedAt'])
    .where('customer_id', '=', customerId)
    .orderBy('month')
    .orderBy('after_cut')
    .execute();

/** The customers that have late usage, and after how many cuts the last of it was recorded. */
export async function lateCustomers(db: Kysely<UsageTables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('late_usage')
    .select(({ fn }) => ['customer_id', fn.max('after_cut').as('after_cut')])
    .groupBy('customer_id')
    .execute();
  return new Map(rows.map((row) => [row.customer_id, row.after_cut]));
}

/** How many events each metric saw and could not use (billing rule 10). */
export async function passedOver(
  db: Kysely<UsageTables>,
  metricIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await inChunks(metricIds, (chunk) =>
    db
      .selectFrom('usage_metric')
      .select(['metric_id', 'passed_over'])
      .where('metric_id', 'in', chunk)
      .execute(),
  );
  return new Map(rows.map((row) => [row.metric_id, row.passed_over]));
}
