import {
  add,
  allocate,
  dinero,
  halfAwayFromZero,
  toSnapshot,
  transformScale,
  type Dinero,
} from 'dinero.js/bigint';
import * as iso4217 from 'dinero.js/bigint/currencies';
import { type Decimal, reduced, subtract, unitsAt } from './decimal.ts';
import { invariant, present } from './invariant.ts';

/** An exact amount of one currency, at the minor unit's scale or finer. */
export type Money = Dinero<bigint>;

type Currency = { readonly code: string; readonly base: bigint; readonly exponent: bigint };

const decimalBased = (currency: { base: bigint | readonly bigint[] }): currency is Currency =>
  currency.base === 10n;

const currencies = new Map<string, Currency>(
  Object.values(iso4217)
    .filter(decimalBased)
    .map((currency) => [currency.code, currency]),
);

/** The ISO 4217 codes of all known currencies: those with a decimal minor unit. */
export const currencyCodes: readonly string[] = [...currencies.keys()].sort();

/** Whether the text is an ISO 4217 code, upper case, of a currency with a decimal minor unit. */
export const isCurrency = (code: string): boolean => currencies.has(code);

/** How many digits the minor unit of a known currency has: JPY 0, USD 2, KWD 3. */
export const minorDigits = (code: string): number => Number(currencyOf(code).exponent);

/** The exact amount, in major units, of a known currency. */
export function money(amount: Decimal, code: string): Money {
  const currency = currencyOf(code);
  const scale = Math.max(amount.scale, Number(currency.exponent));
  return dinero({ amount: unitsAt(amount, scale), currency, scale: BigInt(scale) });
}

/** The amount in major units. */
export function amountOf(value: Money): Decimal {
  const { amount, scale } = toSnapshot(value);
  return reduced(amount, Number(scale));
}

/** Rounded half away from zero to the minor unit (billing rule 6). */
export function roundToMinorUnit(value: Money): Money {
  return transformScale(value, toSnapshot(value).currency.exponent, halfAwayFromZero);
}

/** The sum; zero of that currency when there is nothing to add. */
export const total = (amounts: readonly Money[], code: string): Money =>
  amounts.reduce((sum, amount) => add(sum, amount), money({ units: 0n, scale: 0 }, code));

/** Rounds an exact amount in major units half away from zero to the currency's minor unit. */
export const roundAmount = (amount: Decimal, code: string): Decimal =>
  amountOf(roundToMinorUnit(money(amount, code)));

/** The sum of amounts of one currency, in major units. */
export const totalAmount = (amounts: readonly Decimal[], code: string): Decimal =>
  amountOf(
    total(
      amounts.map((amount) => money(amount, code)),
      code,
    ),
  );

/**
 * The amount, no finer than the minor unit, in that many parts that are as equal as the minor unit
 * lets them be: what does not divide goes one minor unit each onto the first (billing rule 8).
 */
export function divideAmount(amount: Decimal, parts: number, code: string): Decimal[] {
  invariant(amount.scale <= minorDigits(code), 'an amount to divide is whole minor units');
  const ratios = Array.from({ length: parts }, () => 1n);
  return allocate(money(amount, code), ratios).map(amountOf);
}

/** As divideAmount, but each part except the last is cut to whole major units. */
export function divideIntoWhole(amount: Decimal, parts: number, code: string): Decimal[] {
  invariant(amount.scale <= minorDigits(code), 'an amount to divide is whole minor units');
  const part = amount.units / (10n ** BigInt(amount.scale) * BigInt(parts));
  const last = subtract(amount, reduced(part * BigInt(parts - 1), 0));
  return Array.from({ length: parts }, (_, index) =>
    index === parts - 1 ? last : reduced(part, 0),
  );
}

/** Plain notation with at least the currency's minor digits: "0.10". */
export function printAmount(amount: Decimal, code: string): string {
  const scale = Math.max(amount.scale, minorDigits(code));
  const digits = unitsAt(amount, scale).toString();
  if (scale === 0) return digits;
  const negative = digits.startsWith('-');
  const padded = (negative ? digits.slice(1) : digits).padStart(scale + 1, '0');
  return `${negative ? '-' : ''}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

const currencyOf = (code: string): Currency =>
  present(currencies.get(code), `a currency that was checked when it came in: ${code}`);
