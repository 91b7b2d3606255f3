import { decimal, printDecimal, reduced, type Decimal } from '../kernel/decimal.ts';
import { Refused } from './stripe-client.ts';

const wholeOnly = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));
/** Stripe takes them in thousandths of which the last digit is 0. */
const inThousandths = new Set('BHD JOD KWD OMR TND'.split(' '));

/** Stripe counts all others in hundredths, those too that have none any more (ISK, UGX). */
const digitsOf = (currency: string): number =>
  wholeOnly.has(currency) ? 0 : inThousandths.has(currency) ? 3 : 2;

/** The amount as Stripe counts it, exactly; null where Stripe has no such amount. */
export function stripeAmount(amount: Decimal, currency: string): number | null {
  const digits = digitsOf(currency);
  if (amount.scale > digits) return null;
  const units = amount.units * 10n ** BigInt(digits - amount.scale);
  if (inThousandths.has(currency) && units % 10n !== 0n) return null;
  const counted = Number(units);
  return Number.isSafeInteger(counted) ? counted : null;
}

/** As stripeAmount; refused where Stripe has no such amount. */
export function takenAmount(amount: string, currency: string): number {
  const counted = stripeAmount(decimal(amount), currency);
  if (counted !== null) return counted;
  throw new Refused(`Stripe takes no amount of ${amount} ${currency}: it is too fine or too large`);
}

/** What Stripe counts, in major units. */
export const printStripeAmount = (counted: number, currency: string): string =>
  printDecimal(reduced(BigInt(counted), digitsOf(currency)));
