import { addMonths, latest, overlap, type Interval } from '../kernel/calendar.ts';
import { type Closing, type Contract } from '../contracts/contract.ts';
import { isCarrier, periodOf, standingUsage, type LateMark } from './settling.ts';

/** Usage of that time, recorded after so many cuts; beforeCut: and before that one. */
export type LateSpan = Interval & { readonly fromCut: number; readonly beforeCut: number | null };

/**
 * Where usage came late, if a closed period of the contract comes to anything else than what was
 * charged for it. Nothing is left to settle after the period's own invoice, nor after a standing
 * one that settled all closed periods. From then on it takes usage that is new; or that an invoice
 * of before is voided, which had charged late usage for the period.
 */
export function lateSpans(contract: Contract): (closing: Closing) => readonly LateSpan[] {
  const usage = contract.closings.filter(({ invoiceType }) => invoiceType === 'USAGE');
  const carrier = standingUsage(contract).findLast((closing) => wasCarrier(contract, closing));
  return (closing) => {
    const settledAt = Math.max(closing.cut, carrier?.cut ?? 0);
    const since = { ...periodOf(closing), fromCut: settledAt, beforeCut: null };
    const voided = usage.findLast(
      ({ cut, reopenedAfterCut }) => cut < settledAt && (reopenedAfterCut ?? -1) >= settledAt,
    );
    const closed = usage.filter(
      ({ lateOnly, periodStart }) => !lateOnly && periodStart === closing.periodStart,
    );
    const fromCut = closed[0]?.cut ?? closing.cut;
    if (voided === undefined || voided.cut <= fromCut) return [since];
    const endingBefore = closed.reduce(
      (end, { periodEnd }) => latest(end, periodEnd),
      closing.periodEnd,
    );
    const startingAt = closing.periodStart;
    return [since, { startingAt, endingBefore, fromCut, beforeCut: voided.cut }];
  };
}

/** Which closed periods of the contract have to be settled, by what is marked as late. */
export function unsettledBy(
  contract: Contract,
  marks: readonly LateMark[],
): (closing: Closing) => boolean {
  const spansOf = lateSpans(contract);
  return (closing) => spansOf(closing).some((span) => marks.some((mark) => isIn(span, mark)));
}

const isIn = (span: LateSpan, { month, afterCut }: LateMark): boolean =>
  afterCut >= span.fromCut &&
  (span.beforeCut === null || afterCut < span.beforeCut) &&
  overlap(span, { startingAt: month, endingBefore: addMonths(month, 1) });

/** Whether the invoice settled all periods that were closed before it. */
const wasCarrier = (contract: Contract, closing: Closing): boolean =>
  closing.lateOnly || isCarrier(asBefore(contract, closing), closing);

/**
 * The contract as it was before the cut, as far as its closed periods go. Its end was behind the
 * period that was closed, and what is open behind that does not matter.
 */
const asBefore = (contract: Contract, { cut }: Closing): Contract => ({
  ...contract,
  endingBefore: null,
  closings: contract.closings
    .filter((closing) => closing.cut < cut)
    .map((closing) =>
      (closing.reopenedAfterCut ?? cut) < cut
        ? closing
        : { ...closing, reopenedAt: null, reopenedAfterCut: null },
    ),
});
