import { type Kysely } from 'kysely';
import { type Aggregation } from '../src/catalog/events.ts';
import { covers, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { keepFirst, mergeTallies, type Tally } from '../src/usage/metering.ts';
import { inChunks } from './chunks.ts';
import { type Projection } from './store.ts';
import { tallyOfRow } from './usage-deltas.ts';
import { countBehind } from './usage-behind.ts';
import { type UsageLog } from './usage-changes.ts';
import { foldBatch } from './usage-fold.ts';
import { createIds } from './usage-ids.ts';
import { bucketsIn, stretchesOf, valuesIn } from './usage-stretches.ts';
import { createUsageTables, type UsageTables } from './usage-tables.ts';

/**
 * Metered usage by owner, metric and hour: billing rules 9 to 13, and the marks that rule 21 needs.
 */
export const usageProjection = (log: UsageLog, linesInStep?: number): Projection<UsageTables> => ({
  name: 'usage',
  version: 10,
  create: async (db) => {
    await createUsageTables(db);
    await createIds(db);
  },
  apply: (events, db) => foldBatch(events, log, db),
  behind: countBehind(log.history, linesInStep),
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

/** Each customer's marks of late usage, oldest month first. */
export async function lateMarks(
  db: Kysely<UsageTables>,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, readonly LateMark[]>> {
  const rows = await inChunks(customerIds, (ids) =>
    db
      .selectFrom('late_usage')
      .select(['customer_id', 'month', 'after_cut', 'recorded_at'])
      .where('customer_id', 'in', ids)
      .orderBy('month')
      .orderBy('after_cut')
      .execute(),
  );
  const marks = new Map<string, LateMark[]>();
  for (const { customer_id, month, after_cut: afterCut, recorded_at: recordedAt } of rows) {
    const known = marks.get(customer_id) ?? [];
    marks.set(customer_id, [...known, { month, afterCut, recordedAt }]);
  }
  return marks;
}

/** The customers that have late usage; of those given, or of all. */
export async function lateCustomers(
  db: Kysely<UsageTables>,
  customerIds: readonly string[] | null,
): Promise<readonly string[]> {
  const late = db.selectFrom('late_usage').select('customer_id').distinct();
  const rows =
    customerIds === null
      ? await late.execute()
      : await inChunks(customerIds, (ids) => late.where('customer_id', 'in', ids).execute());
  return rows.map((row) => row.customer_id);
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
