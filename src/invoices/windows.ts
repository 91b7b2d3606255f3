import {
  clip,
  covers,
  windowAt,
  type Instant,
  type Interval,
  type Window,
} from '../kernel/calendar.ts';
import { cellsBetween } from '../kernel/cells.ts';
import { add, subtract, zero, type Decimal } from '../kernel/decimal.ts';
import { type GroupKey } from '../usage/groups.ts';
import { mergeAll, type Tally } from '../usage/metering.ts';
import { type ProductTerms } from './events.ts';
import { cellsOf, periodOf } from './groups.ts';
import { rateProduct, type Reading } from './rating.ts';

/** The UTC windows that the interval touches, clipped to it. */
export function windowsOf(interval: Interval, window: Window): Interval[] {
  const windows: Interval[] = [];
  for (let at = interval.startingAt; at < interval.endingBefore;) {
    const clipped = clip(windowAt(at, window), interval);
    windows.push(clipped);
    at = clipped.endingBefore;
  }
  return windows;
}

/** A product's terms cut at the ends of windows, so that usage can be read for each piece. */
export type Pieces = { readonly terms: ProductTerms; readonly intervals: readonly Interval[] };

export const cutIntoPieces = (terms: ProductTerms, windows: readonly Interval[]): Pieces => ({
  terms,
  intervals: cellsBetween(periodOf(terms), [...windows, ...cellsOf(terms)]),
});

export type Figure = { readonly quantity: Decimal; readonly amount: Decimal };

const nothing: Figure = { quantity: zero, amount: zero };

/**
 * What each window adds to a period's bill: the period rated through the window's end less through
 * its start, so that the windows of a period add up to its lines for every pricing model. Windows
 * are ascending.
 */
export function figuresByWindow(
  { terms, intervals }: Pieces,
  reading: Reading,
  windows: readonly Interval[],
  currency: string,
): Figure[] {
  const ends = windows.flatMap(({ startingAt, endingBefore }) => [startingAt, endingBefore]);
  const figures = new Map<Instant, Figure>();
  const bill = growingBill(terms, currency);
  let next = 0;
  for (const end of [...new Set(ends)].sort()) {
    const from = next;
    while (next < intervals.length && (intervals[next]?.endingBefore ?? end) <= end) next += 1;
    figures.set(end, bill(intervals.slice(from, next), from, reading));
  }
  return windows.map(({ startingAt, endingBefore }) =>
    minus(figures.get(endingBefore) ?? nothing, figures.get(startingAt) ?? nothing),
  );
}

/** Takes in further pieces of usage, and tells what all so far costs. */
function growingBill(
  terms: ProductTerms,
  currency: string,
): (pieces: readonly Interval[], from: number, reading: Reading) => Figure {
  const cells = cellsOf(terms);
  const counted = new Map<GroupKey, (Tally | null)[]>();
  const billed = new Map<GroupKey, Figure>();
  let sum = nothing;
  return (pieces, from, reading) => {
    const places = pieces.map(({ startingAt }) =>
      cells.findIndex((one) => covers(one, startingAt)),
    );
    const grown = new Map<GroupKey, readonly (Tally | null)[]>();
    for (const [group, tallies] of reading) {
      const more = tallies.slice(from, from + pieces.length);
      if (more.every((tally) => tally === null)) continue;
      const sums = counted.get(group) ?? cells.map(() => null);
      for (const [index, place] of places.entries()) {
        sums[place] = mergeAll([sums[place] ?? null, more[index] ?? null]);
      }
      counted.set(group, sums);
      grown.set(group, sums);
    }
    if (grown.size === 0) return sum;
    const after = new Map<GroupKey, Figure>();
    for (const { group, lines } of rateProduct(terms, cells, grown, currency)) {
      after.set(group, lines.reduce<Figure>(plus, after.get(group) ?? nothing));
    }
    for (const [group, figure] of after) {
      sum = plus(sum, minus(figure, billed.get(group) ?? nothing));
      billed.set(group, figure);
    }
    return sum;
  };
}

const plus = (a: Figure, b: Figure): Figure => ({
  quantity: add(a.quantity, b.quantity),
  amount: add(a.amount, b.amount),
});

const minus = (a: Figure, b: Figure): Figure => ({
  quantity: subtract(a.quantity, b.quantity),
  amount: subtract(a.amount, b.amount),
});
