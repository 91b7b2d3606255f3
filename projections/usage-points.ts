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
} from '../src/usage/groups.ts';
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
  const { customerId, metric, groupBy } = request;
  const properties = groupProperties(metric.groupKeys);
  const by = properties.filter((name) => groupBy.includes(name));
  const after = decodeCursor('usage', z.tuple([z.string(), z.string()]), page.after);
  const all = await cellsWithUsage(db, request, regrouping(properties, by));
  const next = all.filter((cell) => after === null || isAfter(cell, ...after));
  const intervals = intervalsOf(next.slice(0, page.first));
  const meter = { ...metric, properties, by, intervals };
  const [reading] = await readMeters(db, { customerId, beforeCut: null }, [meter]);
  const places = new Map(intervals.map(({ startingAt }, place) => [startingAt, place]));
  return pageOf(next, page, all.length, ({ interval, group }) => {
    const place = present(places.get(interval.startingAt), 'the page has its intervals');
    const tally = present(reading, 'one meter is read').get(group)?.[place] ?? null;
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
  { customerId, metric, window, groupBy, startingAt, endingBefore }: UsagePointsRequest,
  coarser: (group: GroupKey) => GroupKey,
): Promise<readonly Cell[]> {
  const whole = { startingAt, endingBefore };
  if (window === 'NONE' && groupBy.length === 0) return [{ interval: whole, group: '' }];
  const inMonths = window === 'MONTH' || window === 'NONE';
  const stretches = inMonths ? stretchesOf([whole]) : [{ ...whole, grain: 'H' as const }];
  const meter = { customerId, metricId: metric.metricId, beforeCut: null };
  const cells = new Map<string, Cell>();
  const intervalAt = (at: Instant): Interval =>
    window === 'NONE' ? whole : clip(windowAt(at, window), whole);
  for (const row of await cellsIn(db, meter, metric.aggregation, stretches)) {
    const cell = { interval: intervalAt(row.window), group: coarser(row.group_key) };
    cells.set(`${cell.interval.startingAt} ${cell.group}`, cell);
  }
  return [...cells].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, cell]) => cell);
}
