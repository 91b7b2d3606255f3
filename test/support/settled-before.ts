import { type Closing, type Contract } from '../../src/contracts/contract.ts';
import { type InvoiceLine } from '../../src/invoices/events.ts';
import { periodOf, standingUsage, type LateMark } from '../../src/invoices/settling.ts';
import { addMonths, overlap } from '../../src/kernel/calendar.ts';

/** The standing invoices' lines for late usage. */
export const lateLinesOf = (
  contract: Contract,
  linesOf: (invoiceId: string) => readonly InvoiceLine[],
): readonly InvoiceLine[] =>
  standingUsage(contract)
    .flatMap(({ invoiceId }) => linesOf(invoiceId))
    .filter(({ type }) => type === 'LATE_USAGE');

/**
 * The rule before: a closed period was settled by each later invoice, once usage had come late for
 * it or a late line stood for it.
 */
export const unsettledBefore =
  (marks: readonly LateMark[], lateLines: readonly InvoiceLine[]): ((one: Closing) => boolean) =>
  (closing) =>
    lateLines.some(({ period }) => period.startingAt === closing.periodStart) ||
    marks.some(
      ({ month, afterCut }) =>
        afterCut >= closing.cut &&
        overlap(periodOf(closing), { startingAt: month, endingBefore: addMonths(month, 1) }),
    );
