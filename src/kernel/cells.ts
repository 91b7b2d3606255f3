import { earliest, latest, type Instant, type Interval, type OpenInterval } from './calendar.ts';
import { present } from './invariant.ts';

/** The interval cut at all starts and ends of the others that lie inside it. */
export function cellsBetween(interval: Interval, others: Iterable<OpenInterval>): Interval[] {
  const inside = new Set<Instant>();
  for (const { startingAt, endingBefore } of others) {
    if (isInside(interval, startingAt)) inside.add(startingAt);
    if (endingBefore !== null && isInside(interval, endingBefore)) inside.add(endingBefore);
  }
  const edges = [interval.startingAt, ...[...inside].sort(), interval.endingBefore];
  return edges.slice(1).map((endingBefore, index) => ({
    startingAt: present(edges[index], 'every end has a start'),
    endingBefore,
  }));
}

/** The part of the other that lies inside the interval, which it overlaps. */
export const within = (interval: Interval, other: OpenInterval): Interval => ({
  startingAt: latest(interval.startingAt, other.startingAt),
  endingBefore: earliest(interval.endingBefore, other.endingBefore),
});

const isInside = ({ startingAt, endingBefore }: Interval, at: Instant): boolean =>
  startingAt < at && at < endingBefore;
