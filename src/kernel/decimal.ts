import { invariant } from './invariant.ts';

/**
 * An exact decimal number of any size: units x 10^-scale, with the smallest scale that holds it.
 * Two decimals are the same number exactly when they print the same.
 */
export type Decimal = { readonly units: bigint; readonly scale: number };

const plainNotation = /^(-?)(\d+)(?:\.(\d+))?$/;

export const zero: Decimal = { units: 0n, scale: 0 };
export const one: Decimal = { units: 1n, scale: 0 };

/**
 * The decimal that the text writes in plain notation ("-12.50"), or undefined: no exponent, no
 * blanks, no bare point, no plus.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const match = plainNotation.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const magnitude = BigInt(`${whole}${fraction}`);
  return reduced(sign === '-' ? -magnitude : magnitude, fraction.length);
}

/** As parseDecimal, for text that was checked when it was stored. */
export function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  invariant(parsed !== undefined, `stored decimal in plain notation: ${text}`);
  return parsed;
}

/** A whole number as a decimal. */
export const whole = (units: bigint): Decimal => ({ units, scale: 0 });

/** Plain notation without trailing zeros: "12.5", "-0.000001", "0". */
export function printDecimal({ units, scale }: Decimal): string {
  if (scale === 0) return units.toString();
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export function add(augend: Decimal, addend: Decimal): Decimal {
  const scale = Math.max(augend.scale, addend.scale);
  return reduced(unitsAt(augend, scale) + unitsAt(addend, scale), scale);
}

export const negate = ({ units, scale }: Decimal): Decimal => ({ units: -units, scale });

export const subtract = (minuend: Decimal, subtrahend: Decimal): Decimal =>
  add(minuend, negate(subtrahend));

export const multiply = (multiplicand: Decimal, multiplier: Decimal): Decimal =>
  reduced(multiplicand.units * multiplier.units, multiplicand.scale + multiplier.scale);

export const sum = (terms: Iterable<Decimal>): Decimal => {
  let total = zero;
  for (const term of terms) total = add(total, term);
  return total;
};

/** Below zero when a < b, zero when equal, above when a > b. */
export function compare(a: Decimal, b: Decimal): number {
  const scale = Math.max(a.scale, b.scale);
  const difference = unitsAt(a, scale) - unitsAt(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const equals = (a: Decimal, b: Decimal): boolean =>
  a.units === b.units && a.scale === b.scale;

export const isZero = ({ units }: Decimal): boolean => units === 0n;

export const isNegative = ({ units }: Decimal): boolean => units < 0n;

/** The units of the number at a scale that is at least its own. */
export function unitsAt({ units, scale }: Decimal, at: number): bigint {
  invariant(at >= scale, 'a decimal is only widened, never cut');
  return at === scale ? units : units * 10n ** BigInt(at - scale);
}

/** The decimal units x 10^-scale, in its one canonical form. */
export function reduced(units: bigint, scale: number): Decimal {
  if (units === 0n) return zero;
  // Zeros go in growing, then shrinking runs: one by one would take minutes for a very long number.
  let zeros = Math.min(scale, 1);
  while (zeros > 0) {
    const power = 10n ** BigInt(zeros);
    if (zeros <= scale && units % power === 0n) {
      units /= power;
      scale -= zeros;
      zeros *= 2;
    } else {
      zeros = Math.floor(zeros / 2);
    }
  }
  return { units, scale };
}
