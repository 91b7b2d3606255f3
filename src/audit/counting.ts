import { type Metric } from '../catalog/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import { type UsageLine } from '../usage/events.ts';
import { sees, seesType } from '../usage/filters.ts';
import { groupKeyOf, regrouping, type GroupKey, type Meter } from '../usage/groups.ts';
import { keepFirst, mergeTallies, tallyOf, type Tally } from '../usage/metering.ts';
import { type MeterReading } from '../usage/groups.ts';

/** Counts usage lines one by one, in log order. */
export type Counter = {
  count(line: UsageLine): void;
  /** In the order of the meters. */
  readings(): readonly MeterReading[];
};

type Tallies = Map<GroupKey, (Tally | null)[]>;

/** Several meters of one metric, over groups that are coarser than its own. */
type Metering = {
  readonly metric: Metric;
  readonly properties: readonly string[];
  readonly meters: readonly {
    readonly meter: Meter;
    readonly coarser: (group: GroupKey) => GroupKey;
    readonly tallies: Tallies;
  }[];
};

export function createCounter(
  meters: readonly Meter[],
  metrics: ReadonlyMap<string, Metric>,
): Counter {
  const readings = meters.map((): Tallies => new Map());
  const meterings = new Map<string, Metering>();
  for (const [index, meter] of meters.entries()) {
    const { metricId, properties } = meter;
    const metric = present(metrics.get(metricId), 'a metric of the card');
    const known = meterings.get(metricId)?.meters ?? [];
    const coarser = regrouping(properties, meter.by);
    const tallies = present(readings[index], 'one for each');
    meterings.set(metricId, {
      metric,
      properties,
      meters: [...known, { meter, coarser, tallies }],
    });
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
    readings: () => readings,
  };
}

function countIn({ metric, properties, meters }: Metering, line: UsageLine, order: number): void {
  if (!sees(metric, line)) return;
  const text = metric.aggregation === 'LATEST' ? String(order).padStart(16, '0') : '';
  const tally = tallyOf(metric, line, text);
  if (tally === 'passed_over') return;
  const group = properties.length === 0 ? '' : groupKeyOf(properties, line);
  for (const { meter, coarser, tallies } of meters) {
    const index = indexOf(meter, line.timestamp);
    if (index === undefined) continue;
    const key = coarser(group);
    let row = tallies.get(key);
    if (row === undefined) {
      row = meter.intervals.map(() => null);
      tallies.set(key, row);
    }
    row[index] = merged(row[index] ?? null, tally);
  }
}

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
