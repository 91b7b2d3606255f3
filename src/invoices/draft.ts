import { type Interval } from '../kernel/calendar.ts';
import { decimal, printDecimal } from '../kernel/decimal.ts';
import { totalAmount } from '../kernel/money.ts';
import { type Contract } from '../contracts/contract.ts';
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
  return content(contract, period, terms, [
    ...usageLines(period.invoiceId, intervalOf(period), rated),
    ...settlements.flatMap((settlement) => lateLines(period.invoiceId, settlement)),
  ]);
}

/** The charges that fall on the period's instant. */
export function scheduledInvoice(contract: Contract, period: BillingPeriod): InvoiceContent {
  const at = period.periodStart;
  const lines = contract.scheduledCharges.flatMap((charge) =>
    charge.occurrences
      .filter((occurrence) => occurrence.timestamp === at)
      .map((occurrence) => ({
        lineId: lineId(period.invoiceId, 'SCHEDULED', charge.chargeId),
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
  return content(contract, period, [], lines);
}

export const intervalOf = ({ periodStart, periodEnd }: BillingPeriod): Interval => ({
  startingAt: periodStart,
  endingBefore: periodEnd,
});

const content = (
  contract: Contract,
  period: BillingPeriod,
  terms: readonly ProductTerms[],
  lines: readonly InvoiceLine[],
): InvoiceContent => ({
  invoiceId: period.invoiceId,
  customerId: contract.customerId,
  contractId: contract.contractId,
  invoiceType: period.invoiceType,
  periodStart: period.periodStart,
  periodEnd: period.periodEnd,
  currency: contract.currency,
  lines,
  total: printDecimal(
    totalAmount(
      lines.map((line) => decimal(line.amount)),
      contract.currency,
    ),
  ),
  terms,
  daysUntilDue: contract.netPaymentTermsDays ?? daysUntilDueDefault,
});
