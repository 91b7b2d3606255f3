import {
  addHours,
  boundary,
  earliest,
  latest,
  monthOf,
  stepAt,
  type Instant,
} from '../kernel/calendar.ts';
import { isStanding, type Closing, type Contract } from './contract.ts';
import { type InvoiceType } from './events.ts';
import { invoiceIdOf } from './invoice-id.ts';

/**
 * What one invoice charges for: a stretch of the contract's calendar, or the instant of its
 * scheduled charges.
 */
export type BillingPeriod = {
  readonly invoiceId: string;
  readonly contractId: string;
  readonly invoiceType: InvoiceType;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  /** After the contract's end, for late usage alone. */
  readonly lateOnly: boolean;
  /** The invoice is due then, or, when graced, a grace period later. */
  readonly dueFrom: Instant;
  readonly graced: boolean;
  /** Its last invoice was voided: the next one bills it again. */
  readonly reopened: boolean;
};

/**
 * What the contract's next invoices are due from: at once, or a grace period later; null: none is
 * ahead.
 */
export type NextDue = { readonly graced: Instant | null; readonly immediate: Instant | null };

export const dueAt = (period: BillingPeriod, graceHours: number): Instant =>
  period.graced ? addHours(period.dueFrom, graceHours) : period.dueFrom;

/**
 * The USAGE periods that no standing invoice closes, oldest first; without end for an open-ended
 * contract. A period that was closed keeps its start; a contract that goes on after its last closed
 * period ended early has its next one from there (billing rule 23).
 */
export function* openUsagePeriods(contract: Contract): Generator<BillingPeriod> {
  const closings = latestClosings(contract, 'USAGE', false);
  let periodStart = contract.startingAt;
  while (contract.endingBefore === null || periodStart < contract.endingBefore) {
    const closing = closings.get(periodStart);
    const end = closing?.periodEnd ?? unclosedEnd(contract, periodStart, closings);
    const periodEnd = earliest(end, contract.endingBefore);
    if (closing === undefined || !isStanding(closing)) {
      yield usagePeriod(contract, periodStart, periodEnd, closing);
    }
    periodStart = periodEnd;
  }
}

/** The instants with scheduled charges that no standing invoice closes, oldest first. */
export function openScheduledPeriods(contract: Contract): BillingPeriod[] {
  const closings = latestClosings(contract, 'SCHEDULED', false);
  return chargeInstants(contract).flatMap((instant) => {
    const closing = closings.get(instant);
    if (closing !== undefined && isStanding(closing)) return [];
    return [
      {
        ...identity(contract, 'SCHEDULED', instant),
        periodEnd: instant,
        lateOnly: false,
        dueFrom: latest(closing?.reopenedAt ?? instant, contract.createdAt),
        graced: closing !== undefined,
        reopened: closing !== undefined,
      },
    ];
  });
}

/** The open periods that have begun, in the order of their start, USAGE before SCHEDULED. */
export function openPeriods(contract: Contract, now: Instant): BillingPeriod[] {
  const begun: BillingPeriod[] = [];
  for (const period of openUsagePeriods(contract)) {
    if (period.periodStart > now) break;
    begun.push(period);
  }
  return [...begun, ...openScheduledPeriods(contract).filter((p) => p.periodStart <= now)];
}

/**
 * Where late usage of an ended contract stands once all its own periods are closed (billing rule
 * 21): the next period of its calendar that was not yet due when the last of that usage was
 * recorded.
 */
export function latePeriod(
  contract: Contract,
  lateSince: Instant,
  graceHours: number,
): BillingPeriod | undefined {
  if (contract.endingBefore === null || openUsagePeriods(contract).next().done !== true) {
    return undefined;
  }
  const closings = latestClosings(contract, 'USAGE', true);
  let periodStart = contract.endingBefore;
  for (;;) {
    const closing = closings.get(periodStart);
    const periodEnd = closing?.periodEnd ?? unclosedEnd(contract, periodStart, closings);
    const period = { ...usagePeriod(contract, periodStart, periodEnd, closing), lateOnly: true };
    const isOpen = closing === undefined || !isStanding(closing);
    if (isOpen && dueAt(period, graceHours) > lateSince) return period;
    periodStart = periodEnd;
  }
}

export function nextDue(contract: Contract): NextDue {
  let graced: Instant | null = null;
  let immediate: Instant | null = null;
  const consider = (period: BillingPeriod): void => {
    if (period.graced) graced = earliest(period.dueFrom, graced);
    else immediate = earliest(period.dueFrom, immediate);
  };
  const lastClosed = contract.closings.reduce<Instant>(
    (last, closing) => latest(last, closing.periodStart),
    contract.startingAt,
  );
  for (const period of openUsagePeriods(contract)) {
    consider(period);
    if (period.periodStart > lastClosed) break;
  }
  openScheduledPeriods(contract).forEach(consider);
  return { graced, immediate };
}

const identity = (contract: Contract, invoiceType: InvoiceType, periodStart: Instant) => ({
  invoiceId: invoiceIdOf(
    contract.contractId,
    invoiceType,
    periodStart,
    contract.closings.filter(
      (closing) => closing.invoiceType === invoiceType && closing.periodStart === periodStart,
    ).length,
  ),
  contractId: contract.contractId,
  invoiceType,
  periodStart,
});

const usagePeriod = (
  contract: Contract,
  periodStart: Instant,
  periodEnd: Instant,
  closing: Closing | undefined,
): BillingPeriod => ({
  ...identity(contract, 'USAGE', periodStart),
  periodEnd,
  lateOnly: false,
  dueFrom: [contract.createdAt, contract.endUpdatedAt, closing?.reopenedAt].reduce<Instant>(
    (due, recorded) => latest(due, recorded ?? due),
    periodEnd,
  ),
  graced: true,
  reopened: closing !== undefined,
});

/** Of the closings of a type, the last for each period start. */
const latestClosings = (
  contract: Contract,
  invoiceType: InvoiceType,
  lateOnly: boolean,
): ReadonlyMap<Instant, Closing> =>
  new Map(
    contract.closings
      .filter((closing) => closing.invoiceType === invoiceType && closing.lateOnly === lateOnly)
      .map((closing) => [closing.periodStart, closing]),
  );

/** The calendar's next boundary, or the start of a later period that was closed before. */
function unclosedEnd(
  contract: Contract,
  from: Instant,
  closings: ReadonlyMap<Instant, Closing>,
): Instant {
  const { frequency, day } = contract.statementSchedule;
  const anchor = day === 'FIRST_OF_MONTH' ? monthOf(contract.startingAt) : contract.startingAt;
  let end = boundary(anchor, frequency, stepAt(anchor, frequency, from) + 1);
  for (const start of closings.keys()) if (start > from) end = earliest(end, start);
  return end;
}

/** The instants on which charges fall, those at or after the contract's end dropped. */
const chargeInstants = (contract: Contract): Instant[] =>
  [
    ...new Set(
      contract.scheduledCharges
        .flatMap((charge) => charge.occurrences.map((occurrence) => occurrence.timestamp))
        .filter((at) => contract.endingBefore === null || at < contract.endingBefore),
    ),
  ].sort();
