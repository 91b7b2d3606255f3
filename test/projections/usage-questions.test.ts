import fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import { sql } from 'kysely';
import { InvalidCursor, type PageRequest } from '../../projections/page.ts';
import {
  usagePoints,
  type UsagePoint,
  type UsagePointsRequest,
} from '../../projections/usage-points.ts';
import { bucketsIn, stretchesOf } from '../../projections/usage-stretches.ts';
import { tallies } from '../../projections/usage.ts';
import { type Aggregation } from '../../src/catalog/events.ts';
import { addHours, covers, instant, type Interval } from '../../src/kernel/calendar.ts';
import { type UsageLine } from '../../src/usage/events.ts';
import { mergeAll, tallyOf } from '../../src/usage/metering.ts';
import { runs, storeKind } from '../support/places.ts';
import { metrics } from '../support/usage-arbitraries.ts';
import {
  customerCreated,
  periodClosed,
  recorded,
  usage,
  used,
  useUsageStore,
} from '../support/usage-log.ts';
import { tallyText } from '../support/usage-reference.ts';

const store = useUsageStore();
const origin = instant('2024-08-28T00:00:00Z');
const between = (startingAt: string, endingBefore: string): Interval => ({
  startingAt: instant(startingAt),
  endingBefore: instant(endingBefore),
});
const october = between('2024-10-01T00:00:00Z', '2024-11-01T00:00:00Z');

describe('tallies', () => {
  const hundredDays = fc.nat({ max: 100 * 24 });
  const sent = fc.array(fc.tuple(hundredDays, fc.constantFrom('1', '2', '-3')), { maxLength: 15 });
  const disjoint = fc
    .uniqueArray(fc.oneof(hundredDays, fc.constantFrom(96, 816, 1560, 2280)), { maxLength: 9 })
    .map((hours) => hours.sort((a, b) => a - b).map((hour) => addHours(origin, hour)))
    .chain((bounds) =>
      fc.subarray(
        bounds.slice(1).map((endingBefore, i) => ({
          startingAt: bounds[i] ?? endingBefore,
          endingBefore,
        })),
      ),
    );

  it('are those of the lines in each interval, wherever it starts and ends', async () => {
    await fc.assert(
      fc.asyncProperty(sent, disjoint, async (hours, intervals) => {
        const lines = hours.map(([hour, n], i) =>
          used(`t${String(i)}`, addHours(origin, hour).replace('00.000Z', '30.000Z'), n),
        );
        const db = await store.fold(
          recorded([...metrics, customerCreated('c1'), ...lines.map((line) => usage('c1', line))]),
        );
        for (const metric of metrics) {
          const { metricId, aggregation } = metric;
          const request = { customerId: 'c1', metricId, aggregation, intervals, beforeCut: null };
          const expected = intervals.map((interval) =>
            mergeAll(
              lines
                .map((line, i) => ({ line, order: String(i).padStart(3, '0') }))
                .filter(({ line }) => covers(interval, line.timestamp))
                .map(({ line, order }) => tallyOf(metric, line, order))
                .map((tally) => (tally === 'passed_over' ? null : tally)),
            ),
          );
          expect((await tallies(db, request)).map(tallyText)).toEqual(expected.map(tallyText));
        }
      }),
      { numRuns: runs(40) },
    );
  }, 30_000);

  it('as of a cut leave out what was recorded after it', async () => {
    const at = '2024-10-05T10:00:00Z';
    const db = await store.fold(
      recorded([
        ...metrics,
        customerCreated('c1'),
        usage('c1', used('t1', at, 'a')),
        periodClosed('c1', 1, october.endingBefore),
        usage('c1', used('t2', at, 'b')),
        periodClosed('c1', 2, october.endingBefore),
        usage('c1', used('t3', at, 'b'), used('t4', at, 'c')),
      ]),
    );
    const asOf = async (aggregation: Aggregation, beforeCut: number | null): Promise<string[]> => {
      const metricId = `met_${aggregation}`;
      const request = { customerId: 'c1', metricId, aggregation, intervals: [october], beforeCut };
      return (await tallies(db, request)).map(tallyText);
    };
    expect(await asOf('COUNT', 1)).toEqual(['1']);
    expect(await asOf('COUNT', 2)).toEqual(['2']);
    expect(await asOf('COUNT', null)).toEqual(['4']);
    const first = instant(at);
    expect(await asOf('UNIQUE', 2)).toEqual([
      JSON.stringify([
        ['a', first],
        ['b', first],
      ]),
    ]);
    expect(await asOf('SUM', null)).toEqual(['0']);
  });

  it('read a month as one row, however many hours have usage', async () => {
    const lines = Array.from({ length: 300 }, (_, hour) =>
      used(`t${String(hour)}`, addHours(october.startingAt, hour)),
    );
    const db = await store.fold(
      recorded([...metrics, customerCreated('c1'), usage('c1', ...lines)]),
    );
    const meter = { customerId: 'c1', metricId: 'met_COUNT', beforeCut: null };
    expect(await bucketsIn(db, meter, stretchesOf([october]))).toMatchObject([{ value: '300' }]);
  });

  it.runIf(storeKind === 'sqlite')('are searched for in the primary key', async () => {
    const db = await store.fold(recorded(metrics));
    const plan = await sql<{ detail: string }>`explain query plan ${sql.raw(`
      select * from usage_bucket where owner = 'c' and metric_id = 'm' and grain = 'H'
      and "window" >= 'a' and "window" < 'b' and after_cut < 3`)}`.execute(db);
    expect(plan.rows.map(({ detail }) => detail)).toEqual([
      'SEARCH usage_bucket USING PRIMARY KEY (owner=? AND metric_id=? AND grain=? AND window>? AND window<?)',
    ]);
  });

  it('are read in stretches of one grain', () => {
    const halves = [
      between('2024-09-10T05:00:00Z', '2024-10-15T00:00:00Z'),
      between('2024-10-15T00:00:00Z', '2025-02-03T00:00:00Z'),
    ];
    expect(stretchesOf(halves)).toEqual([
      { grain: 'H', ...between('2024-09-10T05:00:00Z', '2024-11-01T00:00:00Z') },
      { grain: 'H', ...between('2025-02-01T00:00:00Z', '2025-02-03T00:00:00Z') },
      { grain: 'M', ...between('2024-11-01T00:00:00Z', '2025-02-01T00:00:00Z') },
    ]);
  });
});

describe('usage points', () => {
  const lines: UsageLine[] = [
    used('t1', '2024-10-05T10:15:00Z', '1'),
    used('t2', '2024-10-05T10:45:00Z', '2'),
    used('t3', '2024-10-05T23:59:59.999Z', '1'),
    used('t4', '2024-10-06T00:00:00Z', '4'),
    used('t5', '2024-11-01T00:00:00Z', '4'),
  ];
  const points = async (
    window: UsagePointsRequest['window'],
    aggregation: Aggregation,
    interval: Interval,
    page: Partial<PageRequest> = {},
  ) => {
    const db = await store.fold(
      recorded([...metrics, customerCreated('c1'), usage('c1', ...lines)]),
    );
    const metric = { metricId: `met_${aggregation}`, aggregation, groupKeys: [] };
    const request = { customerId: 'c1', metric, window, groupBy: [], ...interval };
    return usagePoints(db, request, { first: 10, after: null, ...page });
  };
  const told = (nodes: readonly { readonly node: UsagePoint }[]): string[] =>
    nodes.map(
      ({ node }) =>
        `${node.startingAt.slice(0, 13)} ${node.endingBefore.slice(0, 13)} ${node.value}`,
    );

  it('leave out windows without usage, and clip the others to the range', async () => {
    const range = between('2024-10-05T10:00:00Z', '2024-11-01T02:00:00Z');
    expect(told((await points('HOUR', 'SUM', range)).edges)).toEqual([
      '2024-10-05T10 2024-10-05T11 3',
      '2024-10-05T23 2024-10-06T00 1',
      '2024-10-06T00 2024-10-06T01 4',
      '2024-11-01T00 2024-11-01T01 4',
    ]);
    expect(told((await points('DAY', 'SUM', range)).edges)).toEqual([
      '2024-10-05T10 2024-10-06T00 4',
      '2024-10-06T00 2024-10-07T00 4',
      '2024-11-01T00 2024-11-01T02 4',
    ]);
    expect(told((await points('MONTH', 'SUM', range)).edges)).toEqual([
      '2024-10-05T10 2024-11-01T00 8',
      '2024-11-01T00 2024-11-01T02 4',
    ]);
  });

  it('have each window’s own value for MAX, UNIQUE and LATEST', async () => {
    const range = between('2024-10-01T00:00:00Z', '2024-12-01T00:00:00Z');
    const values = async (aggregation: Aggregation): Promise<string[]> =>
      (await points('DAY', aggregation, range)).edges.map(({ node }) => node.value);
    expect(await values('MAX')).toEqual(['2', '4', '4']);
    expect(await values('UNIQUE')).toEqual(['2', '1', '1']);
    expect(await values('LATEST')).toEqual(['1', '4', '4']);
    expect(told((await points('MONTH', 'UNIQUE', range)).edges)).toEqual([
      '2024-10-01T00 2024-11-01T00 3',
      '2024-11-01T00 2024-12-01T00 1',
    ]);
  });

  it('are one for no window, zero without usage', async () => {
    const empty = between('2024-10-07T00:00:00Z', '2024-10-08T00:00:00Z');
    expect(told((await points('NONE', 'UNIQUE', october)).edges)).toEqual([
      '2024-10-01T00 2024-11-01T00 3',
    ]);
    expect(told((await points('NONE', 'MAX', empty)).edges)).toEqual([
      '2024-10-07T00 2024-10-08T00 0',
    ]);
    expect((await points('DAY', 'MAX', empty)).edges).toEqual([]);
  });

  it('come page by page, each once', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await points('HOUR', 'COUNT', october, { first: 2, after });
      expect(page.totalCount).toBe(3);
      expect(page.hasPreviousPage).toBe(after !== null);
      seen.push(...told(page.edges));
      after = page.hasNextPage ? (page.edges.at(-1)?.cursor ?? null) : null;
    } while (after !== null);
    expect(seen).toEqual([
      '2024-10-05T10 2024-10-05T11 2',
      '2024-10-05T23 2024-10-06T00 1',
      '2024-10-06T00 2024-10-06T01 1',
    ]);
    await expect(points('HOUR', 'COUNT', october, { after: 'garbage' })).rejects.toThrow(
      InvalidCursor,
    );
  });
});
