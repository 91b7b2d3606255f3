import { mostDigits } from './limits.ts';

const smallestNormal = 2.2250738585072014e-308;

/**
 * Whether a double holds the number that JSON text writes: it has at most 15 significant digits and
 * is in the range where a double holds as many (billing rule 5).
 */
export function isHeldExactly(written: string): boolean {
  const digits = significantDigits(written);
  const value = Number(written);
  const isInRange = Number.isFinite(value) && Math.abs(value) >= smallestNormal;
  return digits === 0 || (isInRange && digits <= mostDigits);
}

/** From the first digit that is not 0 through the last, in one pass: a number may be megabytes. */
function significantDigits(written: string): number {
  let digits = 0;
  let through = 0;
  for (const character of written) {
    if (character === 'e' || character === 'E') break;
    if (character === '-' || character === '.') continue;
    if (digits > 0 || character !== '0') digits += 1;
    if (character !== '0') through = digits;
  }
  return through;
}
