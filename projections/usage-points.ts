import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type Metric } from '../src/catalog/events.ts';
import {
  clip,
  windowAt,
  type Instant,
  type Interval,
  type Window,
} from '../src/kernel/calendar.ts';
import { printDecimal } from '../src/kernel/decimal.ts';
import { present } from '../src/kernel/invariant.ts';
import {
  groupProperties,
  namedValues,
  regrouping,
  type GroupKey,
  type GroupValues,
  type Meter,
  type MeterReading,
} from '../src/usage/groups.ts';
import { windowsOf } from '../src/invoices/windows.ts';
import { quantityOf } from '../src/usage/metering.ts';
import { readMeters } from './meter-readings.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { cellsIn, stretchesOf } from './usage-stretches.ts';
import { type UsageTables } from './usage-tables.ts';

export type UsagePointsRequest = Interval & {
  readonly customerId: string;
  readonly metric: Pick<Metric, 'metricId' | 'aggregation' | 'groupKeys'>;
  /** UTC windows, clipped to the interval; NONE: the interval as one. */
  readonly window: Window | 'NONE';
  /** Properties of the metric's group keys: a point for each combination of their values. */
  readonly groupBy: readonly string[];
};

/** groupValues: null where nothing is grouped by. */
export type UsagePoint = Interval & {
  readonly groupValues: GroupValues | null;
  readonly value: string;
};

type Cell = { readonly interval: Interval; readonly group: GroupKey };

/**
 * The metered quantity by window, then group values, each for itself, those without usage left out;
 * NONE without groups always gives one.
 */
export async function usagePoints(
  db: Kysely<UsageTables>,
  request: UsagePointsRequest,
  page: PageRequest,
): Promise<Page<UsagePoint>> {
  const { customerId, metric } = request;
  const { properties, by } = groupingOf(request);
  const cells = await cellsWithUsage(db, request, regrouping(properties, by));
  return pageOfPoints(request, cells, page, async (intervals) => {
    const meter = { ...metric, properties, by, intervals };
    const [reading] = await readMeters(db, { customerId, beforeCut: null }, [meter]);
    return present(reading, 'one meter is read');
  });
}

/** As usagePoints, of usage that is read from elsewhere: all of it at once. */
export async function usagePointsFrom(
  read: (meter: Meter) => Promise<MeterReading>,
  request: UsagePointsRequest,
  page: PageRequest,
): Promise<Page<UsagePoint>> {
  const { metric, window, startingAt, endingBefore } = request;
  const whole = { startingAt, endingBefore };
  const intervals = window === 'NONE' ? [whole] : windowsOf(whole, window);
  const places = new Map(intervals.map(({ startingAt: at }, place) => [at, place]));
  const reading = await read({ ...metric, ...groupingOf(request), intervals });
  const counted = [...reading].flatMap(([group, tallies]) =>
    intervals.flatMap((interval, index): Cell[] =>
      tallies[index] === null ? [] : [{ interval, group }],
    ),
  );
  const cells = isOnePoint(request) ? [{ interval: whole, group: '' }] : inOrder(counted);
  return pageOfPoints(request, cells, page, (some) =>
    Promise.resolve(
      new Map(
        [...reading].map(([group, tallies]) => [
          group,
          some.map((interval) => tallies[places.get(interval.startingAt) ?? -1] ?? null),
        ]),
      ),
    ),
  );
}

const groupingOf = ({ metric, groupBy }: UsagePointsRequest): Pick<Meter, 'properties' | 'by'> => {
  const properties = groupProperties(metric.groupKeys);
  return { properties, by: properties.filter((name) => groupBy.includes(name)) };
};

const isOnePoint = ({ window, groupBy }: UsagePointsRequest): boolean =>
  window === 'NONE' && groupBy.length === 0;

/** cells: in the order of the points. */
async function pageOfPoints(
  request: UsagePointsRequest,
  cells: readonly Cell[],
  page: PageRequest,
  read: (intervals: readonly Interval[]) => Promise<MeterReading>,
): Promise<Page<UsagePoint>> {
  const { by } = groupingOf(request);
  const after = decodeCursor('usage', z.tuple([z.string(), z.string()]), page.after);
  const next = cells.filter((cell) => after === null || isAfter(cell, ...after));
  const intervals = intervalsOf(next.slice(0, page.first));
  const reading = await read(intervals);
  const places = new Map(intervals.map(({ startingAt }, place) => [startingAt, place]));
  return pageOf(next, page, cells.length, ({ interval, group }) => {
    const place = present(places.get(interval.startingAt), 'the page has its intervals');
    const tally = reading.get(group)?.[place] ?? null;
    return {
      cursor: encodeCursor('usage', [interval.startingAt, group]),
      node: {
        ...interval,
        groupValues: by.length === 0 ? null : namedValues(by, group),
        value: printDecimal(quantityOf(tally)),
      },
    };
  });
}

const isAfter = ({ interval, group }: Cell, startingAt: string, afterGroup: string): boolean =>
  interval.startingAt > startingAt || (interval.startingAt === startingAt && group > afterGroup);

const intervalsOf = (cells: readonly Cell[]): readonly Interval[] => [
  ...new Map(cells.map(({ interval }) => [interval.startingAt, interval])).values(),
];

/** In the order of the points. */
async function cellsWithUsage(
  db: Kysely<UsageTables>,
  request: UsagePointsRequest,
  coarser: (group: GroupKey) => GroupKey,
): Promise<readonly Cell[]> {
  const { customerId, metric, window, startingAt, endingBefore } = request;
  const whole = { startingAt, endingBefore };
  if (isOnePoint(request)) return [{ interval: whole, group: '' }];
  const inMonths = window === 'MONTH' || window === 'NONE';
  const stretches = inMonths ? stretchesOf([whole]) : [{ ...whole, grain: 'H' as const }];
  const meter = { customerId, metricId: metric.metricId, beforeCut: null };
  const cells: Cell[] = [];
  const intervalAt = (at: Instant): Interval =>
    window === 'NONE' ? whole : clip(windowAt(at, window), whole);
  for (const row of await cellsIn(db, meter, metric.aggregation, stretches)) {
    cells.push({ interval: intervalAt(row.window), group: coarser(row.group_key) });
  }
  return inOrder(cells);
}

/** Each once, by window, then group. */
function inOrder(cells: readonly Cell[]): readonly Cell[] {
  const named = new Map(cells.map((cell) => [`${cell.interval.startingAt} ${cell.group}`, cell]));
  return [...named].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, cell]) => cell);
}
