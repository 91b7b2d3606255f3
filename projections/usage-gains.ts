import { latest, type Instant } from '../src/kernel/calendar.ts';
import { add, whole as wholeDecimal, zero } from '../src/kernel/decimal.ts';
import { keepFirst, mergeTallies, type Tally } from '../src/usage/metering.ts';

/** A set of values that grows in place. */
type OwnValues = { readonly aggregation: 'UNIQUE'; readonly firstAt: Map<string, Instant> };

export type Total = Exclude<Tally, { readonly aggregation: 'UNIQUE' }>;

/**
 * What a window gains, taken together bit by bit; recordedAt: when the last of it came. To a total
 * belongs what small whole numbers have added up to, which is a safe integer: see gained.
 */
export type Gain = { tally: Total | OwnValues; whole: number; recordedAt: Instant };

/** What is gained, by the start of its window. */
export type Gains = Map<Instant, Gain>;

export function gain(gains: Gains, window: Instant, tally: Tally, recordedAt: Instant): void {
  const known = gains.get(window);
  if (known === undefined) {
    gains.set(window, { tally: own(tally), whole: 0, recordedAt });
    return;
  }
  known.recordedAt = latest(known.recordedAt, recordedAt);
  if (known.tally.aggregation === 'UNIQUE' && tally.aggregation === 'UNIQUE') {
    keepFirst(known.tally.firstAt, tally.firstAt);
  } else {
    known.tally = mergeTallies(known.tally, tally) as Total;
  }
}

/** As gain, of a small whole number that is counted or summed. */
export function gainWhole(
  gains: Gains,
  window: Instant,
  aggregation: 'COUNT' | 'SUM',
  amount: number,
  recordedAt: Instant,
): void {
  const known = gains.get(window);
  if (known === undefined) {
    gains.set(window, { tally: { aggregation, total: zero }, whole: amount, recordedAt });
    return;
  }
  known.recordedAt = latest(known.recordedAt, recordedAt);
  if (Math.abs(known.whole) > mostWhole) {
    known.tally = gained(known);
    known.whole = 0;
  }
  known.whole += amount;
}

/** Far from what a number no longer holds exactly. */
const mostWhole = 2 ** 52;

/** All that was gained. */
export function gained({ tally, whole }: Gain): Gain['tally'] {
  if (whole === 0 || !('total' in tally)) return tally;
  return { aggregation: tally.aggregation, total: add(tally.total, wholeDecimal(BigInt(whole))) };
}

/** One that may grow: it shares nothing with what it is made of. */
const own = (tally: Tally): Gain['tally'] =>
  tally.aggregation === 'UNIQUE'
    ? { aggregation: 'UNIQUE', firstAt: new Map(tally.firstAt) }
    : tally;

/** The value under the key, which is made when there is none. */
export function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
