import fc from 'fast-check';
import { addHours, instant } from '../../src/kernel/calendar.ts';
import { type BillableMetricCreated } from '../../src/catalog/events.ts';
import { type PropertyValue, type UsageLine, type UsageRecorded } from '../../src/usage/events.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  periodClosed,
  usage,
  used,
  type UsageChange,
} from './usage-log.ts';

const customers = ['c1', 'c2'] as const;
const aliases = ['a1', 'a2'] as const;

/** SUM and UNIQUE are grouped. */
export const metrics = (['COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST'] as const).map(
  (aggregation): BillableMetricCreated => ({
    ...metricCreated(aggregation),
    groupKeys: aggregation === 'SUM' || aggregation === 'UNIQUE' ? [['zone', 'plan']] : [],
  }),
);

const noon = instant('2024-09-30T22:30:00Z');

/** Few ids, instants and values, so that they meet. */
const lines: fc.Arbitrary<UsageLine> = fc
  .record({
    id: fc.nat({ max: 25 }),
    hour: fc.nat({ max: 3 }),
    days: fc.constantFrom(0, 0, 14, 31),
    n: fc.option(fc.constantFrom<PropertyValue[]>('0.1', 2, '3', -1, 'x', true), {
      nil: undefined,
    }),
    eventType: fc.constantFrom('used', 'used', 'used', 'other'),
    groups: fc.record(
      {
        plan: fc.constant('a b'),
        zone: fc.constantFrom<PropertyValue[]>('1', 1, true, 'true', ''),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ id, hour, days, n, eventType, groups }) => {
    const line = used(`t${String(id)}`, addHours(noon, days * 24 + hour), n, eventType);
    return { ...line, properties: { ...line.properties, ...groups } };
  });

const usageRecorded: fc.Arbitrary<UsageRecorded> = fc
  .tuple(fc.constantFrom(...customers, ...aliases), fc.array(lines, { minLength: 1, maxLength: 4 }))
  .map(([key, batch]) => usage(key, ...batch));

const keysSet = fc
  .tuple(fc.constantFrom(...customers), fc.subarray([...aliases]))
  .map(([customerId, wanted]) => aliasesSet(customerId, ...wanted));

const closing = fc
  .tuple(fc.constantFrom(...customers), fc.constantFrom(0, 1, 31))
  .map(([customerId, days]) =>
    periodClosed(customerId, 0, addHours(instant('2024-10-01T00:00:00Z'), days * 24)),
  );

/** A log as the deciders would let it come to be: a key has one holder, and cuts are counted. */
function allowed(wishes: readonly UsageChange[]): UsageChange[] {
  const held = new Map<string, readonly string[]>();
  const cuts = new Map<string, number>();
  return wishes.map((event) => {
    if (event.type === 'PeriodClosed') {
      const cut = (cuts.get(event.customerId) ?? 0) + 1;
      cuts.set(event.customerId, cut);
      return { ...event, cut };
    }
    if (event.type !== 'IngestAliasesSet') return event;
    const { customerId } = event;
    const taken = [...held].flatMap(([holder, keys]) => (holder === customerId ? [] : keys));
    const free = event.ingestAliases.filter((alias) => !taken.includes(alias));
    const known = held.has(customerId);
    held.set(customerId, free);
    return known ? aliasesSet(customerId, ...free) : customerCreated(customerId, ...free);
  });
}

/**
 * Usage, customers that come, take and give back aliases, and cuts; every metric is created
 * somewhere.
 */
export const logs: fc.Arbitrary<UsageChange[]> = fc
  .tuple(
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: usageRecorded },
        { weight: 3, arbitrary: keysSet },
        { weight: 1, arbitrary: closing },
      ),
      { minLength: 3, maxLength: 25 },
    ),
    fc.tuple(...metrics.map(() => fc.nat({ max: 25 }))),
  )
  .map(([wishes, places]) => {
    const log = allowed(wishes);
    metrics.forEach((metric, index) => {
      log.splice(places[index] ?? 0, 0, metric);
    });
    return log;
  });

export const batchSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
