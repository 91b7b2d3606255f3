import { isOnHour } from '../kernel/calendar.ts';
import { refuse, type Refused } from '../kernel/decider.ts';
import { isCurrency } from '../kernel/money.ts';
import { aliasFault, nameFault } from '../kernel/names.ts';
import { type RateCardInput } from './commands.ts';
import { type KnownProducts, type Rate } from './events.ts';
import { ambiguousRate, groupValuesFault, type RateGroupRefusal } from './groups.ts';
import { pricingFault, samePricing, type PricingRefusal } from './pricing.ts';
import { knownProduct } from './product.ts';
import { slotKey } from './rates.ts';

export type RateRefusal =
  | 'product_not_found'
  | 'product_not_usage'
  | 'not_on_hour'
  | 'ends_before_start'
  | PricingRefusal
  | RateGroupRefusal;

export type RateCardRefusal =
  | 'rate_card_not_found'
  | 'rates_empty'
  | 'name_empty'
  | 'name_too_long'
  | 'currency_unknown'
  | 'alias_empty'
  | 'alias_too_long'
  | RateRefusal;

/** Why there can be no such card; undefined when there can. */
export const rateCardFault = (
  input: RateCardInput,
  products: KnownProducts,
): Refused<RateCardRefusal> | undefined =>
  nameFault(input.name) ??
  currencyFault(input.currency) ??
  aliasFault(input.aliases, 'aliases') ??
  ratesFault(input.rates, [], products);

/**
 * Why these cannot join a card's rates, with the place of the first at fault; undefined when they
 * can.
 */
export function ratesFault(
  rates: readonly Rate[],
  added: readonly Rate[],
  products: KnownProducts,
): Refused<RateRefusal> | undefined {
  for (const [index, rate] of rates.entries()) {
    const fault = rateFault(rate, products, ['rates', index]);
    if (fault !== undefined) return fault;
  }
  const ambiguous = ambiguousRate(added, rates);
  return ambiguous === undefined
    ? undefined
    : refuse('rates_ambiguous', ['rates', ambiguous, 'pricingGroupValues']);
}

/**
 * Whether, for every product, group values and start, the last rates added are these, in this
 * order: to add them changes nothing.
 */
export function endWith(added: readonly Rate[], rates: readonly Rate[]): boolean {
  const addedBySlot = bySlot(added);
  return Array.from(bySlot(rates)).every(([slot, wanted]) => {
    const last = addedBySlot.get(slot)?.slice(-wanted.length) ?? [];
    return last.length === wanted.length && last.every((rate, i) => isSameRate(rate, wanted[i]));
  });
}

function rateFault(
  rate: Rate,
  products: KnownProducts,
  field: readonly (string | number)[],
): Refused<RateRefusal> | undefined {
  const product = knownProduct(products, rate.productId);
  if (product === undefined) {
    return refuse('product_not_found', [...field, 'productId'], rate.productId);
  }
  if (product.productType !== 'USAGE') {
    return refuse('product_not_usage', [...field, 'productId'], product.name);
  }
  return (
    pricingFault(rate.pricing, [...field, 'pricing']) ??
    groupValuesFault(rate.pricingGroupValues ?? {}, product, field) ??
    datesFault(rate, field)
  );
}

function datesFault(
  rate: Rate,
  field: readonly (string | number)[],
): Refused<'not_on_hour' | 'ends_before_start'> | undefined {
  if (!isOnHour(rate.startingAt)) {
    return refuse('not_on_hour', [...field, 'startingAt'], rate.startingAt);
  }
  if (rate.endingBefore === null) return undefined;
  if (!isOnHour(rate.endingBefore)) {
    return refuse('not_on_hour', [...field, 'endingBefore'], rate.endingBefore);
  }
  return rate.endingBefore <= rate.startingAt
    ? refuse('ends_before_start', [...field, 'endingBefore'], rate.endingBefore)
    : undefined;
}

const currencyFault = (currency: string): Refused<'currency_unknown'> | undefined =>
  isCurrency(currency) ? undefined : refuse('currency_unknown', ['currency'], currency);

/** The rates of each product, group values and start, in order. */
function bySlot(rates: readonly Rate[]): ReadonlyMap<string, readonly Rate[]> {
  const slots = new Map<string, Rate[]>();
  for (const rate of rates) {
    const slot = JSON.stringify([rate.startingAt, rate.productId, slotKey(rate)]);
    const rest = slots.get(slot);
    if (rest === undefined) slots.set(slot, [rate]);
    else rest.push(rate);
  }
  return slots;
}

const isSameRate = (a: Rate, b: Rate | undefined): boolean =>
  a.endingBefore === b?.endingBefore &&
  a.entitled === b.entitled &&
  samePricing(a.pricing, b.pricing);
