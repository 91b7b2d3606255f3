import { covers, type Interval } from '../kernel/calendar.ts';
import { cellsBetween } from '../kernel/cells.ts';
import { present } from '../kernel/invariant.ts';
import { samePricing } from '../catalog/pricing.ts';
import { groupValuesIn, type GroupKey, type Meter } from '../usage/groups.ts';
import { type GroupTerms, type ProductTerms, type Segment } from './events.ts';

/** All segments of a product's terms, of those for group values too. */
export const allSegments = ({ segments, groups }: ProductTerms): readonly Segment[] => [
  ...segments,
  ...(groups?.rates ?? []).flatMap((rate) => rate.segments),
];

/** The period cut wherever the price of any usage of the product may change. */
export function cellsOf(terms: ProductTerms): readonly Interval[] {
  return terms.groups === undefined
    ? terms.segments
    : cellsBetween(periodOf(terms), allSegments(terms));
}

/** What the product's segments tile. */
export const periodOf = ({ segments }: ProductTerms): Interval => ({
  startingAt: present(segments[0], 'segments tile a period').startingAt,
  endingBefore: present(segments.at(-1), 'segments tile a period').endingBefore,
});

/** What has to be read to rate the product, for each of the intervals. */
export const meterOf = (
  { metricId, aggregation, groups }: ProductTerms,
  properties: readonly string[],
  intervals: readonly Interval[],
): Meter => ({ metricId, aggregation, properties, by: groups?.by ?? [], intervals });

/** A segment, and the cells that make it up. */
export type SegmentOfCells = {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
};

/**
 * Finds how usage of a combination of group values is billed (billing rule 18): at each instant by
 * the rate that names most of its values, and with none by the product's own segments. Combinations
 * that the same rates are for share their segments.
 */
export function segmentsByGroup(
  terms: ProductTerms,
  cells: readonly Interval[],
): (group: GroupKey) => readonly SegmentOfCells[] {
  if (terms.groups === undefined) {
    const own = terms.segments.map((segment, at) => ({ segment, from: at, to: at + 1 }));
    return () => own;
  }
  const ratesFor = rateFinder(terms);
  const known = new Map<string, readonly SegmentOfCells[]>();
  return (group) => {
    const rates = ratesFor(group);
    const key = rates.join();
    let segments = known.get(key);
    if (segments === undefined) {
      const layers = rates.map((index) => present(terms.groups?.rates[index], 'a rate').segments);
      segments = layered([...layers, terms.segments], cells);
      known.set(key, segments);
    }
    return segments;
  };
}

/** The rates that match a combination, by place, most specific first. */
function rateFinder({ groups }: ProductTerms): (group: GroupKey) => readonly number[] {
  if (groups === undefined || groups.rates.length === 0) return () => [];
  const tables = new Map<string, { places: readonly number[]; rates: Map<string, number> }>();
  for (const [index, { values }] of groups.rates.entries()) {
    const names = namesOf(values);
    const key = JSON.stringify(names);
    const table = tables.get(key) ?? {
      places: names.map((name) => groups.by.indexOf(name)),
      rates: new Map<string, number>(),
    };
    tables.set(key, table);
    table.rates.set(keyOf(names.map((name) => values[name])), index);
  }
  const bySize = [...tables.values()].sort((a, b) => b.places.length - a.places.length);
  return (group) => {
    const values = groupValuesIn(group);
    return bySize.flatMap(({ places, rates }) => {
      const key = places.length === values.length ? group : keyOf(places.map((at) => values[at]));
      const index = rates.get(key);
      return index === undefined ? [] : [index];
    });
  };
}

/** As a group key writes them, so that of all values it is the group key itself. */
const keyOf = (values: readonly (string | null | undefined)[]): string => JSON.stringify(values);

const namesOf = (values: GroupTerms['values']): readonly string[] => Object.keys(values).sort();

/** Of several layers of segments the uppermost that covers, neighbours that bill alike as one. */
function layered(
  layers: readonly (readonly Segment[])[],
  cells: readonly Interval[],
): readonly SegmentOfCells[] {
  const places = layers.map(() => 0);
  const merged: SegmentOfCells[] = [];
  for (const [at, cell] of cells.entries()) {
    const found = layers.reduce<Segment | undefined>((upper, segments, layer) => {
      if (upper !== undefined) return upper;
      let place = places[layer] ?? 0;
      while ((segments[place]?.endingBefore ?? cell.endingBefore) <= cell.startingAt) place += 1;
      places[layer] = place;
      const segment = segments[place];
      return segment !== undefined && covers(segment, cell.startingAt) ? segment : undefined;
    }, undefined);
    const segment = cutTo(present(found, 'segments tile a period'), cell);
    const last = merged.at(-1);
    if (last !== undefined && billAlike(last.segment, segment)) {
      const longer = { ...last.segment, endingBefore: cell.endingBefore };
      merged[merged.length - 1] = { segment: longer, from: last.from, to: at + 1 };
    } else merged.push({ segment, from: at, to: at + 1 });
  }
  return merged;
}

/** Whether usage in both costs the same, or is not billed for the same reason. */
export const billAlike = (a: Segment, b: Segment): boolean =>
  a.pricing === null || b.pricing === null
    ? a.pricing === b.pricing && a.unrated === b.unrated
    : samePricing(a.pricing, b.pricing);

const cutTo = (segment: Segment, { startingAt, endingBefore }: Interval): Segment =>
  segment.startingAt === startingAt && segment.endingBefore === endingBefore
    ? segment
    : { ...segment, startingAt, endingBefore };
