import { type Interval } from '../kernel/calendar.ts';
import { isZero, printDecimal, type Decimal } from '../kernel/decimal.ts';
import { fingerprint } from '../kernel/ids.ts';
import { present } from '../kernel/invariant.ts';
import {
  namedValues,
  type GroupKey,
  type GroupValues,
  type MeterReading,
} from '../usage/groups.ts';
import { mergeAll, quantitiesBySegment, type Tally } from '../usage/metering.ts';
import { type InvoiceLine, type ProductTerms, type Segment } from './events.ts';
import { cellsOf, segmentsByGroup, type SegmentOfCells } from './groups.ts';
import { pricer, type PricedLine } from './pricing.ts';

/** What a product's metric counted, for each combination of its group values and in each cell. */
export type Reading = MeterReading;

/** Usage of one combination of group values in one segment. */
export type MeteredSegment = {
  readonly terms: ProductTerms;
  readonly segment: Segment;
  readonly group: GroupKey;
  /** null: the product's usage is rated as one. */
  readonly groupValues: GroupValues | null;
  readonly quantity: Decimal;
};

export type RatedSegment = MeteredSegment & { readonly lines: readonly PricedLine[] };

/** Every billed segment of a period with what its usage costs. */
export const rate = (
  terms: readonly ProductTerms[],
  readings: readonly Reading[],
  currency: string,
): RatedSegment[] => {
  const rated: RatedSegment[] = [];
  for (const [index, product] of terms.entries()) {
    const reading = present(readings[index], 'a reading for every product');
    for (const one of rateProduct(product, cellsOf(product), reading, currency)) rated.push(one);
  }
  return rated;
};

/** Usage that no rate is for, and that is not billed therefore (billing rule 18). */
export const unrated = (terms: ProductTerms, reading: Reading): MeteredSegment[] =>
  meteredSegments(terms, cellsOf(terms), reading).filter(
    ({ segment, quantity }) => segment.unrated === true && !isZero(quantity),
  );

/** The product's billed segments; its usage was read cell by cell. */
export function rateProduct(
  terms: ProductTerms,
  cells: readonly Interval[],
  reading: Reading,
  currency: string,
): RatedSegment[] {
  const pricers = new Map<Segment['pricing'], ReturnType<typeof pricer>>();
  const rated: RatedSegment[] = [];
  for (const one of meteredSegments(terms, cells, reading)) {
    const { pricing } = one.segment;
    if (pricing === null) continue;
    const priced = pricers.get(pricing) ?? pricer(pricing, currency);
    pricers.set(pricing, priced);
    rated.push({ ...one, lines: priced(one.quantity) });
  }
  return rated;
}

function meteredSegments(
  terms: ProductTerms,
  cells: readonly Interval[],
  reading: Reading,
): MeteredSegment[] {
  const segmentsOf = segmentsByGroup(terms, cells);
  const { groups, aggregation } = terms;
  const counted: readonly (readonly [GroupKey, readonly (Tally | null)[]])[] =
    groups === undefined
      ? [['', reading.get('') ?? cells.map(() => null)]]
      : [...reading].sort(([a], [b]) => (a < b ? -1 : 1));
  return counted.flatMap(([group, tallies]) => {
    const segments = segmentsOf(group);
    const quantities = quantitiesBySegment(
      aggregation,
      segments.map(({ segment }) => segment),
      segments.map((one) => tallyOver(one, tallies)),
    );
    const groupValues = groups === undefined ? null : namedValues(groups.by, group);
    return segments.map(({ segment }, index) => {
      const quantity = present(quantities[index], 'a quantity for every segment');
      return { terms, segment, group, groupValues, quantity };
    });
  });
}

const tallyOver = (
  { from, to }: SegmentOfCells,
  tallies: readonly (Tally | null)[],
): Tally | null => (to === from + 1 ? (tallies[from] ?? null) : mergeAll(tallies.slice(from, to)));

/** The USAGE lines of a period's own invoice. */
export const usageLines = (
  invoiceId: string,
  period: Interval,
  rated: readonly RatedSegment[],
): InvoiceLine[] =>
  rated.flatMap(({ terms, segment, group, groupValues, lines }) =>
    lines.map((line) => ({
      lineId: lineId(
        invoiceId,
        'USAGE',
        terms.productId,
        segment.startingAt,
        String(line.tier),
        ...(groupValues === null ? [] : [group]),
      ),
      type: 'USAGE' as const,
      productId: terms.productId,
      name: terms.productName,
      startingAt: segment.startingAt,
      endingBefore: segment.endingBefore,
      period,
      segmentStart: segment.startingAt,
      quantity: printDecimal(line.quantity),
      unitPrice: line.unitPrice === null ? null : printDecimal(line.unitPrice),
      amount: printDecimal(line.amount),
      tier: line.tier,
      groupValues,
    })),
  );

/** The same line of the same invoice has the same id, draft or final. */
export const lineId = (...identity: readonly string[]): string => `lin_${fingerprint(...identity)}`;
