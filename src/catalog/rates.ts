import { covers, type Instant, type OpenInterval } from '../kernel/calendar.ts';
import { type Rate } from './events.ts';

/**
 * The rate that a card's rates, in the order they were added, say for a product at an instant
 * (billing rule 15): of those that cover it the one with the latest start, and of these the one
 * added last.
 */
export function rateInForce(
  rates: readonly Rate[],
  productId: string,
  at: Instant,
): Rate | undefined {
  let inForce: Rate | undefined;
  for (const rate of rates) {
    if (rate.productId !== productId || !covers(rate, at)) continue;
    if (inForce === undefined || rate.startingAt >= inForce.startingAt) inForce = rate;
  }
  return inForce;
}

/**
 * The instants inside the interval, its start and end left out, at which the rate in force may
 * change; ascending.
 */
export function rateChanges(
  rates: readonly Rate[],
  productId: string,
  interval: OpenInterval,
): readonly Instant[] {
  const changes = new Set<Instant>();
  for (const rate of rates) {
    if (rate.productId !== productId) continue;
    for (const at of [rate.startingAt, rate.endingBefore]) {
      if (at !== null && at !== interval.startingAt && covers(interval, at)) changes.add(at);
    }
  }
  return Array.from(changes).sort();
}
