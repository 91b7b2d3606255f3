import { latest, type Instant } from '../src/kernel/calendar.ts';
import { keepFirst, mergeTallies, type Tally } from '../src/usage/metering.ts';

/** A set of values that grows in place. */
type OwnValues = { readonly aggregation: 'UNIQUE'; readonly firstAt: Map<string, Instant> };

export type Total = Exclude<Tally, { readonly aggregation: 'UNIQUE' }>;

/** What a window gains, taken together bit by bit; recordedAt: when the last of it came. */
export type Gain = { tally: Total | OwnValues; recordedAt: Instant };

/** What is gained, by the start of its window. */
export type Gains = Map<Instant, Gain>;

export function gain(gains: Gains, window: Instant, tally: Tally, recordedAt: Instant): void {
  const known = gains.get(window);
  if (known === undefined) {
    gains.set(window, { tally: own(tally), recordedAt });
    return;
  }
  known.recordedAt = latest(known.recordedAt, recordedAt);
  if (known.tally.aggregation === 'UNIQUE' && tally.aggregation === 'UNIQUE') {
    keepFirst(known.tally.firstAt, tally.firstAt);
  } else {
    known.tally = mergeTallies(known.tally, tally) as Total;
  }
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
