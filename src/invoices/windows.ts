import { clip, windowAt, type Instant, type Interval, type Window } from '../kernel/calendar.ts';
import { add, subtract, zero, type Decimal } from '../kernel/decimal.ts';
import { mergeTallies, type Tally } from '../usage/metering.ts';
import { type ProductTerms } from './events.ts';
import { rate } from './rating.ts';

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

export function cutIntoPieces(terms: ProductTerms, windows: readonly Interval[]): Pieces {
  const edges = windows.flatMap(({ startingAt, endingBefore }) => [startingAt, endingBefore]);
  const intervals = terms.segments.flatMap((segment) => {
    const inside = edges.filter((at) => segment.startingAt < at && at < segment.endingBefore);
    const cuts = [segment.startingAt, ...new Set(inside.sort()), segment.endingBefore];
    return cuts.slice(1).map((endingBefore, index) => ({
      startingAt: cuts[index] ?? segment.startingAt,
      endingBefore,
    }));
  });
  return { terms, intervals };
}

export type Figure = { readonly quantity: Decimal; readonly amount: Decimal };

/**
 * What each window adds to a period's bill: the period rated through the window's end less through
 * its start, so that the windows of a period add up to its lines for every pricing model.
 */
export function figuresByWindow(
  { terms, intervals }: Pieces,
  tallies: readonly (Tally | null)[],
  windows: readonly Interval[],
  currency: string,
): Figure[] {
  const through = (end: Instant): Figure => {
    const reading = terms.segments.map((segment) =>
      intervals.reduce<Tally | null>((merged, interval, index) => {
        const inSegment =
          segment.startingAt <= interval.startingAt &&
          interval.endingBefore <= segment.endingBefore;
        const tally = tallies[index] ?? null;
        if (!inSegment || interval.endingBefore > end || tally === null) return merged;
        return merged === null ? tally : mergeTallies(merged, tally);
      }, null),
    );
    const lines = rate([terms], [reading], currency).flatMap((rated) => rated.lines);
    return lines.reduce(
      (sum, line) => ({
        quantity: add(sum.quantity, line.quantity),
        amount: add(sum.amount, line.amount),
      }),
      { quantity: zero, amount: zero },
    );
  };
  return windows.map(({ startingAt, endingBefore }) => {
    const before = through(startingAt);
    const after = through(endingBefore);
    return {
      quantity: subtract(after.quantity, before.quantity),
      amount: subtract(after.amount, before.amount),
    };
  });
}
