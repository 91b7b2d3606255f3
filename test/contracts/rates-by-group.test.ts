import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pricing, type Rate } from '../../src/catalog/events.ts';
import { ratesByProduct } from '../../src/catalog/rates.ts';
import { type Override } from '../../src/contracts/events.ts';
import { ratesUnderContract, scheduleOver } from '../../src/contracts/rate-schedule.ts';
import { addHours, covers } from '../../src/kernel/calendar.ts';
import { hoursFrom } from '../support/arbitraries.ts';
import { month, october, override } from './asked.ts';

const calls = { productId: 'calls', tags: [] };
const flat = (unitPrice: string): Pricing => ({ model: 'FLAT', unitPrice });
const rate = (
  unitPrice: string,
  pricingGroupValues: Record<string, string> | null,
  change: Partial<Rate> = {},
): Rate => ({
  ...{ productId: 'calls', pricing: flat(unitPrice), entitled: true },
  ...{ startingAt: month(-9), endingBefore: null },
  ...(pricingGroupValues !== null && { pricingGroupValues }),
  ...change,
});
const slotsOf = (rates: readonly Rate[]) => ratesByProduct(rates).get('calls') ?? [];
const inForce = (rates: readonly Rate[], overrides: readonly Partial<Override>[] = []) =>
  ratesUnderContract(slotsOf(rates), overrides.map(override), calls, october).map((one) => [
    one.values,
    one.pricing.model === 'FLAT' ? one.pricing.unitPrice : one.pricing.model,
    one.entitled,
    one.source,
  ]);
const eu = { region: 'eu' };
const us = { region: 'us' };

describe('the rates in force by group values', () => {
  const card = [rate('1', null), rate('2', eu), rate('3', us), rate('4', us)];

  it('are one for each set of values, of its own rates the one added last', () => {
    expect(inForce(card)).toEqual([
      [{}, '1', true, 'RATE_CARD'],
      [eu, '2', true, 'RATE_CARD'],
      [us, '4', true, 'RATE_CARD'],
    ]);
    const both = [rate('1', { a: 'x', b: 'y' }), rate('2', { b: 'y', a: 'x' })];
    expect(inForce(both)).toHaveLength(1);
    expect(inForce([rate('2', eu, { startingAt: month(1) }), rate('3', us)])).toEqual([
      [us, '3', true, 'RATE_CARD'],
    ]);
  });

  it('are each changed by a multiplier, and replaced all by an overwrite', () => {
    expect(inForce(card, [{ multiplier: '10' }])).toEqual([
      [{}, '10', true, 'OVERRIDE'],
      [eu, '20', true, 'OVERRIDE'],
      [us, '40', true, 'OVERRIDE'],
    ]);
    expect(inForce(card, [{ overwrite: flat('7') }])).toEqual([[{}, '7', true, 'OVERRIDE']]);
    expect(inForce(card.slice(1), [{ overwrite: flat('7') }])).toEqual([
      [{}, '7', true, 'OVERRIDE'],
    ]);
  });

  it('stay apart under an overwrite where only some are entitled', () => {
    const some = [rate('2', eu, { entitled: false }), rate('3', us)];
    expect(inForce(some, [{ overwrite: flat('7') }])).toEqual([
      [eu, '7', false, 'OVERRIDE'],
      [us, '7', true, 'OVERRIDE'],
    ]);
    expect(inForce(some, [{ overwrite: flat('7'), entitled: true }])).toEqual([
      [{}, '7', true, 'OVERRIDE'],
    ]);
  });

  it('are of every model, multiplied too', () => {
    const tiers = [{ upTo: null, unitPrice: '2', flatFee: '1' }];
    const graduated = rate('1', null, { pricing: { model: 'GRADUATED', tiers } });
    const [one] = ratesUnderContract(
      slotsOf([graduated]),
      [override({ multiplier: '0.5' })],
      calls,
      october,
    );
    expect(one).toEqual({
      values: {},
      entitled: true,
      pricing: { model: 'GRADUATED', tiers: [{ upTo: null, unitPrice: '1', flatFee: '0.5' }] },
      source: 'OVERRIDE',
    });
  });
});

describe('the schedule over an interval', () => {
  const interval = { startingAt: october, endingBefore: addHours(october, 24) };
  const spans = fc
    .tuple(hoursFrom(october, 24), fc.option(fc.integer({ min: 1, max: 12 })))
    .map(([startingAt, length]) => ({
      startingAt,
      endingBefore: length === null ? null : addHours(startingAt, length),
    }));
  const prices = fc.constantFrom('1', '2', '3');
  const cards = fc.array(
    fc
      .tuple(spans, prices, fc.constantFrom(null, eu, us), fc.boolean())
      .map(([span, price, values, entitled]) => rate(price, values, { ...span, entitled })),
    { minLength: 1, maxLength: 6 },
  );
  const overriding = fc.array(
    fc
      .tuple(spans, fc.option(prices), fc.option(prices), fc.option(fc.boolean()))
      .map(([span, multiplier, price, entitled]) =>
        override({
          ...span,
          entitled,
          ...(price === null ? { multiplier } : { overwrite: flat(price) }),
        }),
      ),
    { maxLength: 4 },
  );

  it('says at every hour what is in force at it, for each set of values', () => {
    fc.assert(
      fc.property(cards, overriding, (card, overrides) => {
        const slots = slotsOf(card);
        const schedules = scheduleOver(slots, overrides, calls, interval);
        for (let hour = 0; hour < 24; hour += 1) {
          const at = addHours(october, hour);
          const covering = schedules.flatMap(({ values, stretches }) =>
            stretches
              .filter((stretch) => covers(stretch, at))
              .map(({ entitled, pricing, source }) => ({ values, entitled, pricing, source })),
          );
          for (const one of slots) {
            const [alone] = ratesUnderContract([one], overrides, calls, at);
            const own = covering.find(
              ({ values }) => JSON.stringify(values) === JSON.stringify(one.values),
            );
            const expected = alone && { ...alone, values: one.values };
            const isDefault = Object.keys(one.values).length === 0;
            if (expected !== undefined || !isDefault) expect(own).toEqual(expected);
          }
          // An overwrite is for all usage of a product that is rated at all.
          const all = ratesUnderContract(slots, overrides, calls, at);
          const overwritten = overrides.some((o) => o.overwrite !== null && covers(o, at));
          const own = covering.filter(({ values }) => Object.keys(values).length === 0);
          const hasDefault = slots.some(
            ({ values, rates }) =>
              Object.keys(values).length === 0 && rates.some((one) => covers(one, at)),
          );
          expect(own).toHaveLength(hasDefault || (overwritten && all.length > 0) ? 1 : 0);
          if (own.length > 0 && !hasDefault) {
            expect(own[0]?.entitled).toBe(all.some(({ entitled }) => entitled));
            expect(own[0]?.pricing).toEqual(all[0]?.pricing);
          }
        }
      }),
    );
  });
});
