import { DamagedLog } from '../application/ports.ts';
import { type PeriodClosed } from '../contracts/events.ts';
import { type InvoiceContent, type InvoiceFinalized } from '../invoices/events.ts';
import { BrokenInvariant } from '../kernel/invariant.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { type Closed } from './closed.ts';
import { differences } from './differences.ts';
import { finalized, readFacts } from './facts.ts';
import { ownedBefore } from './keys-read.ts';
import { coveredMonths, monthsProved, type Month } from './months.ts';
import { planInvoice } from './plan.ts';
import { proofDifferences } from './proof-differences.ts';
import { type RepeatsAt } from './prove.ts';
import { type AuditLog } from './sound.ts';
import { countUsage, type CountedUsage } from './usage.ts';

/** An invoice computed again from the log, through none of the read models. */
export type Replay = {
  readonly stored: Recorded<InvoiceFinalized>;
  /** Of the PeriodClosed up to which it was computed. */
  readonly position: bigint;
  /** Without lines where the log is too damaged to compute it. */
  readonly replayed: InvoiceContent;
  readonly isComputed: boolean;
  /** Field by field, in words; empty: the stored invoice is what the log says. */
  readonly differences: readonly string[];
  readonly eventsReplayed: number;
};

/**
 * null: no invoice with that id was finalized. Throws DamagedLog when what was finalized cannot be
 * read. repeatsAt: from a reading of the whole log; what the invoice lists is held against it.
 */
export async function replayInvoice(
  log: AuditLog,
  invoiceId: string,
  repeatsAt?: RepeatsAt,
): Promise<Replay | null> {
  const stored = await finalized(log, invoiceId);
  if (stored === undefined) return null;
  try {
    const { of, months, content, usage } = await recomputed(
      { log, repeatsAt },
      stored.event.closedBy,
      stored,
    );
    return {
      stored,
      position: of.closed.position,
      replayed: content,
      isComputed: true,
      differences: distinct([
        ...differences(stored.event, content),
        ...usage.faults,
        ...(await proofDifferences(log, stored, { of, months, usage })),
      ]),
      eventsReplayed: of.eventsRead + usage.eventsRead,
    };
  } catch (error) {
    // In a log that somebody has changed, anything may not be as it must be.
    if (faults.some((fault) => error instanceof fault)) return unreplayed(stored, error as Error);
    throw error;
  }
}

/** What comes of a damaged log, or of faults of the code; not of how the log is read. */
const faults = [DamagedLog, BrokenInvariant, TypeError, RangeError, SyntaxError] as const;

const distinct = (lines: readonly string[]): readonly string[] => [...new Set(lines)];

const unreplayed = (stored: Recorded<InvoiceFinalized>, { message }: Error): Replay => ({
  stored,
  position: stored.position,
  replayed: { ...stored.event, lines: [], terms: [], total: '0' },
  isComputed: false,
  differences: [`cannot be computed: ${message}`],
  eventsReplayed: 0,
});

type Known = { readonly log: AuditLog; readonly repeatsAt: RepeatsAt | undefined };

type Recomputed = {
  readonly of: Closed;
  readonly months: readonly Month[];
  readonly content: InvoiceContent;
  readonly usage: CountedUsage;
};

/** The invoice of the period that this event closed, as the log was before it. */
async function recomputed(
  known: Known,
  closedBy: EventReference,
  published?: Recorded<InvoiceFinalized>,
): Promise<Recomputed> {
  const unpublished = async ({ stream, revision }: Recorded<PeriodClosed>) =>
    (await recomputed(known, { stream, revision })).content;
  const { log, repeatsAt } = known;
  const facts = await readFacts(log, closedBy, unpublished);
  const { event, position } = facts.closed;
  const owned = await ownedBefore(log, event.customerId, position);
  const needed = await coveredMonths(log, facts, owned);
  const plan = planInvoice(facts, needed.late);
  const proof = published?.event.proof?.usage ?? null;
  const months = monthsProved(facts, needed.months, proof);
  const elsewhere = proof?.elsewhere ?? null;
  const usage = await countUsage(log, { facts, plan, owned, months, elsewhere, repeatsAt });
  return { of: facts, months, content: plan.finish(usage.readings), usage };
}
