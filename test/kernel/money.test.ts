import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Decimal,
  decimal,
  printDecimal,
  reduced,
  sum,
  unitsAt,
} from '../../src/kernel/decimal.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import {
  amountOf,
  currencyCodes,
  divideAmount,
  divideIntoWhole,
  isCurrency,
  minorDigits,
  money,
  printAmount,
  roundAmount,
  totalAmount,
} from '../../src/kernel/money.ts';
import { decimals } from '../support/arbitraries.ts';

const currencies = fc.constantFrom('JPY', 'USD', 'KWD');
const round = (amount: string, code: string): string =>
  printDecimal(roundAmount(decimal(amount), code));

describe('a currency', () => {
  it('has the minor digits of ISO 4217', () => {
    expect(['JPY', 'USD', 'EUR', 'KWD'].map(minorDigits)).toEqual([0, 2, 2, 3]);
  });

  it('has the minor digits of ISO 4217, whichever it is', () => {
    const digits: Readonly<Record<number, string>> = {
      0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
      3: 'BHD IQD JOD KWD LYD OMR TND',
      4: 'CLF UYW',
    };
    const having = (count: number) =>
      currencyCodes.filter((code) => minorDigits(code) === count).join(' ');
    expect([0, 3, 4].map(having)).toEqual([digits[0], digits[3], digits[4]]);
    const listed = Object.values(digits).join(' ').split(' ');
    const others = currencyCodes.filter((code) => !listed.includes(code));
    expect(others.filter((code) => minorDigits(code) !== 2)).toEqual([]);
    expect(others.length).toBeGreaterThan(130);
  });

  it.each(['MGA', 'MRU', 'usd', 'XXZ', '', 'USD ', 'constructor', '__proto__'])(
    'is not %j: not decimal, or unknown',
    (code) => {
      expect(isCurrency(code)).toBe(false);
      expect(() => minorDigits(code)).toThrow(BrokenInvariant);
    },
  );
});

describe('an amount', () => {
  it.each([
    ['1.005', 'USD', '1.01'],
    ['-1.005', 'USD', '-1.01'],
    ['1.00499999999999999999', 'USD', '1'],
    ['-1.00499999999999999999', 'USD', '-1'],
    ['0.5', 'JPY', '1'],
    ['-0.5', 'JPY', '-1'],
    ['0.4999', 'JPY', '0'],
    ['-0.4999', 'JPY', '0'],
    ['0.0005', 'KWD', '0.001'],
    ['-0.0005', 'KWD', '-0.001'],
    ['121.575', 'USD', '121.58'],
    ['12', 'USD', '12'],
    ['1000000000000000000000000000000.005', 'USD', '1000000000000000000000000000000.01'],
  ])('of %s %s is rounded half away from zero to %s', (amount, code, rounded) => {
    expect(round(amount, code)).toBe(rounded);
  });

  it.each([
    ['0.1', 'USD', '0.10'],
    ['-0.1', 'USD', '-0.10'],
    ['0', 'USD', '0.00'],
    ['0', 'JPY', '0'],
    ['-7', 'JPY', '-7'],
    ['1.5', 'KWD', '1.500'],
    ['0.000001', 'USD', '0.000001'],
    ['-0.005', 'USD', '-0.005'],
    ['1234567', 'USD', '1234567.00'],
  ])('of %s %s is printed as %s', (amount, code, printed) => {
    expect(printAmount(decimal(amount), code)).toBe(printed);
  });

  it('is kept exactly, however fine', () => {
    fc.assert(
      fc.property(decimals, currencies, (amount, code) => {
        expect(amountOf(money(amount, code))).toStrictEqual(amount);
        expect(decimal(printAmount(amount, code))).toStrictEqual(amount);
      }),
    );
  });

  it('rounds as whole numbers of minor units do', () => {
    fc.assert(
      fc.property(decimals, currencies, (amount, code) => {
        expect(roundAmount(amount, code)).toStrictEqual(roundedByHand(amount, minorDigits(code)));
      }),
    );
  });

  it('is divided into whole minor units only', () => {
    for (const divide of [divideAmount, divideIntoWhole]) {
      expect(() => divide(decimal('0.001'), 2, 'USD')).toThrow(BrokenInvariant);
      expect(divide(decimal('0.001'), 1, 'KWD').map(printDecimal)).toEqual(['0.001']);
    }
  });

  it('is a total to the last digit, and zero of nothing', () => {
    fc.assert(
      fc.property(fc.array(decimals, { maxLength: 8 }), currencies, (amounts, code) => {
        expect(totalAmount(amounts, code)).toStrictEqual(sum(amounts));
      }),
    );
  });
});

/** Half away from zero, in bigint: add half a unit to the magnitude and cut. */
function roundedByHand(amount: Decimal, digits: number): Decimal {
  const scale = Math.max(amount.scale, digits);
  const units = unitsAt(amount, scale);
  const unit = 10n ** BigInt(scale - digits);
  const magnitude = (2n * (units < 0n ? -units : units) + unit) / (2n * unit);
  return reduced(units < 0n ? -magnitude : magnitude, digits);
}
