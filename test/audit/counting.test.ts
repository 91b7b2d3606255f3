import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounter } from '../../src/audit/counting.ts';
import { type Aggregation, type Metric } from '../../src/catalog/events.ts';
import { addHours, instant } from '../../src/kernel/calendar.ts';
import { printDecimal, sum, whole } from '../../src/kernel/decimal.ts';
import { type PropertyValue, type UsageLine } from '../../src/usage/events.ts';
import { type Meter } from '../../src/usage/groups.ts';
import { quantityOf, tallyOf } from '../../src/usage/metering.ts';

const start = instant('2024-10-01T00:00:00Z');
const metric = (aggregation: Aggregation): Metric => ({
  metricId: aggregation,
  name: aggregation,
  aggregation,
  aggregationKey: aggregation === 'COUNT' ? null : 'n',
  eventTypeFilter: { inValues: ['used'], notInValues: null },
  propertyFilters: [],
  groupKeys: [],
  createdAt: start,
});
const interval = (from: number, to: number) => ({
  startingAt: addHours(start, from),
  endingBefore: addHours(start, to),
});
const meter = (aggregation: Aggregation): Meter => ({
  metricId: aggregation,
  aggregation,
  properties: [],
  by: [],
  intervals: [interval(0, 2), interval(3, 5)],
});
const used = (hour: number, n: PropertyValue, eventType = 'used'): UsageLine => ({
  transactionId: 't',
  eventType,
  timestamp: addHours(start, hour),
  properties: { n },
});

function counted(aggregation: Aggregation, lines: readonly UsageLine[]) {
  const metrics = new Map([[aggregation, metric(aggregation)]]);
  const counter = createCounter([meter(aggregation)], metrics);
  for (const line of lines) counter.count(line);
  return counter
    .readings()[0]
    ?.get('')
    ?.map((tally) => tally && printDecimal(quantityOf(tally)));
}

describe('counting usage line by line', () => {
  it('adds up numbers of every kind exactly, in the interval that they fall into', () => {
    const values = fc.oneof(
      fc.integer({ min: -5, max: 2 ** 31 - 1 }),
      fc.constantFrom<PropertyValue>('0.1', '999999999', '-3', 'x', true, '9007199254740993'),
    );
    const lines = fc.array(fc.tuple(fc.nat({ max: 6 }), values), { minLength: 1 });
    fc.assert(
      fc.property(lines, (wanted) => {
        const all = wanted.map(([hour, n]) => used(hour, n));
        const of = (from: number, to: number) =>
          all.filter(
            ({ timestamp: at }) => addHours(start, from) <= at && at < addHours(start, to),
          );
        const expected = [of(0, 2), of(3, 5)].map((some) => {
          const tallies = some
            .map((line) => tallyOf(metric('SUM'), line, ''))
            .filter((tally) => tally !== 'passed_over');
          return tallies.length === 0 ? null : printDecimal(sum(tallies.map(quantityOf)));
        });
        const nothing = expected.every((one) => one === null);
        expect(counted('SUM', all)).toEqual(nothing ? undefined : expected);
      }),
    );
  });

  it('stays exact where many numbers come to a large one', () => {
    const most = 999_999_999;
    const times = 100_000;
    const metrics = new Map([['SUM', metric('SUM')]]);
    const counter = createCounter([meter('SUM')], metrics);
    const line = used(1, most);
    for (let count = 0; count < times; count += 1) counter.count(line);
    counter.count(used(1, '0.5'));
    const [total] = counter.readings()[0]?.get('') ?? [];
    const expected = printDecimal(whole(BigInt(most) * BigInt(times)));
    expect(printDecimal(quantityOf(total ?? null))).toBe(`${expected}.5`);
  });

  it('takes the largest and the last, and nothing of another type', () => {
    const lines = [used(0, 3), used(1, '7.5'), used(1, 2), used(0, 100, 'other'), used(4, '-1')];
    expect(counted('MAX', lines)).toEqual(['7.5', '-1']);
    expect(counted('LATEST', lines)).toEqual(['2', '-1']);
    expect(counted('COUNT', lines)).toEqual(['3', '1']);
    expect(counted('UNIQUE', lines)).toEqual(['3', '1']);
  });
});
