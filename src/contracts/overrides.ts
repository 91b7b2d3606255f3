import { isOnHour } from '../kernel/calendar.ts';
import { decimal, isNegative } from '../kernel/decimal.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { type KnownProducts } from '../catalog/events.ts';
import { pricingFault, type PricingRefusal } from '../catalog/pricing.ts';
import { knownProduct } from '../catalog/product.ts';
import { type Override } from './events.ts';

export type OverrideRefusal =
  | 'not_on_hour'
  | 'ends_before_start'
  | 'override_empty'
  | 'override_conflict'
  | 'multiplier_negative'
  | 'product_not_found'
  | PricingRefusal;

/**
 * Why an override cannot stand in a contract. A tag that matches nothing is no error, an unknown
 * product is.
 */
export function refuseOverrides(
  overrides: readonly Override[],
  products: KnownProducts,
): Refused<OverrideRefusal> | undefined {
  for (const [index, override] of overrides.entries()) {
    const refused = refuseOverride(override, products, ['overrides', index]);
    if (refused !== undefined) return refused;
  }
  return undefined;
}

function refuseOverride(
  override: Override,
  products: KnownProducts,
  at: readonly (string | number)[],
): Refused<OverrideRefusal> | undefined {
  const { startingAt, endingBefore, entitled, multiplier, overwrite, productIds } = override;
  if (!isOnHour(startingAt)) return refuse('not_on_hour', [...at, 'startingAt']);
  if (endingBefore !== null && !isOnHour(endingBefore)) {
    return refuse('not_on_hour', [...at, 'endingBefore']);
  }
  if (endingBefore !== null && endingBefore <= startingAt) {
    return refuse('ends_before_start', [...at, 'endingBefore']);
  }
  if (entitled === null && multiplier === null && overwrite === null) {
    return refuse('override_empty', at);
  }
  if (multiplier !== null && overwrite !== null) return refuse('override_conflict', at);
  if (multiplier !== null && isNegative(decimal(multiplier))) {
    return refuse('multiplier_negative', [...at, 'multiplier']);
  }
  const mispriced = overwrite === null ? undefined : pricingFault(overwrite, [...at, 'overwrite']);
  if (mispriced !== undefined) return mispriced;
  const unknown =
    productIds?.findIndex((productId) => knownProduct(products, productId) === undefined) ?? -1;
  if (unknown >= 0) return refuse('product_not_found', [...at, 'applicableProductIds', unknown]);
  return undefined;
}
