import { covers, type Instant, type Interval } from '../kernel/calendar.ts';
import { decimal, multiply, printDecimal } from '../kernel/decimal.ts';
import { type Pricing, type Product, type Rate } from '../catalog/events.ts';
import { rateChanges, rateInForce } from '../catalog/rates.ts';
import { type Override } from './events.ts';

/**
 * The rate in force for a product under a contract, after overrides; pricing null: the card has
 * none.
 */
export type RateInForce = {
  readonly entitled: boolean;
  readonly pricing: Pricing | null;
  readonly source: 'RATE_CARD' | 'OVERRIDE';
};

type Priced = Pick<Product, 'productId' | 'tags'>;

/**
 * What the card and the contract's overrides say of a product at an instant (billing rules 15 and
 * 16).
 */
export function rateUnderContract(
  rates: readonly Rate[],
  overrides: readonly Override[],
  product: Priced,
  at: Instant,
): RateInForce {
  const rate = rateInForce(rates, product.productId, at);
  if (rate === undefined) return { entitled: false, pricing: null, source: 'RATE_CARD' };
  const inForce = overrides.filter((override) => covers(override, at) && names(override, product));
  const entitled = inForce.findLast((override) => override.entitled !== null)?.entitled;
  const price = winningPrice(inForce);
  return {
    entitled: entitled ?? rate.entitled,
    pricing: price === undefined ? rate.pricing : overridden(rate.pricing, price),
    source: price === undefined ? 'RATE_CARD' : 'OVERRIDE',
  };
}

/** The instants inside the interval at which that may change, in order. */
export function rateScheduleChanges(
  rates: readonly Rate[],
  overrides: readonly Override[],
  product: Priced,
  interval: Interval,
): Instant[] {
  const edges = overrides
    .filter((override) => names(override, product))
    .flatMap(({ startingAt, endingBefore }) => [startingAt, endingBefore])
    .filter((at) => at !== null)
    .filter((at) => interval.startingAt < at && at < interval.endingBefore);
  return [...new Set([...rateChanges(rates, product.productId, interval), ...edges])].sort();
}

function names({ productIds, productTags }: Override, { productId, tags }: Priced): boolean {
  if (productIds === null && productTags === null) return true;
  if (productIds?.includes(productId) === true) return true;
  return productTags?.some((tag) => tags.includes(tag)) === true;
}

/**
 * Overrides never stack: an overwrite goes before a multiplier, then the lowest priority, then the
 * last listed.
 */
function winningPrice(overrides: readonly Override[]): Override | undefined {
  const priced = overrides.filter((o) => o.overwrite !== null || o.multiplier !== null);
  const overwrites = priced.filter((o) => o.overwrite !== null);
  const candidates = overwrites.length > 0 ? overwrites : priced;
  const rank = ({ priority }: Override): number => priority ?? Number.POSITIVE_INFINITY;
  return candidates.reduce<Override | undefined>(
    (winner, o) => (winner === undefined || rank(o) <= rank(winner) ? o : winner),
    undefined,
  );
}

function overridden(pricing: Pricing, { overwrite, multiplier }: Override): Pricing {
  if (overwrite !== null) return overwrite;
  if (multiplier === null) return pricing;
  const unitPrice = multiply(decimal(pricing.unitPrice), decimal(multiplier));
  return { model: 'FLAT', unitPrice: printDecimal(unitPrice) };
}
