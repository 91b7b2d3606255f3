import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pricing } from '../../src/catalog/events.ts';
import {
  chargeArithmetic,
  lateArithmetic,
  usageArithmetic,
} from '../../src/invoices/arithmetic.ts';
import { price, type PricedLine } from '../../src/invoices/pricing.ts';
import {
  add,
  decimal,
  equals,
  multiply,
  printDecimal,
  subtract,
  sum,
  zero,
  type Decimal,
} from '../../src/kernel/decimal.ts';
import { roundAmount } from '../../src/kernel/money.ts';
import { pricings, quantities } from './pricings.ts';

const currencies = fc.constantFrom('USD', 'JPY', 'KWD');
const written = ({ quantity, amount, tier }: PricedLine) => ({
  quantity: printDecimal(quantity),
  amount: printDecimal(amount),
  tier,
});
const told = (pricing: Pricing, quantity: string, currency = 'USD', multiplier?: string | null) =>
  price(pricing, decimal(quantity), currency).map((line) =>
    usageArithmetic({
      line: written(line),
      pricing,
      currency,
      overrides: multiplier === undefined ? [] : [{ multiplier }],
    }),
  );

/** The amounts that the words end with. */
function lastAmount(words: string, currency: string): Decimal {
  const amounts = [...words.matchAll(/(-?[\d.]+) ([A-Z]{3})/g)];
  const [, amount = '', of] = amounts.at(-1) ?? [];
  expect(of).toBe(currency);
  return decimal(amount);
}

describe('the arithmetic of a line', () => {
  it('ends with what the line charges, for every price', () => {
    fc.assert(
      fc.property(pricings, quantities, currencies, (pricing, quantity, currency) => {
        for (const line of price(pricing, quantity, currency)) {
          const words = usageArithmetic({
            ...{ line: written(line), pricing, currency, overrides: [] },
          });
          expect(words).not.toContain('but');
          expect(printDecimal(lastAmount(words, currency))).toBe(printDecimal(line.amount));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of a unit price can be computed again from its words', () => {
    fc.assert(
      fc.property(pricings, quantities, currencies, (pricing, quantity, currency) => {
        fc.pre(pricing.model === 'FLAT');
        const [words = ''] = told(pricing, printDecimal(quantity), currency);
        const number = '(-?[\\d.]+)';
        const units = `\\(?${number}(?: - ${number} free\\)| \\(up to ${number} free\\))?`;
        const match = new RegExp(`^${units} x ${number} [A-Z]{3} = ${number}`).exec(words);
        const [, total = '', free = '0', , unitPrice = '', exact = ''] = match ?? [];
        const product = multiply(subtract(decimal(total), decimal(free)), decimal(unitPrice));
        expect(printDecimal(product)).toBe(printDecimal(decimal(exact)));
        const rounded = roundAmount(product, currency);
        expect(words.includes('rounded to')).toBe(!equals(rounded, product));
        expect(printDecimal(lastAmount(words, currency))).toBe(printDecimal(rounded));
      }),
      { numRuns: 500 },
    );
  });

  it('of late usage ends with what is charged beyond what was charged before', () => {
    fc.assert(
      fc.property(pricings, quantities, quantities, currencies, (pricing, was, is, currency) => {
        const figures = (quantity: Decimal) => {
          const lines = price(pricing, quantity, currency);
          return {
            lines: lines.length,
            quantity: sum(lines.map((line) => line.quantity)),
            amount: sum(lines.map((line) => line.amount)),
          };
        };
        const [before, now] = [figures(was), figures(is)];
        const line = {
          quantity: printDecimal(subtract(now.quantity, before.quantity)),
          amount: printDecimal(subtract(now.amount, before.amount)),
          tier: null,
        };
        const words = lateArithmetic({ line, pricing, currency, overrides: [] }, before, null);
        expect(words).not.toContain('but');
        expect(printDecimal(lastAmount(words, currency))).toBe(line.amount);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, Pricing, string, readonly string[]]>([
    [
      'a negative quantity',
      { model: 'FLAT', unitPrice: '0.1' },
      '-5',
      ['-5 x 0.10 USD = -0.50 USD'],
    ],
    [
      'a percentage with an amount free',
      { model: 'PERCENTAGE', rate: '0.029', freeUnits: '500' },
      '1500.5',
      ['2.9 % of (1500.50 USD - 500.00 USD free) = 29.0145 USD, rounded to 29.01 USD'],
    ],
    [
      'a single package, free units off',
      { model: 'PACKAGE', packageSize: '10', packagePrice: '3', freeUnits: '2.5' },
      '4',
      ['(4 - 2.5 free) in 1 package of 10: 1 x 3.00 USD = 3.00 USD'],
    ],
    [
      'a tier that is not owed its fee',
      { model: 'VOLUME', tiers: [{ upTo: null, unitPrice: '1', flatFee: '5' }] },
      '0',
      ['tier 1: 0 x 1.00 USD = 0.00 USD'],
    ],
    [
      'tiers behind free units',
      {
        model: 'GRADUATED',
        freeUnits: '5',
        tiers: [
          { upTo: '10', unitPrice: '1', flatFee: null },
          { upTo: null, unitPrice: '0.5', flatFee: null },
        ],
      },
      '17',
      [
        'tier 1 (up to 10), after 5 free: 10 x 1.00 USD = 10.00 USD',
        'tier 2 (above 10), after 5 free: 2 x 0.50 USD = 1.00 USD',
      ],
    ],
  ])('tells %s', (_what, pricing, quantity, words) => {
    expect(told(pricing, quantity)).toEqual(words);
  });

  it('names what the contract changed, once for each way', () => {
    const flat = { model: 'FLAT' as const, unitPrice: '0.1' };
    expect(told(flat, '3', 'USD', '0.8')).toEqual([
      '3 x 0.10 USD = 0.30 USD (price times 0.8 by an override)',
    ]);
    expect(told(flat, '3', 'USD', null)).toEqual([
      '3 x 0.10 USD = 0.30 USD (price set by an override)',
    ]);
  });

  it('does not hide a line that says something else', () => {
    const line = { quantity: '3', amount: '0.4', tier: null };
    const pricing = { model: 'FLAT' as const, unitPrice: '0.1' };
    expect(usageArithmetic({ line, pricing, currency: 'USD', overrides: [] })).toBe(
      '3 x 0.10 USD = 0.30 USD, but the line says 0.40 USD',
    );
  });

  it('of late usage says where nothing was charged, or nothing is to be', () => {
    const pricing = { model: 'FLAT' as const, unitPrice: '0.1' };
    const nothing = { lines: 0, quantity: zero, amount: zero };
    const line = { quantity: '3', amount: '0.3', tier: null };
    const reckoned = { line, pricing, currency: 'USD', overrides: [] };
    expect(lateArithmetic(reckoned, nothing, null)).toBe('3 x 0.10 USD = 0.30 USD');
    const charged = { lines: 1, quantity: decimal('3'), amount: decimal('0.3') };
    const taken = { ...line, quantity: '-3', amount: '-0.3' };
    expect(lateArithmetic({ ...reckoned, line: taken }, charged, 'not billed any more')).toBe(
      'not billed any more, less 0.30 USD charged before = -0.30 USD',
    );
  });

  it('of a charge tells its place among the others', () => {
    const line = { quantity: '2', unitPrice: '5', amount: '10' };
    const all = add(decimal('10'), decimal('20'));
    expect(chargeArithmetic(line, { place: 1, of: 2, sum: all }, 'JPY')).toBe(
      '1 of 2 charges of 30 JPY together: 2 x 5 JPY = 10 JPY',
    );
    expect(chargeArithmetic(line, { place: 1, of: 1, sum: decimal('10') }, 'JPY')).toBe(
      '2 x 5 JPY = 10 JPY',
    );
  });
});
