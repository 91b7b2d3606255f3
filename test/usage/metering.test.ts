import fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import { type Aggregation, type Metric } from '../../src/catalog/events.ts';
import { instant, type Instant, type Interval } from '../../src/kernel/calendar.ts';
import { decimal, printDecimal, sum } from '../../src/kernel/decimal.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { type PropertyValue, type UsageLine } from '../../src/usage/events.ts';
import {
  mergeAll,
  mergeTallies,
  quantitiesBySegment,
  quantityOf,
  tallyOf,
  wholeTallyOf,
  type Tally,
} from '../../src/usage/metering.ts';
import { decimals } from '../support/arbitraries.ts';

const day = (of: number): Instant => instant(`2024-10-${String(of).padStart(2, '0')}T00:00:00Z`);

const metric = (aggregation: Aggregation): Metric => ({
  metricId: 'met',
  name: 'Metric',
  aggregation,
  aggregationKey: aggregation === 'COUNT' ? null : 'n',
  eventTypeFilter: { inValues: null, notInValues: null },
  propertyFilters: [],
  groupKeys: [],
  createdAt: day(1),
});

const line = (n?: PropertyValue, timestamp = day(1)): UsageLine => ({
  transactionId: 't',
  eventType: 'used',
  timestamp,
  properties: n === undefined ? {} : { n },
});

const tally = (aggregation: Aggregation, n: PropertyValue, at = day(1), order = '1'): Tally => {
  const one = tallyOf(metric(aggregation), line(n, at), order);
  if (one === 'passed_over') throw new Error('passed over');
  return one;
};

const quantity = (part: Tally | null): string => printDecimal(quantityOf(part));

describe('what one event adds to a metric', () => {
  it('is one for COUNT, whatever its properties', () => {
    expect(tallyOf(metric('COUNT'), line(), '1')).toEqual(tally('COUNT', 7));
    expect(quantity(tally('COUNT', 7))).toBe('1');
  });

  it('is the exact number for SUM, MAX and LATEST, sent as text or as a number', () => {
    for (const aggregation of ['SUM', 'MAX', 'LATEST'] as const) {
      expect(quantity(tally(aggregation, '9007199254740993.000000000001'))).toBe(
        '9007199254740993.000000000001',
      );
      expect(quantity(tally(aggregation, -0.0000001))).toBe('-0.0000001');
      expect(quantity(tally(aggregation, 1e21))).toBe('1000000000000000000000');
    }
  });

  it('is passed over without the property, or where a decimal is needed and the value is none', () => {
    for (const aggregation of ['SUM', 'MAX', 'LATEST', 'UNIQUE'] as const) {
      expect(tallyOf(metric(aggregation), line(), '1')).toBe('passed_over');
    }
    for (const aggregation of ['SUM', 'MAX', 'LATEST'] as const) {
      for (const value of [true, '', 'many', '1e3', ' 1', '1,5']) {
        expect(tallyOf(metric(aggregation), line(value), '1')).toBe('passed_over');
      }
    }
  });

  it('is its value as text for UNIQUE, so that 1 and "1" are one, and true and "true"', () => {
    const values = [1, '1', 1.5, '1.5', true, 'true', '', '1.0'].map((n) => tally('UNIQUE', n));
    expect(quantity(mergeAll(values))).toBe('5');
  });

  it('does not take what every object inherits for a property', () => {
    const named = { ...metric('UNIQUE'), aggregationKey: 'constructor' };
    expect(tallyOf(named, line(), '1')).toBe('passed_over');
  });
});

describe('tallies of a metric', () => {
  it('add up exactly: 0.1 ten times is 1', () => {
    expect(quantity(mergeAll(Array.from({ length: 10 }, () => tally('SUM', '0.1'))))).toBe('1');
  });

  it('keep the first instant that reached the maximum', () => {
    const merged = mergeAll([
      tally('MAX', 5, day(9)),
      tally('MAX', '5.0', day(3)),
      tally('MAX', 4),
    ]);
    expect(merged).toMatchObject({ value: decimal('5'), at: day(3) });
  });

  it('keep the value with the greatest timestamp, and of equal ones the later in the log', () => {
    const late = tally('LATEST', 1, day(9), '0001');
    const ties = [tally('LATEST', 2, day(5), '0010'), tally('LATEST', 3, day(5), '0009')];
    expect(quantity(mergeAll([late, ...ties]))).toBe('1');
    expect(quantity(mergeAll(ties))).toBe('2');
  });

  it('keep the first instant of each distinct value', () => {
    const merged = mergeAll([tally('UNIQUE', 'a', day(9)), tally('UNIQUE', 'a', day(3))]);
    expect(merged).toMatchObject({ firstAt: new Map([['a', day(3)]]) });
  });

  it('are zero when there are none', () => {
    expect(quantity(null)).toBe('0');
    expect(mergeAll([null, null])).toBeNull();
  });

  it('of different aggregations never merge', () => {
    expect(() => mergeTallies(tally('SUM', 1), tally('MAX', 1))).toThrow(BrokenInvariant);
    expect(() => mergeTallies(tally('UNIQUE', 1), tally('COUNT', 1))).toThrow(BrokenInvariant);
  });
});

const lineParts = fc.record({
  n: fc.oneof(decimals.map(printDecimal), fc.integer({ min: -3, max: 3 }).map(String)),
  at: fc.integer({ min: 1, max: 9 }).map(day),
});

const talliesOf = (aggregation: Aggregation): fc.Arbitrary<Tally[]> =>
  fc
    .array(lineParts, { maxLength: 12 })
    .map((lines) => lines.map(({ n, at }, order) => tally(aggregation, n, at, String(order + 10))));

/** Maps compare in order: sorted, so that only their content does. */
const canonical = (merged: Tally | null): unknown =>
  merged?.aggregation === 'UNIQUE' ? [...merged.firstAt].sort() : merged;

describe.each(['COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST'] as const)('merging %s', (aggregation) => {
  it('gives the same in any order', () => {
    const orders = talliesOf(aggregation).chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(orders, ([all, other]) => {
        expect(canonical(mergeAll(other))).toEqual(canonical(mergeAll(all)));
      }),
    );
  });

  it('gives the same in any grouping', () => {
    fc.assert(
      fc.property(talliesOf(aggregation), fc.nat({ max: 12 }), (all, cut) => {
        const parts = [mergeAll(all.slice(0, cut)), mergeAll(all.slice(cut))];
        expect(canonical(mergeAll(parts))).toEqual(canonical(mergeAll(all)));
      }),
    );
  });

  it('leaves the parts as they were', () => {
    fc.assert(
      fc.property(talliesOf(aggregation), (all) => {
        const before = all.map(canonical);
        mergeAll(all);
        expect(all.map(canonical)).toEqual(before);
      }),
    );
  });
});

describe('segments of a billing period', () => {
  const segments: Interval[] = [
    { startingAt: day(1), endingBefore: day(10) },
    { startingAt: day(10), endingBefore: day(20) },
    { startingAt: day(20), endingBefore: day(30) },
  ];
  const quantities = (aggregation: Aggregation, parts: (Tally | null)[]): string[] =>
    quantitiesBySegment(aggregation, segments, parts).map(printDecimal);

  it('each have their own COUNT and SUM', () => {
    expect(quantities('COUNT', [tally('COUNT', 1), null, tally('COUNT', 1)])).toEqual([
      '1',
      '0',
      '1',
    ]);
    expect(quantities('SUM', [tally('SUM', '1.5'), tally('SUM', 2), null])).toEqual([
      '1.5',
      '2',
      '0',
    ]);
  });

  it('have the one maximum where it was first reached', () => {
    const parts = [tally('MAX', 4, day(2)), tally('MAX', 7, day(10)), tally('MAX', 7, day(25))];
    expect(quantities('MAX', parts)).toEqual(['0', '7', '0']);
  });

  it('have the one latest value where it stands', () => {
    const parts = [tally('LATEST', 9, day(9)), tally('LATEST', -2, day(19)), null];
    expect(quantities('LATEST', parts)).toEqual(['0', '-2', '0']);
  });

  it('have each distinct value where it came first', () => {
    const parts = [
      tally('UNIQUE', 'a', day(2)),
      mergeTallies(tally('UNIQUE', 'a', day(11)), tally('UNIQUE', 'b', day(12))),
      tally('UNIQUE', 'b', day(20)),
    ];
    expect(quantities('UNIQUE', parts)).toEqual(['1', '1', '0']);
  });

  it.each(['MAX', 'UNIQUE', 'LATEST'] as const)('add up to the period for %s', (aggregation) => {
    fc.assert(
      fc.property(fc.array(lineParts), (lines) => {
        const all = lines.map(({ n, at }, order) => tally(aggregation, n, at, String(order + 10)));
        const two = [
          { startingAt: day(1), endingBefore: day(5) },
          { startingAt: day(5), endingBefore: day(10) },
        ];
        const parts = two.map(({ startingAt, endingBefore }) =>
          mergeAll(
            all.filter((_, i) => {
              const at = lines[i]?.at ?? '';
              return startingAt <= at && at < endingBefore;
            }),
          ),
        );
        expect(printDecimal(sum(quantitiesBySegment(aggregation, two, parts)))).toBe(
          quantity(mergeAll(all)),
        );
      }),
    );
  });
});

describe('a small whole number', () => {
  it('is what the tally says, and anything else is left to the tally', () => {
    const values = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.integer().map(String),
      decimals.map(printDecimal),
      fc.constantFrom<PropertyValue>(true, '', ' 1', '007', '1e3', -0, 0, '-5', 999_999_999, 1e9),
    );
    fc.assert(
      fc.property(values, fc.constantFrom('SUM' as const, 'COUNT' as const), (n, aggregation) => {
        const whole = wholeTallyOf(metric(aggregation), line(n));
        if (whole === undefined) return;
        const told = tallyOf(metric(aggregation), line(n), '');
        expect(told === 'passed_over' ? told : printDecimal(quantityOf(told))).toBe(String(whole));
      }),
      { numRuns: 500 },
    );
    expect(wholeTallyOf(metric('SUM'), line(-7))).toBe(-7);
    expect(wholeTallyOf(metric('SUM'), line('7'))).toBe(7);
    expect(wholeTallyOf(metric('SUM'), line(0.5))).toBeUndefined();
    expect(wholeTallyOf(metric('SUM'), line(true))).toBeUndefined();
    expect(wholeTallyOf(metric('MAX'), line(7))).toBeUndefined();
  });
});
