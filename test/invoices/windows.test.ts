import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHours, covers, type Instant } from '../../src/kernel/calendar.ts';
import { decimal, printDecimal, sum } from '../../src/kernel/decimal.ts';
import { rate } from '../../src/invoices/rating.ts';
import { cutIntoPieces, figuresByWindow, windowsOf } from '../../src/invoices/windows.ts';
import { clip } from '../../src/kernel/calendar.ts';
import { mergeAll, tallyOf, type Tally } from '../../src/usage/metering.ts';
import { hoursFrom } from '../support/arbitraries.ts';
import { at, day, january, month, reading, segment, terms, total, wholeMonth } from './given.ts';

describe('the windows of an interval', () => {
  it('are its UTC days, clipped to it', () => {
    const interval = { startingAt: at('2025-01-30T05:00:00Z'), endingBefore: month(1) };
    expect(windowsOf(interval, 'DAY')).toEqual([
      { startingAt: interval.startingAt, endingBefore: day(31) },
      { startingAt: day(31), endingBefore: month(1) },
    ]);
  });

  it('are its UTC months, clipped to it', () => {
    const interval = { startingAt: day(31), endingBefore: at('2025-03-01T01:00:00Z') };
    expect(windowsOf(interval, 'MONTH')).toEqual([
      { startingAt: day(31), endingBefore: month(1) },
      { startingAt: month(1), endingBefore: month(2) },
      { startingAt: month(2), endingBefore: at('2025-03-01T01:00:00Z') },
    ]);
  });
});

describe('an interval clipped to another', () => {
  it('is the part that both hold', () => {
    const inner = { startingAt: day(5), endingBefore: day(9) };
    expect(clip(wholeMonth, inner)).toEqual(inner);
    expect(clip(inner, wholeMonth)).toEqual(inner);
    expect(clip({ startingAt: january, endingBefore: day(7) }, inner)).toEqual({
      startingAt: day(5),
      endingBefore: day(7),
    });
  });
});

describe('the figures of a window', () => {
  it('are what it adds to the rounded amounts of its period', () => {
    // One a day at 0.005: through day 1 0.005 -> 0.01, through day 2 0.01, through day 3 0.015 ->
    // 0.02.
    const pieces = cutIntoPieces(
      terms('SUM', [segment(january, month(1), '0.005')]),
      windowsOf({ startingAt: january, endingBefore: day(4) }, 'DAY'),
    );
    expect(pieces.intervals.map(({ startingAt }) => startingAt)).toEqual([
      january,
      day(2),
      day(3),
      day(4),
    ]);
    const windows = windowsOf({ startingAt: january, endingBefore: day(4) }, 'DAY');
    const tallies = [total('1'), total('1'), total('1'), null];
    const figures = figuresByWindow(pieces, reading(...tallies), windows, 'USD');
    expect(figures.map(({ amount }) => printDecimal(amount))).toEqual(['0.01', '0', '0.01']);
    expect(figures.map(({ quantity }) => printDecimal(quantity))).toEqual(['1', '1', '1']);
  });

  it('move with MAX: a new maximum at another price takes the old one back', () => {
    const prices = [segment(january, day(10), '1'), segment(day(10), month(1), '3')];
    const of = terms('MAX', prices);
    const windows = [
      { startingAt: january, endingBefore: day(10) },
      { startingAt: day(10), endingBefore: month(1) },
    ];
    const pieces = cutIntoPieces(of, windows);
    const max = (value: string, when: Instant): Tally => ({
      aggregation: 'MAX',
      value: decimal(value),
      at: when,
    });
    // 5 x 1 = 5; then 6 x 3 = 18 alone: 18 - 5 = 13, and 6 - 5 = 1.
    const tallies = reading(max('5', day(2)), max('6', day(12)));
    const figures = figuresByWindow(pieces, tallies, windows, 'USD');
    expect(figures.map((one) => [printDecimal(one.quantity), printDecimal(one.amount)])).toEqual([
      ['5', '5'],
      ['1', '13'],
    ]);
  });

  it('sum to the lines of the period, for every aggregation and wherever prices change', () => {
    const events = fc.array(
      fc.record({ at: hoursFrom(january, 120), n: fc.integer({ min: -9, max: 99 }) }),
      { maxLength: 25 },
    );
    const edges = fc
      .uniqueArray(hoursFrom(addHours(january, 1), 118), { maxLength: 4 })
      .map((list) => list.sort());
    const priceList = fc.array(fc.option(fc.constantFrom('0.005', '0.1', '3')), {
      minLength: 5,
      maxLength: 5,
    });
    const aggregations = fc.constantFrom('COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST');
    fc.assert(
      fc.property(events, edges, priceList, aggregations, (used, cuts, prices, aggregation) => {
        const end = day(6);
        const starts = [january, ...cuts];
        const segments = starts.map((start, index) =>
          segment(start, starts[index + 1] ?? end, prices[index] ?? null),
        );
        const of = terms(aggregation, segments);
        const metric = { aggregation, aggregationKey: 'n' } as Parameters<typeof tallyOf>[0];
        const tallyIn = (interval: { startingAt: Instant; endingBefore: Instant }) =>
          mergeAll(
            used.map((one, index) => {
              if (!covers(interval, one.at)) return null;
              const { at: timestamp, n } = one;
              const line = { transactionId: '', eventType: '', timestamp, properties: { n } };
              const tally = tallyOf(metric, line, String(index).padStart(3, '0'));
              return tally === 'passed_over' ? null : tally;
            }),
          );
        const windows = windowsOf({ startingAt: january, endingBefore: end }, 'DAY');
        const pieces = cutIntoPieces(of, windows);
        const figures = figuresByWindow(
          pieces,
          reading(...pieces.intervals.map(tallyIn)),
          windows,
          'USD',
        );
        const lines = rate([of], [reading(...segments.map(tallyIn))], 'USD').flatMap(
          (one) => one.lines,
        );
        for (const part of ['quantity', 'amount'] as const) {
          expect(printDecimal(sum(figures.map((one) => one[part])))).toBe(
            printDecimal(sum(lines.map((one) => one[part]))),
          );
        }
      }),
    );
  });
});
