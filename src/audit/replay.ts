import { type PeriodClosed } from '../contracts/events.ts';
import { type InvoiceContent, type InvoiceFinalized } from '../invoices/events.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { differences } from './differences.ts';
import { finalized, readFacts, type AuditLog } from './facts.ts';
import { planInvoice } from './plan.ts';
import { countUsage, lateMonthsOf, ownedBefore } from './usage.ts';

/** An invoice computed again from the log, through none of the read models. */
export type Replay = {
  readonly stored: Recorded<InvoiceFinalized>;
  /** Of the PeriodClosed up to which it was computed. */
  readonly position: bigint;
  readonly replayed: InvoiceContent;
  /** Field by field, in words; empty: the stored invoice is what the log says. */
  readonly differences: readonly string[];
  readonly eventsReplayed: number;
};

/** null: no invoice with that id was finalized. */
export async function replayInvoice(log: AuditLog, invoiceId: string): Promise<Replay | null> {
  const stored = await finalized(log, invoiceId);
  if (stored === undefined) return null;
  const { content, position, eventsRead } = await recomputed(log, stored.event.closedBy);
  return {
    stored,
    position,
    replayed: content,
    differences: differences(stored.event, content),
    eventsReplayed: eventsRead,
  };
}

type Recomputed = {
  readonly content: InvoiceContent;
  readonly position: bigint;
  readonly eventsRead: number;
};

/** The invoice of the period that this event closed, as the log was before it. */
async function recomputed(log: AuditLog, closedBy: EventReference): Promise<Recomputed> {
  const unpublished = async ({ stream, revision }: Recorded<PeriodClosed>) =>
    (await recomputed(log, { stream, revision })).content;
  const facts = await readFacts(log, closedBy, unpublished);
  const { event, position } = facts.closed;
  const owned = await ownedBefore(log, event.customerId, position);
  const plan = planInvoice(facts, await lateMonthsOf(log, facts, owned));
  const usage = await countUsage(log, facts, plan, owned);
  const eventsRead = facts.eventsRead + usage.eventsRead;
  return { content: plan.finish(usage.readings), position, eventsRead };
}
