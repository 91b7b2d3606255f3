import { type Interval } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { contractById, type Contract } from '../src/contracts/contract.ts';
import { type BillingPeriod } from '../src/contracts/periods.ts';
import { intervalOf, scheduledInvoice, usageInvoice } from '../src/invoices/draft.ts';
import {
  type InvoiceContent,
  type InvoiceLine,
  type ProductTerms,
} from '../src/invoices/events.ts';
import { type Settlement } from '../src/invoices/late.ts';
import { allSegments, cellsOf, meterOf } from '../src/invoices/groups.ts';
import { rate, type Reading } from '../src/invoices/rating.ts';
import { unsettledBy } from '../src/invoices/late-spans.ts';
import {
  chargingBefore,
  periodsToSettle,
  standingUsage,
  type PeriodToSettle,
} from '../src/invoices/settling.ts';
import { termsOver } from '../src/invoices/terms.ts';
import { groupProperties, nothingRead } from '../src/usage/groups.ts';
import { needCounted, type Account, type Figures } from './accounts.ts';
import { contentsOf } from './contents.ts';
import { invoicesWithLateLines } from './invoices.ts';
import { rivalsOf } from './rivals.ts';

/** The invoice of a period, from what both stores say. */
export async function invoiceContent(
  figures: Figures,
  contract: Contract,
  period: BillingPeriod,
): Promise<InvoiceContent> {
  if (period.invoiceType === 'SCHEDULED') return scheduledInvoice(contract, period);
  const terms = period.lateOnly ? [] : await termsOf(figures, contract, intervalOf(period));
  const readings = await readingsOf(figures, terms);
  const settlements = await settlementsOf(figures, contract, period);
  return usageInvoice(contract, period, { terms, readings, settlements });
}

export const termsOf = async (
  figures: Figures,
  contract: Contract,
  interval: Interval,
): Promise<ProductTerms[]> =>
  termsOver(
    contract,
    await rivalsOf(figures, contract, interval),
    figures.account.catalog,
    interval,
  );

export const contractIn = (account: Account, contractId: string): Contract =>
  present(contractById(account.contracts, contractId), 'a contract of this customer');

/** What the metrics counted for these terms; of a product that bills nothing, nothing is read. */
export async function readingsOf(
  { metered, account }: Figures,
  terms: readonly ProductTerms[],
): Promise<Reading[]> {
  const billing = terms.filter(billsAny);
  const meters = billing.map((one) => meterOf(one, propertiesOf(account, one), cellsOf(one)));
  const read = await metered(meters);
  const readings = new Map(billing.map((one, index) => [one, read[index] ?? nothingRead]));
  return terms.map((one) => readings.get(one) ?? nothingRead);
}

/** All that the product's metric groups usage by. */
export const propertiesOf = ({ catalog }: Account, { metricId }: ProductTerms): readonly string[] =>
  groupProperties(present(catalog.metrics.get(metricId), 'a metric of the card').groupKeys);

const billsAny = (terms: ProductTerms): boolean =>
  allSegments(terms).some(({ pricing }) => pricing !== null);

async function settlementsOf(
  figures: Figures,
  contract: Contract,
  period: BillingPeriod,
): Promise<Settlement[]> {
  const { moment, account, beforeCut } = figures;
  if (standingUsage(contract).length === 0) return [];
  await needLateMarks(figures, contract);
  const marks = account.lateMarks.filter(
    ({ afterCut }) => beforeCut === null || afterCut < beforeCut,
  );
  const isUnsettled = unsettledBy(contract, marks);
  const charging = chargingBefore(contract, period, isUnsettled);
  const withLateLines = await invoicesWithLateLines(
    moment.main,
    charging.map(({ invoiceId }) => invoiceId),
  );
  const late = await contentsOf(
    figures,
    charging.filter(({ invoiceId }) => withLateLines.has(invoiceId)),
  );
  const lateLines = late.flatMap(({ lines }) => lines).filter(({ type }) => type === 'LATE_USAGE');
  const settlements: Settlement[] = [];
  for (const settle of periodsToSettle(contract, period, isUnsettled, lateLines)) {
    settlements.push(await settlementOf(figures, contract.currency, settle, lateLines));
  }
  return settlements;
}

/** Usage is marked as late when it is counted: NotCounted, when the marks are not all there. */
export async function needLateMarks(figures: Figures, contract: Contract): Promise<void> {
  if (figures.account.uncounted.size === 0) return;
  const closed = await contentsOf(figures, standingUsage(contract));
  needCounted(
    figures.account,
    closed.flatMap(({ terms }) => terms.filter(billsAny)),
  );
}

/**
 * What the period comes to now, on the terms of its invoice, and what standing lines have charged
 * for it.
 */
async function settlementOf(
  figures: Figures,
  currency: string,
  { period, closing }: PeriodToSettle,
  lateLines: readonly InvoiceLine[],
): Promise<Settlement> {
  const chargedLate = lateLines.filter((line) => line.period.startingAt === period.startingAt);
  if (closing === null) return { period, rated: [], charged: chargedLate };
  const [content] = await contentsOf(figures, [closing]);
  const { terms, lines } = present(content, 'a closed period has an invoice');
  const rated = rate(terms, await readingsOf(figures, terms), currency);
  return {
    period,
    rated,
    charged: [...lines.filter(({ type }) => type === 'USAGE'), ...chargedLate],
  };
}
