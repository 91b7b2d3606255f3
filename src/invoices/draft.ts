import { type Interval } from '../kernel/calendar.ts';
import { decimal, printDecimal, sum } from '../kernel/decimal.ts';
import { type Contract } from '../contracts/contract.ts';
import { type ScheduledCharge } from '../contracts/events.ts';
import { type BillingPeriod } from '../contracts/periods.ts';
import { type InvoiceContent, type InvoiceLine, type ProductTerms } from './events.ts';
import { lateLines, type Settlement } from './late.ts';
import { lineId, rate, usageLines, type Reading } from './rating.ts';

export const daysUntilDueDefault = 30;

/** What a USAGE invoice is made of, all read at one position of the log. */
export type UsageFigures = {
  /** How the period is billed; nothing for a period that exists only for late usage. */
  readonly terms: readonly ProductTerms[];
  readonly readings: readonly Reading[];
  /**
   * The closed periods whose late usage stands on this invoice, and this one's own earlier late
   * lines.
   */
  readonly settlements: readonly Settlement[];
};

/** Draft, preview and final come from here (billing rule 19). */
export function usageInvoice(
  contract: Contract,
  period: BillingPeriod,
  { terms, readings, settlements }: UsageFigures,
): InvoiceContent {
  const rated = rate(terms, readings, contract.currency);
  const late = settlements.flatMap((settlement) => lateLines(period.invoiceId, settlement));
  let lines: readonly InvoiceLine[] | null = null;
  return {
    ...headOf(contract, period),
    // Written when they are asked for: a total alone is a fraction of the work of ten thousand
    // lines.
    get lines() {
      lines ??= [...usageLines(period.invoiceId, intervalOf(period), rated), ...late];
      return lines;
    },
    total: printDecimal(
      sum([
        ...rated.flatMap((one) => one.lines.map(({ amount }) => amount)),
        ...late.map(({ amount }) => decimal(amount)),
      ]),
    ),
    terms,
  };
}

/** The charges that fall on the period's instant. */
export function scheduledInvoice(contract: Contract, period: BillingPeriod): InvoiceContent {
  const at = period.periodStart;
  const lines = contract.scheduledCharges.flatMap((charge) =>
    charge.occurrences
      .filter((occurrence) => occurrence.timestamp === at)
      .map((occurrence, index) => ({
        lineId: chargeLineId(period.invoiceId, charge, index),
        type: 'SCHEDULED' as const,
        productId: charge.productId,
        name: charge.name,
        startingAt: at,
        endingBefore: at,
        period: intervalOf(period),
        segmentStart: at,
        quantity: occurrence.quantity,
        unitPrice: occurrence.unitPrice,
        amount: occurrence.amount,
        tier: null,
        groupValues: null,
      })),
  );
  const total = printDecimal(sum(lines.map(({ amount }) => decimal(amount))));
  return { ...headOf(contract, period), lines, total, terms: [] };
}

/** Of the so many-th time, from 0, that the charge falls on the invoice's instant. */
export const chargeLineId = (
  invoiceId: string,
  { chargeId }: Pick<ScheduledCharge, 'chargeId'>,
  index: number,
): string =>
  // The first one's id stays what it was when a charge fell on an instant but once.
  lineId(invoiceId, 'SCHEDULED', chargeId, ...(index === 0 ? [] : [String(index)]));

export const intervalOf = ({ periodStart, periodEnd }: BillingPeriod): Interval => ({
  startingAt: periodStart,
  endingBefore: periodEnd,
});

const headOf = (
  contract: Contract,
  period: BillingPeriod,
): Omit<InvoiceContent, 'lines' | 'total' | 'terms'> => ({
  invoiceId: period.invoiceId,
  customerId: contract.customerId,
  contractId: contract.contractId,
  invoiceType: period.invoiceType,
  periodStart: period.periodStart,
  periodEnd: period.periodEnd,
  currency: contract.currency,
  daysUntilDue: contract.netPaymentTermsDays ?? daysUntilDueDefault,
});
