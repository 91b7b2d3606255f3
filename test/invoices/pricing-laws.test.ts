import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pricing } from '../../src/catalog/events.ts';
import { multiplied, pricingKey, samePricing } from '../../src/catalog/pricing.ts';
import { price } from '../../src/invoices/pricing.ts';
import {
  add,
  compare,
  decimal,
  multiply,
  printDecimal,
  reduced,
  sum,
  whole,
  zero,
  type Decimal,
} from '../../src/kernel/decimal.ts';
import { prices } from '../support/arbitraries.ts';
import { pricings, quantities, tierLists } from './pricings.ts';
import { centsFor } from './reference.ts';

const total = (pricing: Pricing, quantity: Decimal): Decimal =>
  sum(price(pricing, quantity, 'USD').map(({ amount }) => amount));
const same = (a: Decimal, b: Decimal): void => {
  expect(printDecimal(a)).toBe(printDecimal(b));
};
const notNegative = quantities.filter((quantity) => compare(quantity, zero) >= 0);

describe('any price', () => {
  it('comes to what whole-number arithmetic says', () => {
    fc.assert(
      fc.property(pricings, quantities, (pricing, quantity) => {
        const cents = centsFor(pricing, printDecimal(quantity));
        same(total(pricing, quantity), reduced(cents, 2));
      }),
      { numRuns: 1000 },
    );
  });

  it('bills what is left of the quantity once the free units are off', () => {
    fc.assert(
      fc.property(pricings, notNegative, notNegative, (pricing, quantity, free) => {
        const { freeUnits: _own, ...without } = pricing;
        const withFree: Pricing = { ...without, freeUnits: printDecimal(free) };
        expect(price(withFree, add(quantity, free), 'USD')).toEqual(
          price(without, quantity, 'USD'),
        );
        same(total(withFree, free), zero);
        const lines = price(without, quantity, 'USD');
        same(sum(lines.map((line) => line.quantity)), quantity);
      }),
    );
  });

  it('times a factor costs that many times as much, where nothing is rounded', () => {
    const factors = fc.integer({ min: 0, max: 50 }).map((factor) => whole(BigInt(factor)));
    // Tenths of units at whole prices come to whole cents.
    const wholePrices = fc.integer({ min: 0, max: 999 }).map(String);
    fc.assert(
      fc.property(pricings, wholePrices, fc.nat(300), factors, (any, to, quantity, factor) => {
        const pricing = repriced(any, to);
        const units = whole(BigInt(quantity));
        same(total(multiplied(pricing, factor), units), multiply(total(pricing, units), factor));
      }),
    );
  });

  it('is the same price however its numbers are written, and no other', () => {
    fc.assert(
      fc.property(pricings, pricings, (a, b) => {
        const padded = JSON.parse(
          JSON.stringify(a, (key, value: unknown) =>
            typeof value === 'string' && key !== 'model' ? padZeros(value) : value,
          ),
        ) as Pricing;
        expect(samePricing(a, padded)).toBe(true);
        expect(pricingKey(a) === pricingKey(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

const padZeros = (text: string): string => (text.includes('.') ? `${text}0` : `${text}.0`);

/** The same shape, with every price the same. */
const repriced = (pricing: Pricing, to: string): Pricing =>
  JSON.parse(
    JSON.stringify(pricing, (key, value: unknown) =>
      ['unitPrice', 'flatFee', 'packagePrice', 'rate'].includes(key) && value !== null ? to : value,
    ),
  ) as Pricing;

describe('a GRADUATED price', () => {
  it('grows with the quantity', () => {
    fc.assert(
      fc.property(tierLists, quantities, notNegative, (tiers, quantity, more) => {
        const pricing: Pricing = { model: 'GRADUATED', tiers };
        const before = total(pricing, quantity);
        expect(compare(total(pricing, add(quantity, more)), before)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('gives a line for each tier that is entered, in order', () => {
    fc.assert(
      fc.property(tierLists, notNegative, (tiers, quantity) => {
        const bounds = tiers.flatMap(({ upTo }) => (upTo === null ? [] : [decimal(upTo)]));
        const entered = 1 + bounds.filter((bound) => compare(quantity, bound) > 0).length;
        const lines = price({ model: 'GRADUATED', tiers }, quantity, 'USD');
        expect(lines.map(({ tier }) => tier)).toEqual(
          Array.from({ length: entered }, (_, index) => index + 1),
        );
      }),
    );
  });
});

describe('of one tier', () => {
  it.each(['GRADUATED', 'VOLUME'] as const)('%s is FLAT', (model) => {
    fc.assert(
      fc.property(prices, notNegative, (unitPrice, quantity) => {
        const tiers = [{ upTo: null, unitPrice, flatFee: null }];
        same(total({ model, tiers }, quantity), total({ model: 'FLAT', unitPrice }, quantity));
      }),
    );
  });
});

describe('packages of one', () => {
  it('are FLAT on whole numbers', () => {
    fc.assert(
      fc.property(prices, fc.bigInt({ min: 0n, max: 10n ** 40n }), (packagePrice, units) => {
        const packages: Pricing = { model: 'PACKAGE', packageSize: '1', packagePrice };
        const flat: Pricing = { model: 'FLAT', unitPrice: packagePrice };
        same(total(packages, whole(units)), total(flat, whole(units)));
      }),
    );
  });
});
