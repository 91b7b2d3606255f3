import { type Instant } from '../kernel/calendar.ts';
import { accept, refuse, type Decision } from '../kernel/decider.ts';
import { type ClosePeriod, type ReopenPeriod } from './commands.ts';
import {
  contractById,
  isStanding,
  type Closing,
  type Contract,
  type CustomerContracts,
} from './contract.ts';
import { type ContractEvent } from './events.ts';
import { parseInvoiceId } from './invoice-id.ts';
import { dueAt, latePeriod, openPeriods, openUsagePeriods, type BillingPeriod } from './periods.ts';

export type PeriodRefusal =
  'invoice_not_found' | 'invoice_not_draft' | 'period_not_over' | 'earlier_period_open' | 'not_due';

type PeriodDecision = Decision<ContractEvent, PeriodRefusal>;

/**
 * The open period whose draft has this id: one that has begun, or one that waits for late usage.
 */
export const openPeriod = (
  contract: Contract,
  invoiceId: string,
  at: { readonly now: Instant; readonly lateSince: Instant | null; readonly graceHours: number },
): BillingPeriod | undefined => {
  const late =
    at.lateSince === null ? undefined : latePeriod(contract, at.lateSince, at.graceHours);
  return [...openPeriods(contract, at.now), ...(late === undefined ? [] : [late])].find(
    (period) => period.invoiceId === invoiceId,
  );
};

/** The cut (billing rule 20): what the log says before this event is what the invoice says. */
export function closePeriod(command: ClosePeriod, state: CustomerContracts): PeriodDecision {
  const { invoiceId, now, graceHours } = command;
  const contract = contractOf(state, invoiceId);
  if (contract === undefined) return refuse('invoice_not_found', ['id']);
  const closing = closingOf(contract, invoiceId);
  if (closing !== undefined) {
    return isStanding(closing) ? accept() : refuse('invoice_not_draft', ['id']);
  }
  const period = openPeriod(contract, invoiceId, command);
  if (period === undefined) return refuse('invoice_not_found', ['id']);
  if (now < period.periodEnd) return refuse('period_not_over', ['id'], period.periodEnd);
  if (!command.early && now < dueAt(period, graceHours)) return refuse('not_due', ['id']);
  const earlier = earlierUnclosed(contract, period);
  if (earlier !== undefined) return refuse('earlier_period_open', ['id'], earlier.invoiceId);
  return accept({
    type: 'PeriodClosed',
    customerId: contract.customerId,
    contractId: contract.contractId,
    invoiceId,
    invoiceType: period.invoiceType,
    periodStart: period.periodStart,
    periodEnd: period.periodEnd,
    lateOnly: period.lateOnly,
    cut: state.cuts + 1,
    closedAt: now,
  });
}

/** The period of a voided invoice is open again (billing rule 22). */
export function reopenPeriod(
  { invoiceId, now }: ReopenPeriod,
  state: CustomerContracts,
): PeriodDecision {
  const contract = contractOf(state, invoiceId);
  const closing = contract === undefined ? undefined : closingOf(contract, invoiceId);
  if (contract === undefined || closing === undefined) return refuse('invoice_not_found', ['id']);
  if (!isStanding(closing)) return accept();
  return accept({
    type: 'PeriodReopened',
    customerId: contract.customerId,
    contractId: contract.contractId,
    invoiceId,
    reopenedAt: now,
  });
}

/** Periods are closed in order; one that was reopened may be closed before or after the others. */
const earlierUnclosed = (contract: Contract, period: BillingPeriod): BillingPeriod | undefined => {
  if (period.invoiceType !== 'USAGE' || period.lateOnly || period.reopened) return undefined;
  for (const open of openUsagePeriods(contract)) {
    if (open.periodStart >= period.periodStart) return undefined;
    if (!open.reopened) return open;
  }
  return undefined;
};

const contractOf = (state: CustomerContracts, invoiceId: string): Contract | undefined => {
  const parts = parseInvoiceId(invoiceId);
  return parts === undefined ? undefined : contractById(state, parts.contractId);
};

const closingOf = (contract: Contract, invoiceId: string): Closing | undefined =>
  contract.closings.find((closing) => closing.invoiceId === invoiceId);
