import { type Metric } from '../src/catalog/events.ts';
import { lateArithmetic } from '../src/invoices/arithmetic.ts';
import { type InvoiceContent, type InvoiceLine } from '../src/invoices/events.ts';
import { billedSegments, chargedBefore, segmentOf } from '../src/invoices/explaining.ts';
import { lateCounting, type BilledPeriod } from '../src/invoices/late-counting.ts';
import { standingUsage } from '../src/invoices/settling.ts';
import { latest } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type InvoiceView } from './drafts.ts';
import { type ClosedBefore, type ContractOfInvoice } from './explained-contract.ts';
import { type Explained, type Explaining, type LineAsked } from './explained.ts';
import { invoicesWithLateLines } from './invoices.ts';

/** A closing of the period that the line is for, and what its invoice says. */
type Generation = ClosedBefore & { readonly content: InvoiceContent };

/**
 * A line for late usage: its closed period on the terms that it was billed with, less what was
 * charged for it before.
 */
export async function explainLate(
  { models }: Explaining,
  asked: LineAsked,
  line: InvoiceLine,
  metric: Metric,
  known: ContractOfInvoice,
): Promise<Explained> {
  const { view } = asked;
  const { period } = line;
  const closings = known.closed.filter(
    ({ closed: { event } }) => !event.lateOnly && event.periodStart === period.startingAt,
  );
  const standing = standingUsage(known.contract).map(({ invoiceId }) => invoiceId);
  const withLate = await invoicesWithLateLines(models.main.reader, standing);
  const needed = [...withLate, ...closings.map(({ closed }) => closed.event.invoiceId)];
  const views = await asked.invoices([...new Set(needed)]);
  const contentOf = (id: string): InvoiceContent =>
    present(views.get(id), 'a closed period has an invoice').content;
  const generations = closings.map((one): Generation => ({
    ...one,
    content: contentOf(one.closed.event.invoiceId),
  }));
  const base = generations.find(({ closed }) => standing.includes(closed.event.invoiceId));
  const priced = present(
    [...(base === undefined ? [] : [base]), ...generations.toReversed()].find(
      ({ content }) => segmentOf(content.terms, line) !== undefined,
    ),
    'late usage is of a segment that was billed once',
  );
  const segment = present(segmentOf(priced.content.terms, line), 'which was found');
  const charged = chargedBefore(line, base?.content, [...withLate].map(contentOf));
  const instead = priced === base ? null : insteadOf(view, line);
  const { pricing } = segment;
  const first = present(generations[0], 'late usage is of a period that was closed');
  const endingBefore = closings.reduce(
    (end, { closed }) => latest(end, closed.event.periodEnd),
    period.endingBefore,
  );
  const interval = { startingAt: period.startingAt, endingBefore };
  const counts = lateCounting({
    invoices: billedPeriods(view, line, known, generations),
    line,
    aggregation: metric.aggregation,
    interval,
  });
  return {
    segment,
    ratesThrough: priced.closed.position,
    arithmetic: (overrides) =>
      lateArithmetic({ line, pricing, overrides, currency: view.currency }, charged, instead),
    wanted: {
      interval,
      since: first.closed.position,
      counts: (at, since) => counts(at, known.cutsBefore(since)),
    },
    metric,
  };
}

/** Why nothing of the closed period is charged here, but what was charged is taken back. */
const insteadOf = ({ periodStart }: InvoiceView, { period }: InvoiceLine): string =>
  period.startingAt === periodStart
    ? 'billed again by this invoice itself'
    : 'not billed in that period any more';

/** The contract's USAGE invoices from the first that closed the period, this one last. */
function billedPeriods(
  view: InvoiceView,
  line: InvoiceLine,
  { contract, closed, ownCut }: ContractOfInvoice,
  generations: readonly Generation[],
): readonly BilledPeriod[] {
  const first = generations[0]?.closed.event.cut ?? 0;
  const segmentsOf = (invoiceId: string) => {
    const own = generations.find((one) => one.closed.event.invoiceId === invoiceId);
    return own === undefined ? [] : billedSegments(own.content.terms, line);
  };
  const earlier = closed
    .filter(({ closed: { event } }) => event.cut >= first)
    .map(({ closed: { event }, before }) => ({
      ...event,
      before,
      segments: segmentsOf(event.invoiceId),
    }));
  const { invoiceId, periodStart, periodEnd } = view;
  const { endingBefore } = contract;
  const lateOnly = ownCut?.event.lateOnly ?? (endingBefore !== null && periodStart >= endingBefore);
  const cut = ownCut?.event.cut ?? null;
  const own = { invoiceId, periodStart, periodEnd, lateOnly, cut, before: contract, segments: [] };
  return [...earlier, own];
}
