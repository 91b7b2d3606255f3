import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addHours,
  covers,
  dayOf,
  earliest,
  hourOf,
  instant,
  isOnHour,
  latest,
  monthOf,
  overlap,
  parseInstant,
  type OpenInterval,
} from '../../src/kernel/calendar.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { hoursFrom, instants } from '../support/arbitraries.ts';

describe('an instant', () => {
  it.each([
    ['2024-10-01T00:00:00Z', '2024-10-01T00:00:00.000Z'],
    ['2024-10-01t00:00:00z', '2024-10-01T00:00:00.000Z'],
    ['2025-01-31T20:00:00-05:00', '2025-02-01T01:00:00.000Z'],
    ['2025-01-01T00:30:00+05:30', '2024-12-31T19:00:00.000Z'],
    ['2024-12-31T23:59:59-00:00', '2024-12-31T23:59:59.000Z'],
    ['2024-02-29T12:00:00.5Z', '2024-02-29T12:00:00.500Z'],
    ['2025-01-31T23:59:59.9999999Z', '2025-01-31T23:59:59.999Z'],
    ['1000-01-01T00:00:00Z', '1000-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['1969-12-31T23:59:59.001Z', '1969-12-31T23:59:59.001Z'],
  ])('is read from %s as %s', (text, read) => {
    expect(parseInstant(text)).toBe(read);
  });

  it.each([
    '2024-10-01',
    '2024-10-01T00:00:00',
    '2024-10-01 00:00:00Z',
    '2024-10-01T00:00Z',
    '2024-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-00T00:00:00Z',
    '2024-10-01T24:00:00Z',
    '2024-10-01T00:60:00Z',
    '2016-12-31T23:59:60Z',
    '2024-10-01T00:00:00+24:00',
    '2024-10-01T00:00:00+01:60',
    '2024-10-01T00:00:00+0100',
    '2024-10-01T00:00:00.Z',
    '0999-12-31T23:59:59Z',
    '1000-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-01:00',
    '+12024-10-01T00:00:00Z',
    ' 2024-10-01T00:00:00Z',
    '2024-10-01T00:00:00Z\n',
    '',
  ])('is not %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
    expect(() => instant(text)).toThrow(BrokenInvariant);
  });

  it('reads as itself once it is read, with any offset', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: -23, max: 23 }), (at, hours) => {
        const offset = `${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
        expect(parseInstant(at)).toBe(at);
        expect(parseInstant(addHours(at, hours).replace('Z', offset))).toBe(at);
      }),
    );
  });

  it('compares as text as it does in time', () => {
    fc.assert(
      fc.property(instants, instants, (a, b) => {
        expect(a < b).toBe(Date.parse(a) < Date.parse(b));
        expect(earliest(a, b)).toBe(a < b ? a : b);
        expect(latest(a, b)).toBe(a < b ? b : a);
        expect(earliest(a, null)).toBe(a);
      }),
    );
  });

  it('lies in its hour, day and month', () => {
    fc.assert(
      fc.property(instants, (at) => {
        expect(isOnHour(hourOf(at))).toBe(true);
        expect(isOnHour(at)).toBe(at === hourOf(at));
        expect(hourOf(at) <= at && at < addHours(hourOf(at), 1)).toBe(true);
        expect(dayOf(at) <= at && at < addHours(dayOf(at), 24)).toBe(true);
        expect(monthOf(at)).toBe(`${at.slice(0, 8)}01T00:00:00.000Z`);
      }),
    );
  });

  it('is never later than the end of the year 9999', () => {
    expect(addHours(instant('9999-12-31T23:00:00Z'), 5)).toBe('9999-12-31T23:59:59.999Z');
  });
});

const start = instant('2024-02-28T22:00:00Z');
const intervals: fc.Arbitrary<OpenInterval> = fc
  .tuple(hoursFrom(start, 6), fc.option(fc.integer({ min: 1, max: 4 })))
  .map(([startingAt, length]) => ({
    startingAt,
    endingBefore: length === null ? null : addHours(startingAt, length),
  }));

describe('an interval', () => {
  it('holds its start and not its end', () => {
    const day = { startingAt: start, endingBefore: addHours(start, 24) };
    expect(covers(day, start)).toBe(true);
    expect(covers(day, addHours(start, 24))).toBe(false);
    expect(covers(day, addHours(start, -1))).toBe(false);
    expect(covers({ startingAt: start, endingBefore: null }, instant('2999-01-01T00:00:00Z'))).toBe(
      true,
    );
  });

  it('overlaps another exactly when some hour lies in both', () => {
    fc.assert(
      fc.property(intervals, intervals, (a, b) => {
        const hours = Array.from({ length: 12 }, (_, hour) => addHours(start, hour));
        const shared = hours.some((at) => covers(a, at) && covers(b, at));
        expect(overlap(a, b)).toBe(shared);
        expect(overlap(b, a)).toBe(shared);
      }),
    );
  });
});
