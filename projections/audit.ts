import { type EventLog } from '../src/application/ports.ts';
import { finalized } from '../src/audit/facts.ts';
import { replayInvoice, type Replay } from '../src/audit/replay.ts';
import { proveInclusion, type UsageInclusion } from '../src/audit/usage-proof.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Refused } from '../src/kernel/decider.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { billingHistory, type BillingHistoryRequest } from './billing-history.ts';
import { type LineAsked, type LineExplanation } from './explained.ts';
import { explainLine } from './explained-line.ts';
import { type Page } from './page.ts';
import type { InvoiceView } from './drafts.ts';
import { replayDraft, type DraftReplay } from './past-draft.ts';
import { openPast, type Past } from './past.ts';
import { type MomentAsked, type MomentRefusal } from './past-moment.ts';
import { answerWithinMs, type ReadModels } from './read-models.ts';
import { createTurns, type TurnsOptions } from './turns.ts';
import { repeatsAt } from './usage-repeats.ts';

/** What auditors ask. */
export type Audit = {
  billingHistory(request: BillingHistoryRequest): Promise<Page<Recorded>>;
  /** null: no invoice with that id was finalized. Throws Unavailable when too many wait. */
  replayInvoice(invoiceId: string): Promise<Replay | null>;
  /** null: the invoice has no such line. */
  explainLine(asked: LineAsked): Promise<LineExplanation | null>;
  /**
   * null: the invoice does not count the transactionId, or has no proof. Throws TimedOut, and
   * Unavailable as replayInvoice does.
   */
  usageProof(invoiceId: string, transactionId: string): Promise<UsageInclusion | null>;
  /** A draft, as it was read at that instant, compared with what the log says. */
  replayDraft(view: InvoiceView, now: Instant): Promise<DraftReplay>;
  /** The world as the log knew it at that moment. Throws TimedOut. */
  past(moment: MomentAsked, now: Instant): Promise<Past | Refused<MomentRefusal>>;
};

/** Each reads all usage behind an invoice, which may be millions of events. */
const readersOfAll: TurnsOptions = { atOnce: 2, mostWaiting: 100 };

export function createAudit(models: ReadModels, log: EventLog, graceHours: number): Audit {
  const inTurn = createTurns(readersOfAll);
  return {
    billingHistory: (request) => billingHistory(models, log, request),
    async replayInvoice(invoiceId) {
      const isFinalized = (await finalized(log, invoiceId)) !== undefined;
      return isFinalized ? inTurn(() => replayInvoice(log, invoiceId)) : null;
    },
    explainLine: (asked) => explainLine({ models, log }, asked),
    usageProof: (invoiceId, transactionId) =>
      inTurn(() =>
        proveInclusion(log, invoiceId, transactionId, async (positions) => {
          for (const position of positions) await models.waitForUsage(position, answerWithinMs);
          return repeatsAt(models.usage.reader, positions);
        }),
      ),
    replayDraft: (view, now) => inTurn(() => replayDraft(models, log, graceHours, { view, now })),
    past: (moment, now) => openPast(models, log, graceHours, { moment, now }),
  };
}
