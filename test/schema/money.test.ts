import '../../schema/reflect.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moneyOf } from '../../schema/money.types.ts';
import { printDecimal, reduced } from '../../src/kernel/decimal.ts';
import { currencyCodes, minorDigits } from '../../src/kernel/money.ts';

describe('money of any currency', () => {
  it('is printed to its minor unit, and formatted as Intl does it', () => {
    const units = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
    fc.assert(
      fc.property(units, fc.constantFrom(...currencyCodes), (minor, currency) => {
        const digits = minorDigits(currency);
        const money = moneyOf(printDecimal(reduced(minor, digits)), currency);
        const fractionDigits = { minimumFractionDigits: digits, maximumFractionDigits: digits };
        const style = { style: 'currency', currency, ...fractionDigits } as const;
        const intl = new Intl.NumberFormat('en-US', style);
        expect(money.formatted).toBe(intl.format(money.amount as `${number}`));
        // The minor units are the digits of what is printed.
        expect(BigInt(money.amount.replace('.', ''))).toBe(minor);
        expect(money.amount.split('.')[1]?.length ?? 0).toBe(digits);
      }),
      { numRuns: 500 },
    );
  });
});
