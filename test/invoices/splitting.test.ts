import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rate as ratePeriod } from '../../src/invoices/rating.ts';
import { termsOver } from '../../src/invoices/terms.ts';
import { addHours, covers, type Interval } from '../../src/kernel/calendar.ts';
import { printDecimal, sum } from '../../src/kernel/decimal.ts';
import { mergeAll, tallyOf, type Tally } from '../../src/usage/metering.ts';
import { hoursFrom } from '../support/arbitraries.ts';
import { pricings } from './pricings.ts';
import { catalog, contract, january, rate, reading, segment, terms } from './given.ts';

const period: Interval = { startingAt: january, endingBefore: addHours(january, 48) };
const hour = hoursFrom(addHours(january, 1), 46);
const events = fc.array(
  fc.record({ at: hoursFrom(january, 48), n: fc.integer({ min: -9, max: 99 }) }),
  { maxLength: 20 },
);
const aggregations = fc.constantFrom('COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST');

describe('a period split at an instant where nothing changes', () => {
  it('is billed by the same terms, at any price', () => {
    fc.assert(
      fc.property(pricings, hour, (pricing, at) => {
        const once = [rate('rows', { pricing })];
        const again = [...once, rate('rows', { pricing, startingAt: at })];
        const [whole, split] = [once, again].map((rates) =>
          termsOver(contract(), [], catalog(rates), period),
        );
        expect(split).toEqual(whole);
        expect(whole?.[0]?.segments).toHaveLength(1);
      }),
    );
  });

  it('has the same quantity, and at a FLAT price in whole cents the same total', () => {
    fc.assert(
      fc.property(events, hour, aggregations, (used, at, aggregation) => {
        const metric = { aggregation, aggregationKey: 'n' } as Parameters<typeof tallyOf>[0];
        const tallyIn = (interval: Interval): Tally | null =>
          mergeAll(
            used.map((one, index) => {
              const { at: timestamp, n } = one;
              if (!covers(interval, timestamp)) return null;
              const line = { transactionId: '', eventType: '', timestamp, properties: { n } };
              const tally = tallyOf(metric, line, String(index).padStart(3, '0'));
              return tally === 'passed_over' ? null : tally;
            }),
          );
        const billed = (...edges: readonly Interval[]) => {
          const of = terms(
            aggregation,
            edges.map((one) => segment(one.startingAt, one.endingBefore, '0.07')),
          );
          const lines = ratePeriod([of], [reading(...edges.map(tallyIn))], 'USD').flatMap(
            (one) => one.lines,
          );
          return [
            printDecimal(sum(lines.map((line) => line.quantity))),
            printDecimal(sum(lines.map((line) => line.amount))),
          ];
        };
        const halves = [
          { startingAt: january, endingBefore: at },
          { startingAt: at, endingBefore: period.endingBefore },
        ];
        expect(billed(...halves)).toEqual(billed(period));
      }),
    );
  });
});
