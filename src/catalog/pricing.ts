import {
  compare,
  decimal,
  isNegative,
  isZero,
  multiply,
  printDecimal,
  zero,
  type Decimal,
} from '../kernel/decimal.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { type Pricing, type Tier } from './events.ts';

export type PricingRefusal =
  | 'price_negative'
  | 'free_units_negative'
  | 'package_size_not_positive'
  | 'tiers_required'
  | 'tiers_not_ascending'
  | 'tier_unbounded'
  | 'last_tier_bounded';

type Field = readonly (string | number)[];
type Fault = Refused<PricingRefusal> | undefined;

/** Why this cannot be a price; undefined when it can. */
export function pricingFault(pricing: Pricing, field: Field): Fault {
  const freeUnits = pricing.freeUnits ?? '0';
  if (isNegative(decimal(freeUnits))) {
    return refuse('free_units_negative', [...field, 'freeUnits'], freeUnits);
  }
  switch (pricing.model) {
    case 'FLAT':
      return priceFault(pricing.unitPrice, [...field, 'unitPrice']);
    case 'GRADUATED':
    case 'VOLUME':
      return tiersFault(pricing.tiers, [...field, 'tiers']);
    case 'PACKAGE': {
      const { packageSize, packagePrice } = pricing;
      const size = decimal(packageSize);
      if (isNegative(size) || isZero(size)) {
        return refuse('package_size_not_positive', [...field, 'packageSize'], packageSize);
      }
      return priceFault(packagePrice, [...field, 'packagePrice']);
    }
    case 'PERCENTAGE':
      return priceFault(pricing.rate, [...field, 'rate']);
  }
}

function tiersFault(tiers: readonly Tier[], field: Field): Fault {
  if (tiers.length === 0) return refuse('tiers_required', field);
  let below = zero;
  for (const [index, { upTo, unitPrice, flatFee }] of tiers.entries()) {
    const at = [...field, index];
    const fault =
      priceFault(unitPrice, [...at, 'unitPrice']) ??
      (flatFee === null ? undefined : priceFault(flatFee, [...at, 'flatFee']));
    if (fault !== undefined) return fault;
    const isLast = index === tiers.length - 1;
    if (upTo === null) {
      if (!isLast) return refuse('tier_unbounded', [...at, 'upTo']);
    } else {
      const bound = decimal(upTo);
      if (compare(bound, below) <= 0) return refuse('tiers_not_ascending', [...at, 'upTo'], upTo);
      if (isLast) return refuse('last_tier_bounded', [...at, 'upTo'], upTo);
      below = bound;
    }
  }
  return undefined;
}

const priceFault = (price: string, field: Field): Refused<'price_negative'> | undefined =>
  isNegative(decimal(price)) ? refuse('price_negative', field, price) : undefined;

/** The price times a factor: all of its prices, but not its free units (billing rule 16). */
export function multiplied(pricing: Pricing, factor: Decimal): Pricing {
  const times = (price: string): string => printDecimal(multiply(decimal(price), factor));
  switch (pricing.model) {
    case 'FLAT':
      return { ...pricing, unitPrice: times(pricing.unitPrice) };
    case 'GRADUATED':
    case 'VOLUME':
      return {
        ...pricing,
        tiers: pricing.tiers.map(({ upTo, unitPrice, flatFee }) => ({
          upTo,
          unitPrice: times(unitPrice),
          flatFee: flatFee === null ? null : times(flatFee),
        })),
      };
    case 'PACKAGE':
      return { ...pricing, packagePrice: times(pricing.packagePrice) };
    case 'PERCENTAGE':
      return { ...pricing, rate: times(pricing.rate) };
  }
}

/** Text that two prices share exactly when they are the same, however they are written. */
export function pricingKey(pricing: Pricing): string {
  const free = canonical(pricing.freeUnits ?? '0');
  return JSON.stringify([pricing.model, free, ...figuresOf(pricing)]);
}

export const samePricing = (a: Pricing, b: Pricing): boolean =>
  a === b || pricingKey(a) === pricingKey(b);

function figuresOf(pricing: Pricing): readonly (string | null)[] {
  switch (pricing.model) {
    case 'FLAT':
      return [canonical(pricing.unitPrice)];
    case 'GRADUATED':
    case 'VOLUME':
      return pricing.tiers.flatMap(({ upTo, unitPrice, flatFee }) => [
        upTo === null ? null : canonical(upTo),
        canonical(unitPrice),
        canonical(flatFee ?? '0'),
      ]);
    case 'PACKAGE':
      return [canonical(pricing.packageSize), canonical(pricing.packagePrice)];
    case 'PERCENTAGE':
      return [canonical(pricing.rate)];
  }
}

const canonical = (text: string): string => printDecimal(decimal(text));
