import { type PeriodClosed, type PeriodReopened } from '../contracts/events.ts';
import { invoiceIdOf, parseInvoiceId } from '../contracts/invoice-id.ts';
import { invoiceStream, type InvoiceFinalized } from '../invoices/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { type Recorded } from '../kernel/recorded.ts';

/** What a closed period or a void leads to and has not yet: an invoice, an open period. */
export type Unfinished = {
  readonly at: Recorded;
  readonly invoiceId: string;
  readonly awaits: 'published' | 'open again';
  readonly since: Instant;
};

export type ClosingChecks = {
  /** The next event in log order. */
  see(recorded: Recorded): void;
  /** Those that are left in the end. */
  unfinished(): readonly Unfinished[];
  /** All that have a stream, in log order. */
  invoiceIds(): readonly string[];
};

type Report = (at: Recorded, invoiceId: string, fault: string) => void;

type Closed = Unfinished & { readonly contractId: string };

const prefix = invoiceStream('');

type State = {
  readonly report: Report;
  /** Whether the invoice of the stream is there, or was told to be missing. */
  readonly invoices: Map<string, 'streamed' | 'finalized' | 'missed'>;
  /** The last one of each customer, by stream. */
  readonly cuts: Map<string, number>;
  readonly closed: Map<string, Closed>;
  readonly voided: Set<string>;
  readonly reopening: Map<string, Unfinished>;
};

/**
 * Holds closed periods against their invoices, and voids against reopened periods. Little is kept
 * of those that are in order.
 */
export function createClosingChecks(report: Report): ClosingChecks {
  const state: State = {
    report,
    invoices: new Map(),
    cuts: new Map(),
    closed: new Map(),
    voided: new Set(),
    reopening: new Map(),
  };
  const { invoices, closed, reopening } = state;
  return {
    see(at) {
      const type = at.stored?.type ?? at.event.type;
      if (at.stream.startsWith(prefix)) {
        const invoiceId = at.stream.slice(prefix.length);
        if (!invoices.has(invoiceId)) invoices.set(invoiceId, 'streamed');
        if (type === 'InvoiceFinalized') finalize(state, at, invoiceId);
        else change(state, at, invoiceId);
      } else if (type === 'PeriodClosed') {
        close(state, at as Recorded<PeriodClosed>);
      } else if (type === 'PeriodReopened') {
        reopen(state, at, (at as Recorded<PeriodReopened>).event.invoiceId);
      }
    },
    unfinished: () => [...closed.values(), ...reopening.values()],
    invoiceIds: () => [...invoices.keys()],
  };
}

function close({ report, cuts, invoices, closed }: State, at: Recorded<PeriodClosed>): void {
  const { invoiceId, contractId, cut } = at.event;
  const before = cuts.get(at.stream) ?? 0;
  cuts.set(at.stream, cut);
  if (cut !== before + 1) {
    const lost = `is cut ${String(cut)} of its customer, behind cut ${String(before)}`;
    report(at, invoiceId, `${lost}: a PeriodClosed is not what it was`);
  }
  if (invoices.has(invoiceId) || closed.has(invoiceId)) {
    report(at, invoiceId, 'closes a period whose invoice stands ahead of it');
    return;
  }
  const earlier = idBefore(invoiceId);
  if (earlier !== null && !invoices.has(earlier) && !closed.has(earlier)) {
    report(at, invoiceId, `closes a period again, but ${earlier} is not in the log`);
  }
  const since = at.metadata.recordedAt;
  closed.set(invoiceId, { at, invoiceId, contractId, awaits: 'published', since });
}

function finalize({ report, invoices, closed }: State, at: Recorded, invoiceId: string): void {
  if (invoices.get(invoiceId) === 'finalized') {
    report(at, invoiceId, 'finalizes an invoice for the second time');
    return;
  }
  invoices.set(invoiceId, 'finalized');
  const own = closed.get(invoiceId);
  if (own === undefined) {
    report(at, invoiceId, 'has no PeriodClosed ahead of it');
    return;
  }
  closed.delete(invoiceId);
  if (closed.size === 0 || !isProved(at)) return;
  for (const earlier of closed.values()) {
    if (earlier.contractId !== own.contractId || earlier.at.revision > own.at.revision) continue;
    closed.delete(earlier.invoiceId);
    const later = `but ${invoiceId}, which its contract closed later, is published`;
    report(earlier.at, earlier.invoiceId, `has no invoice, ${later}`);
  }
}

function change(state: State, at: Recorded, invoiceId: string): void {
  const { report, invoices, voided, reopening } = state;
  if (invoices.get(invoiceId) === 'streamed') {
    invoices.set(invoiceId, 'missed');
    report(at, invoiceId, 'has no InvoiceFinalized ahead of it');
  }
  if (at.event.type !== 'InvoiceVoided') return;
  if (voided.has(invoiceId)) {
    report(at, invoiceId, 'voids an invoice for the second time');
    return;
  }
  voided.add(invoiceId);
  const since = at.metadata.recordedAt;
  reopening.set(invoiceId, { at, invoiceId, awaits: 'open again', since });
}

function reopen({ report, closed, ...state }: State, at: Recorded, invoiceId: string): void {
  const unpublished = closed.get(invoiceId);
  if (unpublished !== undefined) {
    closed.delete(invoiceId);
    report(unpublished.at, invoiceId, 'has no invoice, but its period was opened again');
  }
  if (!state.voided.has(invoiceId)) report(at, invoiceId, 'has no InvoiceVoided ahead of it');
  else if (!state.reopening.delete(invoiceId)) report(at, invoiceId, 'opens a period twice');
}

/** Under which the period was closed before; null: it was not. */
function idBefore(invoiceId: string): string | null {
  const parts = parseInvoiceId(invoiceId);
  if (parts === undefined || parts.generation === 0) return null;
  const { contractId, invoiceType, periodStart, generation } = parts;
  return invoiceIdOf(contractId, invoiceType, periodStart, generation - 1);
}

/** Invoices with a proof are published in the order in which their contract closed them. */
function isProved(at: Recorded): boolean {
  try {
    return (at as Recorded<InvoiceFinalized>).event.proof !== null;
  } catch {
    return false;
  }
}
