import { type Aggregation, type Metric } from '../catalog/events.ts';
import { covers, type Instant, type Interval } from '../kernel/calendar.ts';
import { add, compare, one, parseDecimal, whole, zero, type Decimal } from '../kernel/decimal.ts';
import { BrokenInvariant, present } from '../kernel/invariant.ts';
import { wellFormed } from '../kernel/names.ts';
import { type UsageLine } from './events.ts';
import { propertyText } from './filters.ts';

/**
 * What a metric has counted over some stretch of time: a part that merges with other parts in any
 * order. MAX, UNIQUE and LATEST keep the instant of the event that decided them.
 */
export type Tally =
  | { readonly aggregation: 'COUNT' | 'SUM'; readonly total: Decimal }
  | { readonly aggregation: 'MAX'; readonly value: Decimal; readonly at: Instant }
  | {
      readonly aggregation: 'LATEST';
      readonly value: Decimal;
      readonly at: Instant;
      readonly order: string;
    }
  | { readonly aggregation: 'UNIQUE'; readonly firstAt: ReadonlyMap<string, Instant> };

const counted: Tally = { aggregation: 'COUNT', total: one };

/**
 * What one event that the metric sees adds to it; passed over when it has no usable aggregation
 * property (billing rule 10). Orders compare as text, and tell which of two events stands later in
 * the log.
 */
export function tallyOf(metric: Metric, line: UsageLine, order: string): Tally | 'passed_over' {
  const { aggregation } = metric;
  if (aggregation === 'COUNT') return counted;
  const key = present(metric.aggregationKey, 'all metrics but COUNT name their property');
  const text =
    typeof line.properties[key] === 'boolean' && aggregation !== 'UNIQUE'
      ? undefined
      : propertyText(line, key);
  if (text === undefined) return 'passed_over';
  const at = line.timestamp;
  if (aggregation === 'UNIQUE') return { aggregation, firstAt: new Map([[wellFormed(text), at]]) };
  const value = parseDecimal(text);
  if (value === undefined) return 'passed_over';
  switch (aggregation) {
    case 'SUM':
      return { aggregation, total: value };
    case 'MAX':
      return { aggregation, value, at };
    case 'LATEST':
      return { aggregation, value, at, order };
  }
}

/**
 * What the event adds to the metric, as tallyOf says, where that is a small whole number; undefined
 * where it may be anything else.
 */
export function wholeTallyOf({ aggregation, aggregationKey }: Metric, line: UsageLine) {
  if (aggregation === 'COUNT') return 1;
  if (aggregation !== 'SUM' || aggregationKey === null) return undefined;
  const value = Object.hasOwn(line.properties, aggregationKey)
    ? line.properties[aggregationKey]
    : undefined;
  if (typeof value === 'number') return isSmall(value) ? value : undefined;
  return typeof value === 'string' ? smallWhole(value) : undefined;
}

const mostDigits = 9;
const zeroDigit = 48;

const isSmall = (value: number): boolean =>
  Number.isInteger(value) && Math.abs(value) < 10 ** mostDigits;

/** The number that few digits write, and nothing else. */
function smallWhole(text: string): number | undefined {
  if (text.length === 0 || text.length > mostDigits) return undefined;
  let number = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - zeroDigit;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

/** Both parts of one metric as one; which comes first makes no difference. */
export function mergeTallies(a: Tally, b: Tally): Tally {
  switch (a.aggregation) {
    case 'COUNT':
    case 'SUM':
      if (b.aggregation !== a.aggregation) break;
      return { aggregation: a.aggregation, total: add(a.total, b.total) };
    case 'MAX': {
      if (b.aggregation !== 'MAX') break;
      const difference = compare(a.value, b.value);
      return difference > 0 || (difference === 0 && a.at <= b.at) ? a : b;
    }
    case 'LATEST':
      if (b.aggregation !== 'LATEST') break;
      return a.at > b.at || (a.at === b.at && a.order >= b.order) ? a : b;
    case 'UNIQUE': {
      if (b.aggregation !== 'UNIQUE') break;
      const firstAt = new Map(a.firstAt);
      keepFirst(firstAt, b.firstAt);
      return { aggregation: 'UNIQUE', firstAt };
    }
  }
  throw new BrokenInvariant('only tallies of one metric are merged');
}

/** Takes each value's first instant into the map. */
export function keepFirst(
  into: Map<string, Instant>,
  from: Iterable<readonly [string, Instant]>,
): void {
  for (const [value, at] of from) {
    const known = into.get(value);
    if (known === undefined || at < known) into.set(value, at);
  }
}

export function quantityOf(tally: Tally | null): Decimal {
  if (tally === null) return zero;
  switch (tally.aggregation) {
    case 'COUNT':
    case 'SUM':
      return tally.total;
    case 'MAX':
    case 'LATEST':
      return tally.value;
    case 'UNIQUE':
      return whole(BigInt(tally.firstAt.size));
  }
}

/**
 * The quantity of each segment of a billing period, from each segment's own tally. MAX, UNIQUE and
 * LATEST are taken once over the period, and stand in the segment of the instant that decided them
 * (billing rule 9).
 */
export function quantitiesBySegment(
  aggregation: Aggregation,
  segments: readonly Interval[],
  tallies: readonly (Tally | null)[],
): Decimal[] {
  if (aggregation === 'COUNT' || aggregation === 'SUM') {
    return segments.map((_, index) => quantityOf(tallies[index] ?? null));
  }
  const period = mergeAll(tallies);
  if (period?.aggregation === 'UNIQUE') {
    const counts = segments.map(() => 0n);
    for (const at of period.firstAt.values()) {
      const index = segments.findIndex((segment) => covers(segment, at));
      counts[index] = present(counts[index], 'a value lies in a segment') + 1n;
    }
    return counts.map(whole);
  }
  return segments.map((segment) =>
    period !== null && 'at' in period && covers(segment, period.at) ? quantityOf(period) : zero,
  );
}

export function mergeAll(tallies: Iterable<Tally | null>): Tally | null {
  let merged: Tally | null = null;
  for (const tally of tallies) {
    if (tally !== null) merged = merged === null ? tally : mergeTallies(merged, tally);
  }
  return merged;
}
