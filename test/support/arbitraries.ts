import fc from 'fast-check';
import { addHours, instant, type Frequency, type Instant } from '../../src/kernel/calendar.ts';
import { type StatementSchedule } from '../../src/contracts/events.ts';
import { type Decimal, printDecimal, reduced } from '../../src/kernel/decimal.ts';

const from2000 = instant('2000-01-01T00:00:00Z');
const hours2000To2100 = 24 * 36_890;

/** Any exact number, of up to forty digits before and after the point. */
export const decimals: fc.Arbitrary<Decimal> = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat({ max: 40 }))
  .map(([units, scale]) => reduced(units, scale));

/** Any exact number in plain notation. */
export const decimalText: fc.Arbitrary<string> = decimals.map(printDecimal);

/** A price of an everyday size, zero included. */
export const prices: fc.Arbitrary<string> = fc
  .tuple(fc.bigInt({ min: 0n, max: 1_000_000n }), fc.nat({ max: 6 }))
  .map(([units, scale]) => printDecimal(reduced(units, scale)));

/** Any millisecond from 2000 to 2100. */
export const instants: fc.Arbitrary<Instant> = fc
  .date({
    min: new Date('2000-01-01T00:00:00.000Z'),
    max: new Date('2100-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  .map((date) => instant(date.toISOString()));

/** Any full hour from 2000 to 2100. */
export const hours: fc.Arbitrary<Instant> = fc
  .nat({ max: hours2000To2100 })
  .map((hour) => addHours(from2000, hour));

/** One of that many hours from an instant on: few enough that intervals meet, nest and overlap. */
export const hoursFrom = (start: Instant, count: number): fc.Arbitrary<Instant> =>
  fc.nat({ max: count - 1 }).map((hour) => addHours(start, hour));

export const frequencies: fc.Arbitrary<Frequency> = fc.constantFrom(
  'WEEKLY',
  'MONTHLY',
  'QUARTERLY',
  'SEMI_ANNUAL',
  'ANNUAL',
);

/** Any calendar that a contract may be billed by. */
export const statementSchedules: fc.Arbitrary<StatementSchedule> = fc
  .tuple(frequencies, fc.constantFrom('FIRST_OF_MONTH' as const, 'CONTRACT_START' as const))
  .map(([frequency, day]) => ({ frequency, day: frequency === 'WEEKLY' ? 'CONTRACT_START' : day }));

/** Any text that can name a thing or be a key, of every script. */
export const names: fc.Arbitrary<string> = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((name) => name.trim() !== '');

/** A sequence in any other order. */
export const shuffled = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray([...values], { minLength: values.length });
