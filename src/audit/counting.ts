import { type Metric } from '../catalog/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { add, whole as wholeDecimal, zero } from '../kernel/decimal.ts';
import { invariant, present } from '../kernel/invariant.ts';
import { type UsageLine } from '../usage/events.ts';
import { sees, seesType } from '../usage/filters.ts';
import {
  groupKeyOf,
  regrouping,
  type GroupKey,
  type Meter,
  type MeterReading,
} from '../usage/groups.ts';
import { keepFirst, mergeTallies, tallyOf, wholeTallyOf, type Tally } from '../usage/metering.ts';

/** Counts usage lines one by one, in log order. */
export type Counter = {
  count(line: UsageLine): void;
  /** In the order of the meters. */
  readings(): readonly MeterReading[];
};

/** What a meter has counted in an interval; whole: of small whole numbers, beside it. */
type Cell = { tally: Tally | null; whole: number };

type Cells = Map<GroupKey, (Cell | undefined)[]>;

/** Several meters of one metric, over groups that are coarser than its own. */
type Metering = {
  readonly metric: Metric;
  readonly isTotal: boolean;
  readonly properties: readonly string[];
  readonly meters: readonly {
    readonly meter: Meter;
    readonly coarser: (group: GroupKey) => GroupKey;
    readonly cells: Cells;
  }[];
};

export function createCounter(
  meters: readonly Meter[],
  metrics: ReadonlyMap<string, Metric>,
): Counter {
  const counts = meters.map((meter) => ({ meter, cells: new Map() as Cells }));
  const meterings = new Map<string, Metering>();
  for (const { meter, cells } of counts) {
    const { metricId, properties } = meter;
    const metric = present(metrics.get(metricId), 'a metric of the card');
    const isTotal = metric.aggregation === 'COUNT' || metric.aggregation === 'SUM';
    const known = meterings.get(metricId)?.meters ?? [];
    const coarser = regrouping(properties, meter.by);
    const all = [...known, { meter, coarser, cells }];
    meterings.set(metricId, { metric, isTotal, properties, meters: all });
  }
  const all = [...meterings.values()];
  const byType = new Map<string, readonly Metering[]>();
  let counted = 0;
  return {
    count(line) {
      counted += 1;
      let seeing = byType.get(line.eventType);
      if (seeing === undefined) {
        seeing = all.filter(({ metric }) => seesType(metric.eventTypeFilter, line.eventType));
        byType.set(line.eventType, seeing);
      }
      for (const metering of seeing) countIn(metering, line, counted);
    },
    readings: () => counts.map(({ meter, cells }) => readingOf(meter, cells)),
  };
}

/** Counts a line whose type the metric sees. */
function countIn(metering: Metering, line: UsageLine, order: number): void {
  const { metric, isTotal, properties, meters } = metering;
  if (metric.propertyFilters.length > 0 && !sees(metric, line)) return;
  const whole = isTotal ? wholeTallyOf(metric, line) : undefined;
  let tally: Tally | null = null;
  if (whole === undefined) {
    const text = metric.aggregation === 'LATEST' ? String(order).padStart(16, '0') : '';
    const one = tallyOf(metric, line, text);
    if (one === 'passed_over') return;
    tally = one;
  }
  const group = properties.length === 0 ? '' : groupKeyOf(properties, line);
  for (const { meter, coarser, cells } of meters) {
    const index = indexOf(meter, line.timestamp);
    if (index === undefined) continue;
    const cell = cellOf(cells, coarser(group), index);
    if (tally !== null) cell.tally = merged(cell.tally, tally);
    else if (whole !== undefined) addWhole(cell, metric, whole);
  }
}

function cellOf(cells: Cells, group: GroupKey, index: number): Cell {
  let row = cells.get(group);
  if (row === undefined) {
    row = [];
    cells.set(group, row);
  }
  return (row[index] ??= { tally: null, whole: 0 });
}

/** Far from what a number no longer holds exactly. */
const mostWhole = 2 ** 45;

function addWhole(cell: Cell, metric: Metric, whole: number): void {
  cell.tally ??= nothingCounted(metric);
  cell.whole += whole;
  if (Math.abs(cell.whole) > mostWhole) {
    cell.tally = tallied(cell);
    cell.whole = 0;
  }
}

function nothingCounted({ aggregation }: Metric): Tally {
  invariant(aggregation === 'COUNT' || aggregation === 'SUM', 'only totals add up');
  return { aggregation, total: zero };
}

function tallied({ tally, whole }: Cell): Tally | null {
  if (whole === 0 || tally === null || !('total' in tally)) return tally;
  const total = add(tally.total, wholeDecimal(BigInt(whole)));
  return { aggregation: tally.aggregation, total };
}

const readingOf = ({ intervals }: Meter, cells: Cells): MeterReading =>
  new Map(
    Array.from(cells, ([group, row]) => [
      group,
      intervals.map((_interval, index) => tallied(row[index] ?? nothingMetered)),
    ]),
  );

const nothingMetered: Cell = { tally: null, whole: 0 };

/** Values of UNIQUE grow in place: a copy for each event would take the square of them. */
function merged(known: Tally | null, more: Tally): Tally {
  if (more.aggregation !== 'UNIQUE') return known === null ? more : mergeTallies(known, more);
  if (known?.aggregation !== 'UNIQUE') {
    return { aggregation: 'UNIQUE', firstAt: new Map(more.firstAt) };
  }
  keepFirst(known.firstAt as Map<string, Instant>, more.firstAt);
  return known;
}

function indexOf({ intervals }: Meter, at: Instant): number | undefined {
  let low = 0;
  let high = intervals.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (present(intervals[middle], 'an index within').startingAt <= at) low = middle;
    else high = middle - 1;
  }
  const found = intervals[low];
  return found !== undefined && found.startingAt <= at && at < found.endingBefore ? low : undefined;
}
