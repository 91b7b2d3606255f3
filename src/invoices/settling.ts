import { addMonths, overlap, type Instant, type Interval } from '../kernel/calendar.ts';
import { isStanding, type Closing, type Contract } from '../contracts/contract.ts';
import { openUsagePeriods, type BillingPeriod } from '../contracts/periods.ts';
import { type InvoiceLine } from './events.ts';

/**
 * Usage of that month that was recorded after so many cuts, for a period that was closed by then.
 */
export type LateMark = {
  readonly month: Instant;
  readonly afterCut: number;
  readonly recordedAt: Instant;
};

/**
 * A period that an invoice has to settle; closing: the standing one whose terms it is rated with,
 * if any.
 */
export type PeriodToSettle = { readonly period: Interval; readonly closing: Closing | null };

/** The USAGE periods that standing invoices have closed, oldest first. */
export const standingUsage = ({ closings }: Contract): readonly Closing[] =>
  closings.filter((closing) => closing.invoiceType === 'USAGE' && isStanding(closing));

/**
 * What a USAGE invoice settles beside its own usage (billing rules 21 and 22). The contract's
 * earliest one that is not finalized carries the late usage of all closed periods that are
 * unsettled (see lateSpans); a period that is billed again takes back what standing late lines have
 * charged for it. Of these, those of chargingBefore are needed.
 */
export function periodsToSettle(
  contract: Contract,
  invoice: BillingPeriod,
  isUnsettled: (closing: Closing) => boolean,
  standingLateLines: readonly InvoiceLine[],
): PeriodToSettle[] {
  const chargedLate = new Map(standingLateLines.map(({ period }) => [period.startingAt, period]));
  const own = chargedLate.get(invoice.periodStart);
  const ownAgain = own === undefined || invoice.lateOnly ? [] : [{ period: own, closing: null }];
  if (!isCarrier(contract, invoice)) return ownAgain;
  const covered = coveredStarts(contract, invoice);
  const dropped = [...chargedLate.values()].filter((period) => !covered.has(period.startingAt));
  return [
    ...closedPeriods(contract)
      .filter(isUnsettled)
      .map((closing) => ({ period: periodOf(closing), closing })),
    ...dropped.map((period) => ({ period, closing: null })),
    ...ownAgain,
  ];
}

/** The standing invoices that may have charged late usage for what the invoice settles. */
export function chargingBefore(
  contract: Contract,
  invoice: BillingPeriod,
  isUnsettled: (closing: Closing) => boolean,
): readonly Closing[] {
  const carries = isCarrier(contract, invoice);
  const covered = coveredStarts(contract, invoice);
  const isSettled = (closing: Closing): boolean => {
    if (!invoice.lateOnly && closing.periodStart === invoice.periodStart) return true;
    if (!carries) return false;
    return isStanding(closing) ? isUnsettled(closing) : !covered.has(closing.periodStart);
  };
  const periods = contract.closings.filter(isOwnPeriod);
  const starts = new Set(periods.filter(isSettled).map(({ periodStart }) => periodStart));
  const first = periods.find(({ periodStart }) => starts.has(periodStart));
  if (first === undefined) return [];
  return standingUsage(contract).filter(({ cut }) => cut > first.cut);
}

const isOwnPeriod = ({ invoiceType, lateOnly }: Closing): boolean =>
  invoiceType === 'USAGE' && !lateOnly;

/** Its periods that standing invoices have closed, without those for late usage alone. */
export const closedPeriods = (contract: Contract): readonly Closing[] =>
  standingUsage(contract).filter(isOwnPeriod);

/** Starts of the closed periods, and of the open ones through the invoice's own. */
const coveredStarts = (contract: Contract, invoice: BillingPeriod): ReadonlySet<Instant> =>
  new Set([
    ...closedPeriods(contract).map((closing) => closing.periodStart),
    ...openStarts(contract, invoice),
  ]);

/**
 * When the last usage was recorded that no invoice of an ended contract has been able to take in
 * yet; null: there is none, or the contract goes on.
 */
export function pendingLateSince(contract: Contract, marks: readonly LateMark[]): Instant | null {
  if (contract.endingBefore === null) return null;
  const last = standingUsage(contract).reduce<Closing | null>(
    (latest, closing) => (latest !== null && latest.cut > closing.cut ? latest : closing),
    null,
  );
  const closed = closedPeriods(contract);
  const recorded = marks.filter(
    (mark) =>
      mark.afterCut >= (last?.cut ?? 0) && closed.some((closing) => isLateFor(mark, closing)),
  );
  const reopened = contract.closings.flatMap(({ invoiceType, reopenedAt }) =>
    invoiceType === 'USAGE' && reopenedAt !== null ? [reopenedAt] : [],
  );
  return (
    [
      ...recorded.map((mark) => mark.recordedAt),
      ...reopened.filter((at) => last === null || at >= last.closedAt),
    ]
      .sort()
      .at(-1) ?? null
  );
}

const isLateFor = (mark: LateMark, closing: Closing): boolean =>
  mark.afterCut >= closing.cut &&
  overlap(periodOf(closing), { startingAt: mark.month, endingBefore: addMonths(mark.month, 1) });

/** Whether the invoice settles all closed periods: no earlier one is open. */
export const isCarrier = (
  contract: Contract,
  invoice: Pick<BillingPeriod, 'invoiceId'>,
): boolean => {
  const earliest = openUsagePeriods(contract).next();
  return earliest.done === true || earliest.value.invoiceId === invoice.invoiceId;
};

/** Starts of the open periods through the invoice's own. */
function openStarts(contract: Contract, invoice: BillingPeriod): Instant[] {
  const starts: Instant[] = [];
  for (const { periodStart } of openUsagePeriods(contract)) {
    starts.push(periodStart);
    if (periodStart > lastClosedStart(contract, invoice)) break;
  }
  return starts;
}

const lastClosedStart = ({ closings }: Contract, invoice: BillingPeriod): Instant =>
  closings.reduce(
    (last, { periodStart }) => (periodStart > last ? periodStart : last),
    invoice.periodStart,
  );

export const periodOf = ({ periodStart, periodEnd }: Closing): Interval => ({
  startingAt: periodStart,
  endingBefore: periodEnd,
});
