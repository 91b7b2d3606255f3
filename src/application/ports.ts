import { type Instant } from '../kernel/calendar.ts';
import {
  type DomainEvent,
  type EventReference,
  type Metadata,
  type Recorded,
} from '../kernel/recorded.ts';
import { type PeriodClosed } from '../contracts/events.ts';
import { type BillingConfig } from '../customers/events.ts';
import { type InvoiceContent, type ProviderStatus } from '../invoices/events.ts';

/**
 * An event on its way into the log. The id is chosen before the first attempt and kept in every
 * retry.
 */
export type NewEvent = {
  readonly id: string;
  readonly event: DomainEvent;
  readonly metadata: Metadata;
};

/**
 * The stream's last revision that the append expects: a number, that it has no events yet, or
 * whatever it is.
 */
export type ExpectedRevision = number | 'no_stream' | 'any';

/** Where the appended events ended. */
export type Appended = { readonly revision: number; readonly position: bigint };

/**
 * The stream is not where the append expected it; revision -1: it has no events. Decide again on
 * what it says now.
 */
export class RevisionConflict extends Error {
  override readonly name = 'RevisionConflict';
  readonly stream: string;
  readonly revision: number;
  constructor(stream: string, revision: number) {
    super(`stream ${stream} stands at revision ${String(revision)}`);
    this.stream = stream;
    this.revision = revision;
  }
}

/**
 * The log or the read models cannot be reached, or gave no answer in time: whether the write
 * happened is unknown.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** What was asked for did not come to pass in time. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
  /** Whether the log holds what was asked for, only its consequences are late. */
  readonly recorded: boolean;
  constructor(message: string, recorded = false) {
    super(message);
    this.recorded = recorded;
  }
}

/** Metrics that the answer rests on do not count all earlier usage yet (billing rule 13). */
export class NotCounted extends TimedOut {
  readonly metricIds: readonly string[];
  constructor(metricIds: readonly string[]) {
    super(`earlier usage is still being counted for ${metricIds.join(', ')}`);
    this.metricIds = metricIds;
  }
}

export type ReadStream = {
  readonly direction?: 'forwards' | 'backwards';
  /** First revision to read, inclusive. Default: the stream's first, or last when backwards. */
  readonly from?: number;
  readonly maxCount?: number;
};

export type LogFilter = {
  /** Keep the events of streams whose name starts with one of these; default: of all streams. */
  readonly streamPrefixes?: readonly string[];
};

export type ReadAll = LogFilter & {
  /** Position to read after, exclusive. Default: from the log's start. */
  readonly after?: bigint;
  readonly maxCount?: number;
};

/**
 * A stretch of the log: its matching events, and the position through which the log was looked at.
 */
export type LogBatch = {
  readonly events: readonly Recorded[];
  readonly through: bigint;
};

export type Subscription = ReadAll & {
  readonly signal: AbortSignal;
  /** Most events in one batch. */
  readonly batchSize?: number;
};

/**
 * The append-only log of all streams. What `append` has answered is flushed to disk.
 * Failures: RevisionConflict, Unavailable; both are thrown.
 */
export type EventLog = {
  /**
   * Appends all events or none. The same events (by id, in order) appended again at the same
   * expected revision are not written again, and get the first answer; `any` gives no such promise.
   */
  append(
    stream: string,
    expected: ExpectedRevision,
    events: readonly NewEvent[],
  ): Promise<Appended>;
  /** The stream's events; none when there is no such stream. */
  readStream(stream: string, options?: ReadStream): Promise<readonly Recorded[]>;
  /** Up to maxCount matching events in log order. */
  readAll(options?: ReadAll): Promise<LogBatch>;
  /** The position of the log's last event; 0 when it is empty. */
  head(): Promise<bigint>;
  /**
   * Batches from a position on, for ever, until the signal aborts: what is there, then what comes.
   * The next batch is read when the consumer asks for it. A batch may be empty when only
   * filtered-out events came by.
   */
  subscribe(options: Subscription): AsyncIterable<LogBatch>;
  close(): Promise<void>;
};

/** The one source of time. */
export type Clock = { now(): Instant };

/** Who asks, and in which request. */
export type Caller = { readonly actor: string; readonly requestId: string };

/** A period whose invoice is due: its draft's id, since when, and whose it is. */
export type DuePeriod = {
  readonly customerId: string;
  readonly invoiceId: string;
  readonly dueAt: Instant;
  /** For a period that exists only for late usage: when the last of it was recorded. */
  readonly lateSince: Instant | null;
};

/** A voided invoice whose period is not open again yet. */
export type UnfinishedVoid = { readonly customerId: string; readonly invoiceId: string };

/**
 * What the read models know of billing: what is due, what is half done, and what a frozen draft
 * says.
 */
export type Billing = {
  /** Until the read models have folded the log through the position. Throws TimedOut. */
  readonly waitFor: (position: bigint, timeoutMs: number) => Promise<void>;
  /**
   * What is due by then, in order of due instant, then of contract creation: the first of it, as
   * far as so many contracts tell.
   */
  duePeriods(
    now: Instant,
    contractsMax: number,
  ): Promise<{ readonly periods: readonly DuePeriod[]; readonly isAll: boolean }>;
  /** The first instant after `now` at which something falls due. */
  nextDueAt(now: Instant): Promise<Instant | null>;
  /**
   * When late usage that no period of its contract is left for was last recorded; null: there is
   * none.
   */
  lateSince(contractId: string): Promise<Instant | null>;
  /** Whose contract it is; null: there is no such contract. */
  customerOf(contractId: string): Promise<string | null>;
  /** Whether the contract has a draft of that id. */
  hasDraft(contractId: string, invoiceId: string, now: Instant): Promise<boolean>;
  hasOpenDrafts(customerId: string, now: Instant): Promise<boolean>;
  /**
   * The draft as the log had it up to that PeriodClosed; null: it is published. Waits so long for
   * metrics that it needs to count earlier usage, then throws NotCounted.
   */
  frozenInvoice(
    closed: Recorded<PeriodClosed>,
    countedWithinMs: number,
  ): Promise<InvoiceContent | null>;
  /** Closed periods without a published invoice, in log order. */
  unpublishedClosings(): Promise<readonly EventReference[]>;
  unfinishedVoids(): Promise<readonly UnfinishedVoid[]>;
};

/** An invoice on its way to, or back from, its payment provider. */
export type OutgoingInvoice = {
  readonly content: InvoiceContent;
  readonly number: number;
  readonly issuedAt: Instant;
  /** As it stood when the invoice was finalized. */
  readonly collection: BillingConfig;
  /** The provider's id, where it is known. */
  readonly externalId: string | null;
  /** How often it was tried again after a refusal. */
  readonly retries: number;
  /** The provider has nothing of it from before; null: it may be of any time. */
  readonly since: Instant | null;
};

/** What is to be done about an invoice at its provider. */
export type ToDo = 'SEND' | 'WITHDRAW';

/** An invoice that waits to be sent or withdrawn; payer: the provider's id of the customer. */
export type PendingInvoice = {
  readonly invoiceId: string;
  readonly payer: string;
  /** Of its InvoiceFinalized. */
  readonly position: bigint;
};

export type SendingCounts = { readonly queued: number; readonly failed: number };

/** What the read models know of invoices on their way to a provider. */
export type Sendings = {
  /** Those finalized after that position, oldest first. */
  pending(after: bigint, limit: number): Promise<readonly PendingInvoice[]>;
  /** What is to be done about it now; null: nothing. */
  outgoing(invoiceId: string): Promise<(Omit<OutgoingInvoice, 'since'> & { toDo: ToDo }) | null>;
  counts(): Promise<SendingCounts>;
  /** Whether any customer's invoices go to a provider. */
  hasPayers(): Promise<boolean>;
  /** Until the read models have folded the log through the position. Throws TimedOut. */
  waitFor(position: bigint, timeoutMs: number): Promise<void>;
};

/** How an invoice stands at the provider. */
export type ExternalState = {
  readonly externalId: string;
  readonly status: ProviderStatus;
  readonly hostedUrl: string | null;
};

/** The provider's permanent no, in its words. */
export type ProviderRefusal = { readonly refused: string };

/**
 * The provider cannot be reached, is busy, or does not let us in: what was sent may have arrived.
 */
export class ProviderUnavailable extends Unavailable {
  /** How long it asks to be left alone; null: it does not say. */
  readonly retryAfterMs: number | null;
  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Who collects. All of it is safe to repeat at any time, days later too, and goes on where it was
 * broken off. Throws ProviderUnavailable.
 */
export type PaymentProvider = {
  /** Brings the invoice there, complete and once, and says how it stands. */
  push(invoice: OutgoingInvoice, signal: AbortSignal): Promise<ExternalState | ProviderRefusal>;
  /** Voids it there; null: it is not there. What was paid meanwhile stays PAID. */
  withdraw(
    invoice: OutgoingInvoice,
    signal: AbortSignal,
  ): Promise<ExternalState | ProviderRefusal | null>;
};

/** A customer as the payment provider is to know it. */
export type NewPayer = {
  readonly customerId: string;
  readonly name: string;
  readonly email: string;
};

/** Customers at the payment provider. Throws ProviderUnavailable. */
export type Payers = {
  /** Whether there is such a customer, not deleted. */
  exists(providerCustomerId: string): Promise<boolean>;
  /** The one that stands for ours: created once, however often and late this is asked for. */
  create(payer: NewPayer): Promise<{ readonly providerCustomerId: string } | ProviderRefusal>;
};
