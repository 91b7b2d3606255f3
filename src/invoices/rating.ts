import { type Interval } from '../kernel/calendar.ts';
import { printDecimal } from '../kernel/decimal.ts';
import { fingerprint } from '../kernel/ids.ts';
import { present } from '../kernel/invariant.ts';
import { quantitiesBySegment, type Tally } from '../usage/metering.ts';
import { type InvoiceLine, type ProductTerms, type Segment } from './events.ts';
import { price, type PricedLine } from './pricing.ts';

/** What a product's metric counted in each of its segments, in their order. */
export type Reading = readonly (Tally | null)[];

export type RatedSegment = {
  readonly terms: ProductTerms;
  readonly segment: Segment;
  readonly lines: readonly PricedLine[];
};

/** Every billed segment of a period with what its usage costs. */
export function rate(
  terms: readonly ProductTerms[],
  readings: readonly Reading[],
  currency: string,
): RatedSegment[] {
  return terms.flatMap((product, index) => {
    const reading = present(readings[index], 'a reading for every product');
    const quantities = quantitiesBySegment(product.aggregation, product.segments, reading);
    return product.segments.flatMap((segment, at) => {
      if (segment.pricing === null) return [];
      const quantity = present(quantities[at], 'a quantity for every segment');
      return [{ terms: product, segment, lines: price(segment.pricing, quantity, currency) }];
    });
  });
}

/** The USAGE lines of a period's own invoice. */
export const usageLines = (
  invoiceId: string,
  period: Interval,
  rated: readonly RatedSegment[],
): InvoiceLine[] =>
  rated.flatMap(({ terms, segment, lines }) =>
    lines.map((line) => ({
      lineId: lineId(invoiceId, 'USAGE', terms.productId, segment.startingAt, String(line.tier)),
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
      groupValues: null,
    })),
  );

/** The same line of the same invoice has the same id, draft or final. */
export const lineId = (...identity: readonly string[]): string => `lin_${fingerprint(...identity)}`;
