import { covers, type Interval } from '../kernel/calendar.ts';
import { cellsBetween } from '../kernel/cells.ts';
import { type PriceOrigin, type SlotSchedule } from './rate-schedule.ts';

/**
 * What the price of usage with these group values is made of over the interval, in its order: at
 * each instant of the most specific rate that is for them (billing rule 18).
 */
export function originsOver(
  schedules: readonly SlotSchedule[],
  groupValues: Readonly<Record<string, string | null>>,
  interval: Interval,
): readonly PriceOrigin[] {
  const matching = schedules
    .filter(({ values }) => names(values).every((name) => values[name] === groupValues[name]))
    .sort((a, b) => names(b.values).length - names(a.values).length)
    .map(({ stretches }) => stretches);
  return cellsBetween(interval, matching.flat()).flatMap(({ startingAt }) => {
    const inForce = matching.flat().find((stretch) => covers(stretch, startingAt));
    return inForce === undefined ? [] : [inForce];
  });
}

const names = (values: SlotSchedule['values']): readonly string[] => Object.keys(values);
