import { type Aggregation, type Metric } from '../catalog/events.ts';
import { type Interval } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import { distinct } from '../kernel/names.ts';
import { type UsageLine } from './events.ts';
import { propertyText } from './filters.ts';
import { mergeTallies, type Tally } from './metering.ts';

/** The value of each property that usage is grouped by; null: the event does not have it. */
export type GroupValues = Readonly<Record<string, string | null>>;

/**
 * Group values as canonical text: a JSON list of the properties' values, in the properties' order;
 * empty where there is no property. Numbers stand by their shortest form, booleans as true or
 * false, strings as they were sent, what is missing as null.
 */
export type GroupKey = string;

/** The property names of all keys, each once, in the order in which their values are written. */
export const groupProperties = (groupKeys: Metric['groupKeys']): readonly string[] =>
  [...distinct(groupKeys.flat())].sort();

/** The group that an event counts in. */
export const groupKeyOf = (
  properties: readonly string[],
  line: Pick<UsageLine, 'properties'>,
): GroupKey => writeKey(properties.map((name) => propertyText(line, name) ?? null));

/** The group of these values, whatever the order in which they are named. */
export const groupKeyFrom = (values: GroupValues): GroupKey =>
  writeKey(
    Object.keys(values)
      .sort()
      .map((name) => values[name] ?? null),
  );

export const groupValuesIn = (groupKey: GroupKey): readonly (string | null)[] =>
  groupKey === '' ? [] : (JSON.parse(groupKey) as readonly (string | null)[]);

export const namedValues = (names: readonly string[], groupKey: GroupKey): GroupValues =>
  Object.fromEntries(
    groupValuesIn(groupKey).map((value, index) => [
      present(names[index], 'a name for every value'),
      value,
    ]),
  );

/** Finds the coarser group, by some of the properties, that a group is a part of. */
export function regrouping(
  properties: readonly string[],
  by: readonly string[],
): (groupKey: GroupKey) => GroupKey {
  if (by.length === 0) return () => '';
  if (by.length === properties.length) return (groupKey) => groupKey;
  const places = by.map((name) => properties.indexOf(name));
  const known = new Map<GroupKey, GroupKey>();
  return (groupKey) => {
    let coarser = known.get(groupKey);
    if (coarser === undefined) {
      const values = groupValuesIn(groupKey);
      coarser = writeKey(places.map((place) => values[place] ?? null));
      known.set(groupKey, coarser);
    }
    return coarser;
  };
}

/** What is asked of one metric. */
export type Meter = {
  readonly metricId: string;
  readonly aggregation: Aggregation;
  /** All that the metric's usage is grouped by: its groupProperties. */
  readonly properties: readonly string[];
  /** Those of them, in their order, by which the answer is grouped. */
  readonly by: readonly string[];
  /** On hour boundaries, disjoint, ascending. */
  readonly intervals: readonly Interval[];
};

/** What a metric counted: by group with any usage, for each interval; null where there is none. */
export type MeterReading = ReadonlyMap<GroupKey, readonly (Tally | null)[]>;

export const nothingRead: MeterReading = new Map();

/** Two parts of what one meter counted, as one. */
export function mergeReadings(a: MeterReading, b: MeterReading): MeterReading {
  const merged = new Map(a);
  for (const [group, tallies] of b) {
    const known = merged.get(group);
    merged.set(
      group,
      known === undefined
        ? tallies
        : known.map((tally, index) => mergeParts(tally, tallies[index] ?? null)),
    );
  }
  return merged;
}

const mergeParts = (a: Tally | null, b: Tally | null): Tally | null =>
  a === null || b === null ? (a ?? b) : mergeTallies(a, b);

const writeKey = (values: readonly (string | null)[]): GroupKey =>
  values.length === 0 ? '' : JSON.stringify(values);
