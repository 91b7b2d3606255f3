import { covers, type Instant } from '../kernel/calendar.ts';
import { type Closing, type Contract } from '../contracts/contract.ts';
import { openUsagePeriods } from '../contracts/periods.ts';
import { groupKeyOf } from '../usage/groups.ts';
import { type UsageLine } from '../usage/events.ts';
import { type ProductTerms } from './events.ts';
import { cellsOf, segmentsByGroup } from './groups.ts';
import { isCarrier, periodOf, standingUsage } from './settling.ts';

/** A USAGE invoice of a contract, closed or a draft, and what a usage line is to it. */
export type TracedInvoice = Pick<
  Closing,
  'invoiceId' | 'periodStart' | 'periodEnd' | 'lateOnly'
> & {
  /** null: it is a draft. */
  readonly cut: number | null;
  /** The contract before the invoice's period was closed; of a draft, as it is. */
  readonly before: Contract;
  /** The products that its terms bill the line as: see productsBilling. */
  readonly products: ReadonlySet<string>;
};

/** The products that the terms bill the line as; metricIds: those that count it. */
export const productsBilling = (
  terms: readonly ProductTerms[],
  usage: UsageLine,
  metricIds: ReadonlySet<string>,
): ReadonlySet<string> =>
  new Set(
    terms
      .filter((one) => metricIds.has(one.metricId) && bills(one, usage))
      .map(({ productId }) => productId),
  );

function bills(terms: ProductTerms, usage: UsageLine): boolean {
  const group = terms.groups === undefined ? '' : groupKeyOf(terms.groups.by, usage);
  return segmentsByGroup(
    terms,
    cellsOf(terms),
  )(group).some(({ segment }) => segment.pricing !== null && covers(segment, usage.timestamp));
}

/** How often the line is in an invoice's figures, by product: -1 where it is taken back. */
type Share = ReadonlyMap<string, number>;

/** own: in its own usage; late: in its lines for late usage. */
type Shares = { readonly invoice: TracedInvoice; readonly own: Share; readonly late: Share };

/**
 * Those of a contract's invoices, in the order of their cuts and drafts last, whose figures a line
 * of that instant is in, when it counts from after so many cuts: as usage of their own period, and
 * as late usage where they charge what standing invoices did not charge yet, or take back what they
 * charged twice (billing rules 21 and 22). Over the invoices that stand it comes to once.
 */
export const invoicesWith = (
  invoices: readonly TracedInvoice[],
  at: Instant,
  afterCut: number,
): readonly string[] =>
  sharesIn(invoices, at, afterCut)
    .filter(({ own, late }) => own.size > 0 || [...late.values()].some((times) => times !== 0))
    .map(({ invoice }) => invoice.invoiceId);

/** How often the line is in the lines for late usage of the last of the invoices. */
export function lateSharesInLast(
  invoices: readonly TracedInvoice[],
  at: Instant,
  afterCut: number,
): Share {
  const last = sharesIn(invoices, at, afterCut).at(-1);
  return last !== undefined && last.invoice === invoices.at(-1) ? last.late : nothing;
}

function sharesIn(
  invoices: readonly TracedInvoice[],
  at: Instant,
  afterCut: number,
): readonly Shares[] {
  const traced: Shares[] = [];
  for (const invoice of invoices) {
    if (invoice.cut !== null && invoice.cut <= afterCut) continue;
    const own = isOwn(invoice, at) ? once(invoice.products) : nothing;
    traced.push({ invoice, own, late: lateShare(invoice, invoices, traced, at, afterCut) });
  }
  return traced;
}

/** What the invoice's settlements make of the line: see periodsToSettle and lateLines. */
function lateShare(
  invoice: TracedInvoice,
  invoices: readonly TracedInvoice[],
  earlier: readonly Shares[],
  at: Instant,
  afterCut: number,
): Share {
  const standing = standingUsage(invoice.before);
  const ids = new Set(standing.map(({ invoiceId }) => invoiceId));
  const charged = earlier.filter((one) => ids.has(one.invoice.invoiceId)).map(({ late }) => late);
  if (isOwn(invoice, at)) return less(nothing, charged);
  if (!invoice.lateOnly && !isCarrier(invoice.before, invoice)) return nothing;
  const base = standing.find((closing) => !closing.lateOnly && covers(periodOf(closing), at));
  if (base === undefined) {
    return openPeriodAt(invoice.before, at) === undefined ? less(nothing, charged) : nothing;
  }
  if (base.cut > afterCut) return less(nothing, charged);
  const products = invoices.find(({ invoiceId }) => invoiceId === base.invoiceId)?.products;
  return less(once(products ?? []), charged);
}

/** The open period that the instant lies in. */
export function openPeriodAt(contract: Contract, at: Instant) {
  for (const period of openUsagePeriods(contract)) {
    if (period.periodStart > at) return undefined;
    if (at < period.periodEnd) return period;
  }
  return undefined;
}

const isOwn = ({ lateOnly, periodStart, periodEnd }: TracedInvoice, at: Instant): boolean =>
  !lateOnly && periodStart <= at && at < periodEnd;

const nothing: Share = new Map();

const once = (products: Iterable<string>): Share =>
  new Map(Array.from(products, (product) => [product, 1]));

function less(share: Share, charged: readonly Share[]): Share {
  const rest = new Map(share);
  for (const one of charged) {
    for (const [product, times] of one) rest.set(product, (rest.get(product) ?? 0) - times);
  }
  return rest;
}
