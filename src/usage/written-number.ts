import { mostDigits } from './limits.ts';

const smallestNormal = 2.2250738585072014e-308;

/**
 * Whether a double holds the number that JSON text writes: it has at most 15 significant digits and
 * is in the range where a double holds as many (billing rule 5).
 */
export function isHeldExactly(written: string): boolean {
  const mantissa = /^[^eE]*/.exec(written)?.[0] ?? '';
  const digits = mantissa.replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
  const value = Number(written);
  const isInRange = Number.isFinite(value) && Math.abs(value) >= smallestNormal;
  return digits === '' || (isInRange && digits.length <= mostDigits);
}
