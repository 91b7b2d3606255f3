import { sql, type Kysely, type RawBuilder, type SelectQueryBuilder, type SqlBool } from 'kysely';
import { type Instant, type Interval } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { regrouping, type GroupKey, type Meter, type MeterReading } from '../src/usage/groups.ts';
import { keepFirst, mergeTallies, type Tally } from '../src/usage/metering.ts';
import { chunked } from './usage-chunks.ts';
import { tallyOfRow } from './usage-deltas.ts';
import { stretchesOf, type Stretch } from './usage-stretches.ts';
import { type UsageTables } from './usage-tables.ts';

export type MeteredUsage = {
  readonly customerId: string;
  /** Only what counted before the customer's so many-th cut; null: all. */
  readonly beforeCut: number | null;
};

type Rows = MeteredUsage & { readonly metricIds: readonly string[]; readonly stretch: Stretch };
type Tallies = Map<GroupKey, (Tally | null)[]>;

/**
 * What the customer's usage comes to for each meter. Meters over the same intervals are read
 * together: a bill of hundreds of products costs as many queries as one of a few.
 */
export async function readMeters(
  db: Kysely<UsageTables>,
  usage: MeteredUsage,
  meters: readonly Meter[],
): Promise<readonly MeterReading[]> {
  const readings = new Map<Meter, Tallies>(meters.map((meter) => [meter, new Map()]));
  for (const together of sameIntervals(meters)) {
    const uniques = together.filter(({ aggregation }) => aggregation === 'UNIQUE');
    await readValues(db, usage, uniques, readings);
    const others = together.filter(({ aggregation }) => aggregation !== 'UNIQUE');
    await readTotals(db, usage, others, readings);
  }
  return meters.map((meter) => present(readings.get(meter), 'every meter is read'));
}

async function readTotals(
  db: Kysely<UsageTables>,
  usage: MeteredUsage,
  meters: readonly Meter[],
  readings: ReadonlyMap<Meter, Tallies>,
): Promise<void> {
  const rows = await inParts(usage, meters, (part) =>
    db
      .selectFrom('usage_bucket')
      .select(['metric_id', 'window', 'group_key', 'value', 'decided_at', 'decided_order'])
      .where(ofPart(part)),
  );
  for (const { row, aggregation, tallies, index } of placed(rows, countersOf(meters, readings))) {
    if (aggregation === 'UNIQUE') continue;
    const known = tallies[index] ?? null;
    const tally = tallyOfRow(aggregation, row);
    tallies[index] = known === null ? tally : mergeTallies(known, tally);
  }
}

async function readValues(
  db: Kysely<UsageTables>,
  usage: MeteredUsage,
  meters: readonly Meter[],
  readings: ReadonlyMap<Meter, Tallies>,
): Promise<void> {
  const rows = await inParts(usage, meters, (part) =>
    db
      .selectFrom('usage_value')
      .select(['metric_id', 'window', 'group_key', 'value', 'first_at'])
      .where(ofPart(part)),
  );
  const growing = new Map<Tally, Map<string, Instant>>();
  for (const { row, tallies, index } of placed(rows, countersOf(meters, readings))) {
    let tally = tallies[index] ?? null;
    if (tally === null) {
      const firstAt = new Map<string, Instant>();
      tally = { aggregation: 'UNIQUE', firstAt };
      growing.set(tally, firstAt);
      tallies[index] = tally;
    }
    keepFirst(present(growing.get(tally), 'it grows here'), [[row.value, row.first_at]]);
  }
}

type Counter = {
  readonly aggregation: Meter['aggregation'];
  /** Where a row counts. */
  readonly cell: (group: GroupKey, window: Instant) => [tallies: (Tally | null)[], index: number];
};

type RowPlace = {
  readonly metric_id: string;
  readonly group_key: GroupKey;
  readonly window: Instant;
};

/** Each row, wherever it counts. */
function* placed<Row extends RowPlace>(rows: readonly Row[], counters: Counters) {
  for (const row of rows) {
    for (const { aggregation, cell } of counters.get(row.metric_id) ?? []) {
      const [tallies, index] = cell(row.group_key, row.window);
      yield { row, aggregation, tallies, index };
    }
  }
}

/** By metric: several meters may read one. */
type Counters = ReadonlyMap<string, readonly Counter[]>;

function countersOf(meters: readonly Meter[], readings: ReadonlyMap<Meter, Tallies>): Counters {
  const counters = new Map<string, Counter[]>();
  for (const meter of meters) {
    const byGroup = present(readings.get(meter), 'every meter is read');
    const coarser = regrouping(meter.properties, meter.by);
    const cell: Counter['cell'] = (group, window) => {
      const key = coarser(group);
      let tallies = byGroup.get(key);
      if (tallies === undefined) {
        tallies = meter.intervals.map(() => null);
        byGroup.set(key, tallies);
      }
      return [tallies, indexOf(meter.intervals, window)];
    };
    const counter = { aggregation: meter.aggregation, cell };
    counters.set(meter.metricId, [...(counters.get(meter.metricId) ?? []), counter]);
  }
  return counters;
}

/** The interval that holds the window; only windows of the intervals are read. */
function indexOf(intervals: readonly Interval[], window: Instant): number {
  let low = 0;
  let high = intervals.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (present(intervals[middle], 'an index within').startingAt <= window) low = middle;
    else high = middle - 1;
  }
  return low;
}

function sameIntervals(meters: readonly Meter[]): readonly (readonly Meter[])[] {
  const groups = new Map<string, Meter[]>();
  for (const meter of meters) {
    const { intervals } = meter;
    const key = intervals.map((one) => `${one.startingAt} ${one.endingBefore}`).join(' ');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [meter]);
    else group.push(meter);
  }
  return [...groups.values()];
}

const mostMetrics = 500;
const mostParts = 50;

/** The rows of the meters, which are over the same intervals. */
async function inParts<Row>(
  usage: MeteredUsage,
  meters: readonly Meter[],
  select: (part: Rows) => SelectQueryBuilder<UsageTables, keyof UsageTables, Row>,
): Promise<Row[]> {
  const [first] = meters;
  if (first === undefined) return [];
  const metricIds = [...new Set(meters.map(({ metricId }) => metricId))];
  const stretches = stretchesOf(first.intervals);
  const atOnce = Math.max(1, Math.min(mostParts, Math.floor(mostMetrics / metricIds.length)));
  const rows: Row[] = [];
  for (const ids of chunked(metricIds, mostMetrics)) {
    for (const [one, ...more] of chunked(stretches, atOnce)) {
      const query = more.reduce(
        (all, stretch) => all.unionAll(select({ ...usage, metricIds: ids, stretch })),
        select({ ...usage, metricIds: ids, stretch: present(one, 'a chunk is not empty') }),
      );
      for (const row of await query.execute()) rows.push(row);
    }
  }
  return rows;
}

/** Each part is one search in the primary key for each metric. */
const ofPart = ({ customerId, metricIds, stretch, beforeCut }: Rows): RawBuilder<SqlBool> => {
  const window = sql.ref('window');
  const cut = beforeCut === null ? sql`` : sql` and after_cut < ${beforeCut}`;
  return sql`owner = ${customerId} and metric_id in (${sql.join(metricIds)})
    and grain = ${stretch.grain} and ${window} >= ${stretch.startingAt}
    and ${window} < ${stretch.endingBefore}${cut}`;
};
