import { type Instant } from '../kernel/calendar.ts';
import {
  type DomainEvent,
  type EventReference,
  type Metadata,
  type Recorded,
} from '../kernel/recorded.ts';
import { type PeriodClosed } from '../contracts/events.ts';
import { type InvoiceContent } from '../invoices/events.ts';

/**
 * An event whose data its maker has written already: the canonical JSON (sorted keys) of what
 * stands beside the type.
 */
export class WrittenEvent {
  readonly type: string;
  readonly data: string;
  /** Of an event that is copied as it is stored, whatever its version; else null. */
  readonly metadata: string | null;
  constructor(type: string, data: string, metadata: string | null = null) {
    this.type = type;
    this.data = data;
    this.metadata = metadata;
  }
}

/**
 * An event on its way into the log. The id is chosen before the first attempt and kept in every
 * retry.
 */
export type NewEvent = {
  readonly id: string;
  readonly event: DomainEvent | WrittenEvent;
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
  /**
   * Where an event of the stream stands that is not before those asked for, if that is known: they
   * may be found sooner. A wrong one does no harm.
   */
  readonly near?: { readonly revision: number; readonly position: bigint };
} & Keeping;

/**
 * stored: the events have their stored texts, and what is left of a damaged stream is given; else
 * reading it throws DamagedLog.
 */
export type Keeping = { readonly stored?: boolean };

/** An event is not there any more, or not what it was; the message names its place. */
export class DamagedLog extends Error {
  override readonly name = 'DamagedLog';
  constructor({ stream, revision }: EventReference, fault = 'is missing in the event log') {
    super(`${stream}@${String(revision)} ${fault}`);
  }
}

/** Something in the log that is not as it is written; what is not known of its place is null. */
export type LogFault = {
  readonly stream: string | null;
  readonly revision: number | null;
  readonly position: bigint | null;
  /** In words that follow the place. */
  readonly fault: string;
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
  /**
   * Appends to many streams, whatever their revisions; logs have it that do so in one flush. All or
   * none are appended. The position after the last.
   */
  appendToMany?(appends: ReadonlyMap<string, readonly NewEvent[]>): Promise<bigint>;
  /** The stream's events; none when there is no such stream. */
  readStream(stream: string, options?: ReadStream): Promise<readonly Recorded[]>;
  /** Up to maxCount matching events in log order. */
  readAll(options?: ReadAll & Keeping): Promise<LogBatch>;
  /** The position of the log's last event; 0 when it is empty. */
  head(): Promise<bigint>;
  /**
   * Batches from a position on, for ever, until the signal aborts: what is there, then what comes.
   * The next batch is read when the consumer asks for it. A batch may be empty when only
   * filtered-out events came by.
   */
  subscribe(options: Subscription): AsyncIterable<LogBatch>;
  /**
   * Calls the listener after each append; logs have it that only this process writes to. Returns
   * what ends that.
   */
  onAppend?(listener: () => void): () => void;
  /**
   * What is not as appends leave it, part by part: events that are missing, or stand where nobody
   * reads them. Logs have it whose files anybody can change.
   */
  faults?(): Iterable<readonly LogFault[]>;
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

/** A usage line whose transactionId was recorded before, and where the first one stands. */
export type Repeat = {
  readonly position: bigint;
  /** Its index in the event at that position. */
  readonly line: number;
  readonly firstPosition: bigint;
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
  /** The lines of the usage at those positions, which are folded, that repeat an earlier one. */
  repeatsAt(positions: readonly bigint[]): Promise<readonly Repeat[]>;
};
