import { covers, type Instant } from '../kernel/calendar.ts';
import { decimal, sum } from '../kernel/decimal.ts';
import { type Pricing } from '../catalog/events.ts';
import { type Contract } from '../contracts/contract.ts';
import { type ScheduledCharge } from '../contracts/events.ts';
import { groupKeyFrom, type GroupKey } from '../usage/groups.ts';
import { type ChargedBefore, type Occurring } from './arithmetic.ts';
import { chargeLineId } from './draft.ts';
import {
  type InvoiceContent,
  type InvoiceLine,
  type PriceSource,
  type ProductTerms,
  type Segment,
} from './events.ts';
import { cellsOf, segmentsByGroup } from './groups.ts';
import { identityOf } from './late.ts';

/** A stretch in which usage with a line's group values is billed, at one price. */
export type BilledSegment = Segment & {
  readonly pricing: Pricing;
  readonly source: PriceSource;
  readonly metricId: string;
};

type Place = Pick<InvoiceLine, 'productId' | 'groupValues'>;

/** The combination of group values that the line is for. */
export const groupOf = ({ groupValues }: Pick<Place, 'groupValues'>): GroupKey =>
  groupValues === null ? '' : groupKeyFrom(groupValues);

/** The stretches in which the terms bill usage of the line's product and group values. */
export function billedSegments(
  terms: readonly ProductTerms[],
  line: Place,
): readonly BilledSegment[] {
  const product = terms.find(({ productId }) => productId === line.productId);
  if (product === undefined) return [];
  const { metricId } = product;
  return segmentsByGroup(
    product,
    cellsOf(product),
  )(groupOf(line)).flatMap(({ segment }) => {
    const { pricing, source } = segment;
    return pricing === null || source === null ? [] : [{ ...segment, pricing, source, metricId }];
  });
}

/** The stretch that the line charges for; undefined: the terms do not bill it. */
export const segmentOf = (
  terms: readonly ProductTerms[],
  line: Place & Pick<InvoiceLine, 'segmentStart'>,
): BilledSegment | undefined =>
  billedSegments(terms, line).find(({ startingAt }) => startingAt === line.segmentStart);

/** The start of the stretch that usage of an instant is billed in; undefined: it is not billed. */
export const segmentStartAt = (
  segments: readonly BilledSegment[],
  at: Instant,
): Instant | undefined => segments.find((segment) => covers(segment, at))?.startingAt;

/**
 * What was charged for the same as the line, before it: by the closed period's own invoice, where
 * it stands, and by late lines that stand.
 */
export function chargedBefore(
  line: InvoiceLine,
  base: InvoiceContent | undefined,
  standing: readonly InvoiceContent[],
): ChargedBefore {
  const identity = identityOf(line).join(' ');
  const same = (other: InvoiceLine): boolean =>
    other.period.startingAt === line.period.startingAt && identityOf(other).join(' ') === identity;
  const own = (base?.lines ?? []).filter(({ type }) => type === 'USAGE');
  const late = standing.flatMap(({ lines }) => lines).filter(({ type }) => type === 'LATE_USAGE');
  const lines = [...own, ...late].filter(same);
  return {
    lines: lines.length,
    quantity: sum(lines.map(({ quantity }) => decimal(quantity))),
    amount: sum(lines.map(({ amount }) => decimal(amount))),
  };
}

/** The charge that the line is for, and which of its occurrences; undefined: it has none. */
export function occurrenceOf(
  { scheduledCharges }: Pick<Contract, 'scheduledCharges'>,
  invoiceId: string,
  line: Pick<InvoiceLine, 'lineId' | 'startingAt'>,
): Occurring | undefined {
  for (const charge of scheduledCharges) {
    const place = placeOf(charge, invoiceId, line);
    if (place === undefined) continue;
    const { occurrences } = charge;
    const together = sum(occurrences.map(({ amount }) => decimal(amount)));
    return { place: place + 1, of: occurrences.length, sum: together };
  }
  return undefined;
}

function placeOf(
  charge: ScheduledCharge,
  invoiceId: string,
  line: Pick<InvoiceLine, 'lineId' | 'startingAt'>,
): number | undefined {
  let alike = 0;
  for (const [place, { timestamp }] of charge.occurrences.entries()) {
    if (timestamp !== line.startingAt) continue;
    if (chargeLineId(invoiceId, charge, alike) === line.lineId) return place;
    alike += 1;
  }
  return undefined;
}
