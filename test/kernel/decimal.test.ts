import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  add,
  compare,
  decimal,
  type Decimal,
  equals,
  isNegative,
  isZero,
  multiply,
  negate,
  one,
  parseDecimal,
  printDecimal,
  subtract,
  sum,
  unitsAt,
  whole,
  zero,
} from '../../src/kernel/decimal.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { decimals } from '../support/arbitraries.ts';

const print = (text: string): string => printDecimal(decimal(text));

describe('a decimal', () => {
  it('adds a tenth ten times up to one', () => {
    expect(printDecimal(sum(Array.from({ length: 10 }, () => decimal('0.1'))))).toBe('1');
  });

  it.each([
    '9007199254740993',
    '1000000000000000000000000000000',
    '0.000000000001',
    '-0.000000000001',
    '123456789012345678901234567890.123456789012345678901234567890123',
  ])('keeps every digit of %s', (text) => {
    expect(print(text)).toBe(text);
    expect(printDecimal(multiply(decimal(text), one))).toBe(text);
    expect(printDecimal(subtract(add(decimal(text), decimal('0.7')), decimal('0.7')))).toBe(text);
  });

  it.each([
    ['1.50', '1.5'],
    ['1.000', '1'],
    ['100', '100'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['007.10', '7.1'],
    ['-12.50', '-12.5'],
    ['0.05', '0.05'],
  ])('prints %s as %s', (text, printed) => {
    expect(print(text)).toBe(printed);
  });

  it.each([
    '1e3',
    '.5',
    '5.',
    '',
    '+',
    '+5',
    '-',
    ' 1',
    '1 ',
    '1\n',
    '1,5',
    '0x1',
    'NaN',
    '--1',
    '٣',
    '1.2.3',
  ])('is not written %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
    expect(() => decimal(text)).toThrow(BrokenInvariant);
  });

  it('is read at once however many zeros stand behind it', { timeout: 1000 }, () => {
    expect(print(`0.1${'0'.repeat(100_000)}`)).toBe('0.1');
    const [nines, one] = [`0.${'9'.repeat(100_000)}`, `0.${'0'.repeat(99_999)}1`];
    expect(add(decimal(nines), decimal(one))).toStrictEqual(whole(1n));
  });

  it('is only ever widened to a greater scale', () => {
    expect(unitsAt(decimal('1.5'), 3)).toBe(1500n);
    expect(() => unitsAt(decimal('1.5'), 0)).toThrow(BrokenInvariant);
  });

  it('knows zero and the sign', () => {
    expect([zero, decimal('0.0'), decimal('0.1')].map(isZero)).toEqual([true, true, false]);
    expect([zero, decimal('-0.1'), decimal('0.1')].map(isNegative)).toEqual([false, true, false]);
    expect(equals(whole(12n), decimal('12.0'))).toBe(true);
  });
});

/** The same number as a fraction of whole numbers: what the arithmetic is compared with. */
type Fraction = readonly [numerator: bigint, denominator: bigint];

const fraction = ({ units, scale }: Decimal): Fraction => [units, 10n ** BigInt(scale)];

const isFraction = (value: Decimal, [numerator, denominator]: Fraction): boolean => {
  const [units, power] = fraction(value);
  return units * denominator === numerator * power;
};

describe('decimal arithmetic', () => {
  it('agrees with fractions of whole numbers', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const [[n, d], [m, e]] = [fraction(a), fraction(b)];
        expect(isFraction(add(a, b), [n * e + m * d, d * e])).toBe(true);
        expect(isFraction(subtract(a, b), [n * e - m * d, d * e])).toBe(true);
        expect(isFraction(multiply(a, b), [n * m, d * e])).toBe(true);
        expect(isFraction(negate(a), [-n, d])).toBe(true);
        const difference = n * e - m * d;
        expect(compare(a, b)).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      }),
    );
  });

  it('gives each number one form, whichever way it was reached', () => {
    fc.assert(
      fc.property(decimals, decimals, decimals, (a, b, c) => {
        expect(subtract(add(a, b), b)).toStrictEqual(a);
        expect(multiply(a, add(b, c))).toStrictEqual(add(multiply(a, b), multiply(a, c)));
        expect(sum([a, b, c])).toStrictEqual(sum([c, a, b]));
        expect(equals(a, b)).toBe(compare(a, b) === 0);
      }),
    );
  });

  it('reads what it prints, and prints plain notation without trailing zeros', () => {
    fc.assert(
      fc.property(decimals, (value) => {
        const printed = printDecimal(value);
        expect(printed).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
        expect(parseDecimal(printed)).toStrictEqual(value);
      }),
    );
  });
});
