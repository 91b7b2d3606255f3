import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMeters } from '../../projections/meter-readings.ts';
import { openStore, type Store } from '../../projections/store.ts';
import { type BucketKey, type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { type Metric } from '../../src/catalog/events.ts';
import { addHours, covers, hourOf, instant, monthOf } from '../../src/kernel/calendar.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { present } from '../../src/kernel/invariant.ts';
import { groupKeyOf, type Meter } from '../../src/usage/groups.ts';
import { mergeAll, quantityOf, tallyOf, type Tally } from '../../src/usage/metering.ts';
import { discard, newFolder, placeOf, runs } from '../support/places.ts';
import { metricCreated } from '../support/usage-log.ts';
import { tallyText } from '../support/usage-reference.ts';

const folder = newFolder();
let store: Store<UsageTables>;
beforeAll(async () => {
  const unused = (): never => {
    throw new Error('nothing is folded here');
  };
  const projections = [usageProjection({ originalLine: unused, history: unused })];
  store = await openStore<UsageTables>({ ...placeOf(folder), name: 'usage', projections });
});
afterAll(async () => {
  await store.close();
  await discard(folder);
});

const origin = instant('2024-09-28T00:00:00Z');
const properties = ['region', 'tier'];
const metrics: readonly Metric[] = (['COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST'] as const).map(
  (aggregation) => ({ ...metricCreated(aggregation), groupKeys: [properties] }),
);

type Used = {
  readonly hour: number;
  readonly n: string;
  readonly region: string | null;
  readonly tier: string | null;
  readonly afterCut: number;
};

const events = fc.array(
  fc.record<Used>({
    hour: fc.nat({ max: 70 * 24 }),
    n: fc.constantFrom('1', '2.5', '-3'),
    region: fc.constantFrom('eu', 'us', null),
    tier: fc.constantFrom('gold', null),
    afterCut: fc.nat({ max: 2 }),
  }),
  { maxLength: 25 },
);
const intervals = fc
  .uniqueArray(fc.oneof(fc.nat({ max: 70 * 24 }), fc.constantFrom(72, 816, 1536)), {
    minLength: 2,
    maxLength: 6,
  })
  .map((hours) => hours.sort((a, b) => a - b).map((hour) => addHours(origin, hour)))
  .map((edges) =>
    edges.slice(1).map((endingBefore, index) => ({
      startingAt: present(edges[index], 'a start'),
      endingBefore,
    })),
  );

const lineOf = ({ hour, n, region, tier }: Used) => ({
  transactionId: '',
  eventType: 'used',
  timestamp: addHours(origin, hour),
  properties: { n, ...(region !== null && { region }), ...(tier !== null && { tier }) },
});

const tallyOfEvent = (metric: Metric, used: Used, order: number): Tally => {
  const tally = tallyOf(metric, lineOf(used), String(order).padStart(3, '0'));
  if (tally === 'passed_over') throw new Error('all have a decimal');
  return tally;
};

/** What counts for a metric, by the row that it stands in. */
function rowsOf(metric: Metric, used: readonly Used[]): readonly (readonly [BucketKey, Tally])[] {
  const rows = new Map<string, [BucketKey, Tally]>();
  for (const [order, one] of used.entries()) {
    const line = lineOf(one);
    const hour = hourOf(line.timestamp);
    for (const [grain, window] of [
      ['H', hour],
      ['M', monthOf(hour)],
    ] as const) {
      const group_key = groupKeyOf(properties, line);
      const place = { owner: 'c1', metric_id: metric.metricId, grain, window, group_key };
      const row = { ...place, after_cut: one.afterCut };
      const key = JSON.stringify(row);
      const tally = tallyOfEvent(metric, one, order);
      rows.set(key, [row, present(mergeAll([rows.get(key)?.[1] ?? null, tally]), 'one')]);
    }
  }
  return [...rows.values()];
}

async function write(used: readonly Used[]): Promise<void> {
  const db = store.writer;
  await db.deleteFrom('usage_bucket').execute();
  await db.deleteFrom('usage_value').execute();
  for (const [row, tally] of metrics.flatMap((metric) => rowsOf(metric, used))) {
    if (tally.aggregation === 'UNIQUE') {
      for (const [value, first_at] of tally.firstAt) {
        await db
          .insertInto('usage_value')
          .values({ ...row, value, first_at })
          .execute();
      }
      continue;
    }
    const decided = {
      decided_at: 'at' in tally ? tally.at : null,
      decided_order: 'order' in tally ? tally.order : null,
    };
    const value = printDecimal(quantityOf(tally));
    await db
      .insertInto('usage_bucket')
      .values({ ...row, value, ...decided })
      .execute();
  }
}

describe('meters', () => {
  it('read what was counted by any of the properties, in any intervals, as of any cut', async () => {
    const bys = fc.subarray(properties);
    const cuts = fc.option(fc.integer({ min: 0, max: 3 }));
    await fc.assert(
      fc.asyncProperty(events, intervals, bys, cuts, async (used, cells, by, beforeCut) => {
        await write(used);
        const meters = metrics.map(({ metricId, aggregation }): Meter => ({
          ...{ metricId, aggregation, properties, by, intervals: cells },
        }));
        const whole = meters.map((meter): Meter => ({
          ...meter,
          by: [],
          intervals: cells.slice(1),
        }));
        const asked = [...meters, ...whole];
        const readings = await readMeters(store.reader, { customerId: 'c1', beforeCut }, asked);
        for (const [index, meter] of asked.entries()) {
          const metric = present(metrics[index % metrics.length], 'its metric');
          const expected: Record<string, (Tally | null)[]> = {};
          for (const [order, one] of used.entries()) {
            const line = lineOf(one);
            const cell = meter.intervals.findIndex((to) => covers(to, line.timestamp));
            if (cell === -1 || (beforeCut !== null && one.afterCut >= beforeCut)) continue;
            const tallies = (expected[groupKeyOf(meter.by, line)] ??= meter.intervals.map(
              () => null,
            ));
            tallies[cell] = mergeAll([tallies[cell] ?? null, tallyOfEvent(metric, one, order)]);
          }
          const texts = ([group, tallies]: readonly [string, readonly (Tally | null)[]]) => [
            group,
            tallies.map(tallyText),
          ];
          expect(Object.fromEntries([...(readings[index] ?? [])].map(texts))).toEqual(
            Object.fromEntries(Object.entries(expected).map(texts)),
          );
        }
      }),
      { numRuns: runs(40) },
    );
  }, 30_000);

  it('of others are not read', async () => {
    await write([{ hour: 100, n: '1', region: 'eu', tier: null, afterCut: 0 }]);
    const [metric] = metrics;
    const { metricId, aggregation } = present(metric, 'one');
    const all = { startingAt: origin, endingBefore: addHours(origin, 2000) };
    const meter: Meter = { metricId, aggregation, properties, by: [], intervals: [all] };
    const read = async (customerId: string, asked: Meter) =>
      (await readMeters(store.reader, { customerId, beforeCut: null }, [asked]))[0]?.size;
    expect(await read('c1', meter)).toBe(1);
    expect(await read('c2', meter)).toBe(0);
    expect(await read('c1', { ...meter, metricId: 'met_other' })).toBe(0);
    expect(await readMeters(store.reader, { customerId: 'c1', beforeCut: null }, [])).toEqual([]);
  });
});
