import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type Metric } from '../src/catalog/events.ts';
import { clip, windowAt, type Interval, type Window } from '../src/kernel/calendar.ts';
import { printDecimal } from '../src/kernel/decimal.ts';
import { quantityOf } from '../src/usage/metering.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { tallies } from './usage.ts';
import { stretchesOf, windowsIn } from './usage-stretches.ts';
import { type UsageTables } from './usage-tables.ts';

export type UsagePointsRequest = Interval & {
  readonly customerId: string;
  readonly metric: Pick<Metric, 'metricId' | 'aggregation'>;
  /** UTC windows, clipped to the interval; NONE: the interval as one. */
  readonly window: Window | 'NONE';
};

export type UsagePoint = Interval & { readonly value: string };

/**
 * The metered quantity window by window, each for itself, those without usage left out; NONE always
 * gives one.
 */
export async function usagePoints(
  db: Kysely<UsageTables>,
  request: UsagePointsRequest,
  page: PageRequest,
): Promise<Page<UsagePoint>> {
  const { customerId, metric } = request;
  const after = decodeCursor('usage', z.tuple([z.string()]), page.after);
  const all = await intervalsWithUsage(db, request);
  const next = all.filter(({ startingAt }) => after === null || startingAt > after[0]);
  const intervals = next.slice(0, page.first);
  const parts = await tallies(db, { customerId, ...metric, intervals, beforeCut: null });
  return pageOf(next, page, all.length, (interval) => ({
    cursor: encodeCursor('usage', [interval.startingAt]),
    node: {
      ...interval,
      value: printDecimal(quantityOf(parts[intervals.indexOf(interval)] ?? null)),
    },
  }));
}

async function intervalsWithUsage(
  db: Kysely<UsageTables>,
  { customerId, metric, window, startingAt, endingBefore }: UsagePointsRequest,
): Promise<readonly Interval[]> {
  const whole = { startingAt, endingBefore };
  if (window === 'NONE') return [whole];
  const stretches = window === 'MONTH' ? stretchesOf([whole]) : [{ ...whole, grain: 'H' as const }];
  const meter = { customerId, metricId: metric.metricId, beforeCut: null };
  const rows = await windowsIn(db, meter, metric.aggregation, stretches);
  const intervals = rows.map((at) => clip(windowAt(at, window), whole));
  return [...new Map(intervals.map((one) => [one.startingAt, one])).values()];
}
