import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rate } from '../../src/catalog/events.ts';
import { ambiguousRate } from '../../src/catalog/groups.ts';
import { cellsOf } from '../../src/invoices/groups.ts';
import { rate as ratePeriod, unrated } from '../../src/invoices/rating.ts';
import { addHours, covers, type Instant } from '../../src/kernel/calendar.ts';
import { add, decimal, printDecimal, zero } from '../../src/kernel/decimal.ts';
import { present } from '../../src/kernel/invariant.ts';
import { groupKeyFrom } from '../../src/usage/groups.ts';
import { type Tally } from '../../src/usage/metering.ts';
import { hoursFrom } from '../support/arbitraries.ts';
import { january } from './given.ts';
import { at, termsOf } from './grouped.ts';

describe('whatever rates there are and whatever is used', () => {
  const end = addHours(january, 24);
  const values = fc.constantFrom<Record<string, string> | null>(
    ...[null, { region: 'eu' }, { region: 'us' }, { tier: 'gold' }],
    ...[
      { region: 'eu', tier: 'gold' },
      { region: 'us', tier: 'silver' },
    ],
  );
  const rates = fc
    .array(
      fc
        .record({
          values,
          price: fc.constantFrom('1', '2', '3'),
          start: hoursFrom(january, 12),
          hours: fc.option(fc.integer({ min: 1, max: 12 })),
          entitled: fc.boolean(),
        })
        .map(({ values: of, price, start, hours, entitled }) =>
          at(price, of, {
            startingAt: start,
            endingBefore: hours === null ? null : addHours(start, hours),
            entitled,
          }),
        ),
      { minLength: 1, maxLength: 7 },
    )
    .filter((list) => ambiguousRate([], list) === undefined);
  const events = fc.array(
    fc.record({
      at: hoursFrom(january, 24),
      n: fc.integer({ min: 1, max: 9 }),
      region: fc.constantFrom('eu', 'us', 'asia', null),
      tier: fc.constantFrom('gold', 'silver', null),
    }),
    { maxLength: 20 },
  );

  /** The rate for one event, found among all of them (billing rules 15 and 18). */
  const rateFor = (list: readonly Rate[], event: { at: Instant } & Record<string, unknown>) =>
    list
      .map((one, order) => ({ one, order, values: Object.entries(one.pricingGroupValues ?? {}) }))
      .filter(
        ({ one, values: of }) => covers(one, event.at) && of.every(([k, v]) => event[k] === v),
      )
      .sort(
        (a, b) =>
          b.values.length - a.values.length ||
          (a.one.startingAt < b.one.startingAt
            ? 1
            : a.one.startingAt > b.one.startingAt
              ? -1
              : 0) ||
          b.order - a.order,
      )[0]?.one;

  const sumInto = (sums: Record<string, string>, key: string, n: string): void => {
    sums[key] = printDecimal(add(decimal(sums[key] ?? '0'), decimal(n)));
  };

  it('each event is billed once, at the price of its rate, or is told as unrated', () => {
    fc.assert(
      fc.property(rates, events, (list, used) => {
        const interval = { startingAt: january, endingBefore: end };
        const keys = { pricingGroupKey: ['tier', 'region'] };
        const [terms] = termsOf(list, [], keys, interval);
        const expected: Record<string, string> = {};
        for (const event of used) {
          const found = rateFor(list, event);
          const group = groupKeyFrom({ region: event.region, tier: event.tier });
          if (found === undefined) sumInto(expected, `${group} unrated`, String(event.n));
          else if (found.entitled && found.pricing.model === 'FLAT') {
            sumInto(expected, `${group} ${found.pricing.unitPrice}`, String(event.n));
          }
        }
        const actual: Record<string, string> = {};
        if (terms !== undefined) {
          const cells = cellsOf(terms);
          const reading = new Map<string, (Tally | null)[]>();
          for (const { at: when, n, region, tier } of used) {
            const group = groupKeyFrom({ region, tier });
            const tallies = reading.get(group) ?? cells.map(() => null);
            const cell = cells.findIndex((one) => covers(one, when));
            const known = tallies[cell] ?? null;
            const before = known !== null && 'total' in known ? known.total : zero;
            tallies[cell] = { aggregation: 'SUM', total: add(before, decimal(String(n))) };
            reading.set(group, tallies);
          }
          for (const one of ratePeriod([terms], [reading], 'USD')) {
            for (const line of one.lines) {
              const price = printDecimal(present(line.unitPrice, 'a FLAT line has a price'));
              const quantity = printDecimal(line.quantity);
              if (quantity !== '0') sumInto(actual, `${one.group} ${price}`, quantity);
            }
          }
          for (const one of unrated(terms, reading)) {
            sumInto(actual, `${one.group} unrated`, printDecimal(one.quantity));
          }
        }
        expect(actual).toEqual(expected);
      }),
      { numRuns: 400 },
    );
  });
});
