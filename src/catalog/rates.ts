import { covers, overlap, type Instant, type Interval } from '../kernel/calendar.ts';
import { cellsBetween, within } from '../kernel/cells.ts';
import { type Rate, type RateGroupValues } from './events.ts';

/** A product's rates for one set of group values, in the order they were added. */
export type RateSlot = { readonly values: RateGroupValues; readonly rates: readonly Rate[] };

/** A card's rates by product; a product's slots in the order in which they first got a rate. */
export type RatesByProduct = ReadonlyMap<string, readonly RateSlot[]>;

const noValues: RateGroupValues = {};

/** The rates of a card, given in the order they were added. */
export function ratesByProduct(rates: Iterable<Rate>): RatesByProduct {
  const products = new Map<string, Map<string, { values: RateGroupValues; rates: Rate[] }>>();
  for (const rate of rates) {
    const slots = products.get(rate.productId) ?? new Map<string, never>();
    products.set(rate.productId, slots);
    const key = slotKey(rate);
    const slot = slots.get(key);
    if (slot === undefined) {
      slots.set(key, { values: rate.pricingGroupValues ?? noValues, rates: [rate] });
    } else slot.rates.push(rate);
  }
  return new Map([...products].map(([productId, slots]) => [productId, [...slots.values()]]));
}

/** Text that exactly the rates share that are for the same group values. */
export const slotKey = ({ pricingGroupValues }: Pick<Rate, 'pricingGroupValues'>): string =>
  pricingGroupValues === undefined
    ? ''
    : JSON.stringify(Object.entries(pricingGroupValues).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * The rate that a slot's rates say at an instant (billing rule 15): of those that cover it the one
 * with the latest start, and of these the one added last.
 */
export function rateInForce(rates: readonly Rate[], at: Instant): Rate | undefined {
  let inForce: Rate | undefined;
  for (const rate of rates) {
    if (!covers(rate, at)) continue;
    if (inForce === undefined || rate.startingAt >= inForce.startingAt) inForce = rate;
  }
  return inForce;
}

export type RateStretch = Interval & { readonly rate: Rate };

/**
 * A slot's rates in force over the interval: ascending stretches of one rate each, with a gap where
 * there is none.
 */
export function ratesOver(rates: readonly Rate[], interval: Interval): RateStretch[] {
  // Sorting keeps the order added among those that start together.
  const starting = rates
    .filter((rate) => overlap(rate, interval))
    .sort((a, b) => (a.startingAt < b.startingAt ? -1 : a.startingAt > b.startingAt ? 1 : 0));
  const [only] = starting;
  if (only !== undefined && starting.length === 1) {
    const { startingAt, endingBefore } = within(interval, only);
    return [{ startingAt, endingBefore, rate: only }];
  }
  const stretches: RateStretch[] = [];
  /** Those that have started: a later one hides what lies beneath until it ends. */
  const running: Rate[] = [];
  let next = 0;
  for (const cell of cellsBetween(interval, starting)) {
    for (let rate = starting[next]; rate !== undefined; rate = starting[next]) {
      if (rate.startingAt > cell.startingAt) break;
      running.push(rate);
      next += 1;
    }
    while (running.length > 0 && isOver(running.at(-1), cell.startingAt)) running.pop();
    const rate = running.at(-1);
    const last = stretches.at(-1);
    if (rate === undefined) continue;
    if (last?.rate === rate && last.endingBefore === cell.startingAt) {
      stretches[stretches.length - 1] = { ...last, endingBefore: cell.endingBefore };
    } else stretches.push({ ...cell, rate });
  }
  return stretches;
}

const isOver = (rate: Rate | undefined, at: Instant): boolean =>
  rate !== undefined && rate.endingBefore !== null && rate.endingBefore <= at;
