import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Aggregation, type Metric } from '../../src/catalog/events.ts';
import { addHours, instant } from '../../src/kernel/calendar.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { type UsageLine } from '../../src/usage/events.ts';
import { type Meter } from '../../src/usage/groups.ts';
import { mergeAll, quantityOf, tallyOf } from '../../src/usage/metering.ts';
import { isCounted, newLines, readingOf } from '../../src/usage/previewing.ts';

const from = instant('2024-10-01T00:00:00Z');
const metricOf = (aggregation: Aggregation, groupKeys: Metric['groupKeys'] = []): Metric => ({
  metricId: 'met_1',
  name: 'Rows',
  aggregation,
  aggregationKey: aggregation === 'COUNT' ? null : 'n',
  eventTypeFilter: { inValues: ['rows'], notInValues: null },
  propertyFilters: [],
  groupKeys,
  createdAt: from,
});
const meterOf = (metric: Metric, change: Partial<Meter> = {}): Meter => ({
  metricId: metric.metricId,
  aggregation: metric.aggregation,
  properties: [],
  by: [],
  intervals: [
    { startingAt: from, endingBefore: addHours(from, 24) },
    { startingAt: addHours(from, 24), endingBefore: addHours(from, 48) },
  ],
  ...change,
});
const line = (hour: number, n: string, change: Partial<UsageLine> = {}): UsageLine => ({
  transactionId: `t-${String(hour)}-${n}`,
  eventType: 'rows',
  timestamp: addHours(from, hour),
  properties: { n },
  ...change,
});
const printed = (reading: ReturnType<typeof readingOf>) =>
  Object.fromEntries(
    [...reading].map(([group, tallies]) => [
      group,
      tallies.map((tally) => tally && printDecimal(quantityOf(tally))),
    ]),
  );

describe('lines that are not recorded', () => {
  const keyed = (key: string, transactionId: string, n = '1') => ({
    key,
    line: line(0, n, { transactionId }),
  });
  const held = new Set(['cus_1', 'alias']);

  it('are the first of their ids, under keys that are held', () => {
    const lines = [
      ...[keyed('cus_1', 'a'), keyed('alias', 'b'), keyed('cus_1', 'a', '2')],
      ...[keyed('other', 'c'), keyed('cus_1', 'c'), keyed('cus_1', 'recorded')],
    ];
    const kept = newLines(lines, held, new Set(['recorded']));
    expect(kept).toEqual([lines[0]?.line, lines[1]?.line]);
  });

  it('count where a metric sees them and can use them', () => {
    const metrics = [metricOf('SUM'), { ...metricOf('COUNT'), metricId: 'met_2' }];
    expect(isCounted(metrics, line(0, 'x'))).toBe(true);
    expect(isCounted(metrics.slice(0, 1), line(0, 'x'))).toBe(false);
    expect(isCounted(metrics, line(0, '1', { eventType: 'columns' }))).toBe(false);
  });
});

describe('what a meter would read of them', () => {
  it('is by interval, nothing outside', () => {
    const metric = metricOf('SUM');
    const lines = [line(-1, '50'), line(0, '1'), line(23, '2'), line(24, '4'), line(48, '50')];
    expect(printed(readingOf(metric, meterOf(metric), lines))).toEqual({ '': ['3', '4'] });
    expect(readingOf(metric, meterOf(metric), []).size).toBe(0);
    expect(readingOf(metric, meterOf(metric), [line(0, 'x')]).size).toBe(0);
  });

  it('is by the groups that are asked for', () => {
    const metric = metricOf('SUM', [['region', 'tier']]);
    const properties = ['region', 'tier'];
    const of = (region: string, tier: string, n: string) =>
      line(0, n, { transactionId: `${region}${tier}`, properties: { n, region, tier } });
    const lines = [of('eu', 'a', '1'), of('eu', 'b', '2'), of('us', 'a', '4'), line(0, '8')];
    const read = (by: readonly string[]) =>
      printed(readingOf(metric, meterOf(metric, { properties, by }), lines));
    expect(read([])).toEqual({ '': ['15', null] });
    expect(read(['region'])).toEqual({
      '["eu"]': ['3', null],
      '["us"]': ['4', null],
      '[null]': ['8', null],
    });
    expect(read(properties)).toMatchObject({ '["eu","b"]': ['2', null] });
  });

  it('of a tie for the latest is the last, after all that is recorded', () => {
    const metric = metricOf('LATEST');
    const lines = Array.from({ length: 12 }, (_, n) => line(0, String(n)));
    const reading = readingOf(metric, meterOf(metric), lines);
    expect(printed(reading)).toEqual({ '': ['11', null] });
    const recorded = tallyOf(metric, line(0, '99'), `${'9'.repeat(16)}-${'9'.repeat(7)}`);
    if (recorded === 'passed_over') throw new Error('99 is a number');
    const merged = mergeAll([recorded, ...(reading.get('') ?? [])]);
    expect(printDecimal(quantityOf(merged))).toBe('11');
  });

  it('comes to what the lines come to, one by one', () => {
    const aggregations = fc.constantFrom('COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST');
    const lines = fc.array(
      fc.tuple(fc.nat(47), fc.constantFrom('1', '2', '-3', '0.5', 'x')).map(([h, n]) => line(h, n)),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(aggregations, lines, (aggregation: Aggregation, used) => {
        const metric = metricOf(aggregation);
        const read = readingOf(metric, meterOf(metric), used).get('') ?? [];
        const tallies = used.map((one, index) => tallyOf(metric, one, String(index).padStart(7)));
        const usable = tallies.filter((tally) => tally !== 'passed_over');
        expect(printDecimal(quantityOf(mergeAll(read)))).toBe(
          printDecimal(quantityOf(mergeAll(usable))),
        );
      }),
    );
  });
});
