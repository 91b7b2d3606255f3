import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  compare,
  decimal,
  multiply,
  negate,
  printDecimal,
  reduced,
  subtract,
} from '../../src/kernel/decimal.ts';
import { minorDigits } from '../../src/kernel/money.ts';
import { price } from '../../src/invoices/pricing.ts';
import { decimals } from '../support/arbitraries.ts';
import { flat } from './given.ts';

const amount = (quantity: string, unitPrice: string, currency = 'USD') =>
  price(flat(unitPrice), decimal(quantity), currency).map((line) => printDecimal(line.amount));

describe('a FLAT price', () => {
  it('gives one line with the quantity as it is', () => {
    expect(price(flat('0.10'), decimal('810.5'), 'USD')).toEqual([
      {
        quantity: decimal('810.5'),
        unitPrice: decimal('0.1'),
        amount: decimal('81.05'),
        tier: null,
      },
    ]);
  });

  it.each([
    ['0', '0.10', '0'],
    ['1', '0.10', '0.1'],
    ['1234', '0', '0'],
    ['3', '0.10', '0.3'],
    // 810.5 x 0.15 = 121.575, half away from zero.
    ['810.5', '0.15', '121.58'],
    ['-810.5', '0.15', '-121.58'],
    // 0.004999999999 and 0.005 and 0.014999999999
    ['1', '0.004999999999', '0'],
    ['1', '0.005', '0.01'],
    ['-1', '0.005', '-0.01'],
    ['-1', '0.004999999999', '0'],
    ['1', '0.014999999999', '0.01'],
    // Tiny steps: 1,000,000 x 0.00000001 = 0.01; 400,000 of them 0.004; 500,000 of them 0.005.
    ['1000000', '0.00000001', '0.01'],
    ['400000', '0.00000001', '0'],
    ['500000', '0.00000001', '0.01'],
    // Twelve decimals on both sides: 0.999999999999 x 1.000000000001 = 0.999999999999999999999999
    ['0.999999999999', '1.000000000001', '1'],
    ['0.000000000001', '1000000000000', '1'],
    // 10^12 x 0.001 = 10^9
    ['1000000000000', '0.001', '1000000000'],
    // 2^53 + 1 = 9,007,199,254,740,993: the first whole number that a double loses.
    ['9007199254740993', '1', '9007199254740993'],
    ['9007199254740993', '0.01', '90071992547409.93'],
    ['1000000000000000000000000000000', '0.07', '70000000000000000000000000000'],
    ['1', '1000000000000000000000000000000', '1000000000000000000000000000000'],
  ])('%s x %s = %s USD', (quantity, unitPrice, expected) => {
    expect(amount(quantity, unitPrice)).toEqual([expected]);
  });

  it.each([
    ['JPY', '3', '0.5', '2'],
    ['JPY', '1', '0.49', '0'],
    ['JPY', '-1', '0.5', '-1'],
    ['KWD', '1', '0.0005', '0.001'],
    ['KWD', '1', '1.2344', '1.234'],
  ])(
    'is rounded to the minor unit of %s: %s x %s = %s',
    (currency, quantity, unitPrice, expected) => {
      expect(amount(quantity, unitPrice, currency)).toEqual([expected]);
    },
  );

  it('is never off by more than half a minor unit, and rounds both signs alike', () => {
    const currencies = fc.constantFrom('USD', 'JPY', 'KWD');
    fc.assert(
      fc.property(decimals, decimals, currencies, (quantity, unitPrice, currency) => {
        const [line] = price(flat(printDecimal(unitPrice)), quantity, currency);
        const [mirrored] = price(flat(printDecimal(unitPrice)), negate(quantity), currency);
        if (line === undefined || mirrored === undefined) throw new Error('one line each');
        expect(mirrored.amount).toEqual(negate(line.amount));
        expect(line.amount.scale).toBeLessThanOrEqual(minorDigits(currency));
        const off = subtract(line.amount, multiply(quantity, unitPrice));
        const half = reduced(5n, minorDigits(currency) + 1);
        expect(compare(off, half)).toBeLessThanOrEqual(0);
        expect(compare(add(off, half), decimal('0'))).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
