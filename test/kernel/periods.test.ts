import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMonths,
  boundary,
  type Frequency,
  instant,
  type Instant,
  stepAt,
} from '../../src/kernel/calendar.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { frequencies, hours, instants } from '../support/arbitraries.ts';

const dates = (anchor: Instant, frequency: Frequency, count: number): string[] =>
  Array.from({ length: count }, (_, step) => boundary(anchor, frequency, step).slice(0, 10));

describe('a period', () => {
  it('that starts on a month end clamps, and comes back to the 31st', () => {
    expect(dates(instant('2023-01-31T10:00:00Z'), 'MONTHLY', 5)).toEqual([
      '2023-01-31',
      '2023-02-28',
      '2023-03-31',
      '2023-04-30',
      '2023-05-31',
    ]);
    expect(boundary(instant('2024-01-31T10:00:00Z'), 'MONTHLY', 1)).toBe(
      '2024-02-29T10:00:00.000Z',
    );
  });

  it('that starts on 29 February comes back to it in leap years', () => {
    expect(dates(instant('2096-02-29T00:00:00Z'), 'ANNUAL', 9)).toEqual([
      '2096-02-29',
      '2097-02-28',
      '2098-02-28',
      '2099-02-28',
      '2100-02-28',
      '2101-02-28',
      '2102-02-28',
      '2103-02-28',
      '2104-02-29',
    ]);
  });

  it.each<[Frequency, string]>([
    ['WEEKLY', '2024-12-07'],
    ['MONTHLY', '2024-12-30'],
    ['QUARTERLY', '2025-02-28'],
    ['SEMI_ANNUAL', '2025-05-30'],
    ['ANNUAL', '2025-11-30'],
  ])('that is %s goes from 30 November 2024 to %s', (frequency, next) => {
    expect(dates(instant('2024-11-30T00:00:00Z'), frequency, 2)[1]).toBe(next);
  });

  it('keeps the time of day, before 1970 too', () => {
    expect(addMonths(instant('1969-12-31T12:34:56.789Z'), 2)).toBe('1970-02-28T12:34:56.789Z');
    expect(addMonths(instant('1970-01-31T12:00:00Z'), -13)).toBe('1968-12-31T12:00:00.000Z');
  });

  it('is not counted before the anchor', () => {
    const anchor = instant('2024-10-01T00:00:00Z');
    expect(() => stepAt(anchor, 'MONTHLY', instant('2024-09-30T23:59:59.999Z'))).toThrow(
      BrokenInvariant,
    );
  });

  it('ends with time itself rather than sorting before its start', () => {
    const anchor = instant('9999-12-01T00:00:00Z');
    expect(boundary(anchor, 'MONTHLY', 1)).toBe('9999-12-31T23:59:59.999Z');
    expect(boundary(anchor, 'ANNUAL', 500)).toBe('9999-12-31T23:59:59.999Z');
  });
});

describe('the periods of any anchor and frequency', () => {
  it('tile time: each ends where the next starts, which is later', () => {
    fc.assert(
      fc.property(hours, frequencies, fc.nat({ max: 600 }), (anchor, frequency, step) => {
        const start = boundary(anchor, frequency, step);
        expect(boundary(anchor, frequency, step + 1) > start).toBe(true);
        expect(stepAt(anchor, frequency, start)).toBe(step);
      }),
      { numRuns: 1000 },
    );
  });

  it('hold every instant exactly once', () => {
    fc.assert(
      fc.property(instants, instants, frequencies, (one, other, frequency) => {
        const [anchor, at] = one <= other ? [one, other] : [other, one];
        const step = stepAt(anchor, frequency, at);
        expect(boundary(anchor, frequency, step) <= at).toBe(true);
        expect(at < boundary(anchor, frequency, step + 1)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('start on the day of the anchor, or on the last day of a month without it', () => {
    fc.assert(
      fc.property(hours, fc.nat({ max: 600 }), (anchor, months) => {
        const at = addMonths(anchor, months);
        const [year, month] = [Number(at.slice(0, 4)), Number(at.slice(5, 7))];
        const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
        expect(Number(at.slice(8, 10))).toBe(Math.min(Number(anchor.slice(8, 10)), lastDay));
        expect(at.slice(11)).toBe(anchor.slice(11));
        expect(year * 12 + month).toBe(
          Number(anchor.slice(0, 4)) * 12 + Number(anchor.slice(5, 7)) + months,
        );
      }),
    );
  });
});
