import { type Instant, type Interval } from '../kernel/calendar.ts';
import { type EventReference } from '../kernel/recorded.ts';
import { type Aggregation, type Pricing, type RateGroupValues } from '../catalog/events.ts';
import { type InvoiceType } from '../contracts/events.ts';
import { type BillingProvider } from '../customers/events.ts';

export type LineType = 'USAGE' | 'SCHEDULED' | 'LATE_USAGE';

/** One line; decimals in plain notation, amounts in major units, rounded to the minor unit. */
export type InvoiceLine = {
  readonly lineId: string;
  readonly type: LineType;
  readonly productId: string;
  readonly name: string;
  /**
   * What the line is dated: its segment, its charge's instant twice, or the closed period of late
   * usage.
   */
  readonly startingAt: Instant;
  readonly endingBefore: Instant;
  /** The billing period that the line charges for. */
  readonly period: Interval;
  /** The start of the segment, in that period, that the line charges for. */
  readonly segmentStart: Instant;
  readonly quantity: string;
  readonly unitPrice: string | null;
  readonly amount: string;
  readonly tier: number | null;
  readonly groupValues: Readonly<Record<string, string | null>> | null;
};

export type PriceSource = 'RATE_CARD' | 'OVERRIDE' | 'SCHEDULED_CHARGE';

/** A stretch of a period with one price; null where the contract does not bill the product. */
export type Segment = Interval & {
  readonly pricing: Pricing | null;
  readonly source: PriceSource | null;
  /** Usage in it is not billed because no rate is for it (billing rule 18). */
  readonly unrated?: true;
};

/** How usage with some group values was billed: a gap where no rate for them was in force. */
export type GroupTerms = {
  readonly values: RateGroupValues;
  readonly segments: readonly Segment[];
};

/** How a product was billed over a period: its segments tile it. */
export type ProductTerms = {
  readonly productId: string;
  readonly productName: string;
  readonly metricId: string;
  readonly aggregation: Aggregation;
  /** Of usage that no rate below is for. */
  readonly segments: readonly Segment[];
  /** Absent: its usage is rated as one. */
  readonly groups?: {
    /** Each combination of the values of these properties is rated by itself; sorted. */
    readonly by: readonly string[];
    readonly rates: readonly GroupTerms[];
  };
};

/** An invoice's content: the same for draft, preview and final. */
export type InvoiceContent = {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly contractId: string;
  readonly invoiceType: InvoiceType;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly currency: string;
  readonly lines: readonly InvoiceLine[];
  readonly total: string;
  /** What the period's usage was rated with, and late usage for it will be. */
  readonly terms: readonly ProductTerms[];
  readonly daysUntilDue: number;
};

export type InvoiceFinalized = { readonly type: 'InvoiceFinalized' } & InvoiceContent & {
    readonly issuedAt: Instant;
    /** The PeriodClosed at which the figures were read. */
    readonly closedBy: EventReference;
    /** null: it was stored before there were proofs. */
    readonly proof: InvoiceProof | null;
  };

/** What shows later that nobody has changed what the invoice was computed from. */
export type InvoiceProof = {
  /** null: it bills no usage. */
  readonly usage: UsageProof | null;
  /** The digest of its contract's invoice that was closed before; null: it is the first. */
  readonly previous: string | null;
};

/**
 * The UsageRecorded events that an invoice covers: the customer's, before the cut, in the streams
 * of the keys that it has ever held and of some months.
 */
export type UsageProof = {
  /** UTC months ("2024-10"): those of the period, and of closed ones whose late usage it settles. */
  readonly months: readonly string[];
  readonly events: number;
  /** Of the tree of their digests in log order; null: there are none. */
  readonly root: string | null;
  /** So many events stand behind each of the marks. */
  readonly each: number;
  readonly covered: readonly CoveredStretch[];
  /**
   * Lines of them that did not count, because their transactionId was recorded first in a stream
   * that is not covered; null: they are too many to list.
   */
  readonly elsewhere: readonly (EventReference & { readonly lines: readonly number[] })[] | null;
};

/** Neighbouring events of one stream; the revisions are the first and the last of them. */
export type CoveredStretch = {
  readonly stream: string;
  readonly from: number;
  readonly through: number;
  /** For every so many events, the first eight digits of a digest: they tell which one changed. */
  readonly marks: string;
};

export type InvoiceVoided = {
  readonly type: 'InvoiceVoided';
  readonly invoiceId: string;
  readonly customerId: string;
  readonly contractId: string;
  readonly reason: string | null;
  readonly voidedAt: Instant;
};

/** How an invoice stands at the payment provider. */
export type ProviderStatus =
  'DRAFT' | 'FINALIZED' | 'PAYMENT_FAILED' | 'UNCOLLECTIBLE' | 'VOID' | 'PAID';

/** It is at the provider, complete and of the same total. */
export type InvoiceSent = {
  readonly type: 'InvoiceSent';
  readonly invoiceId: string;
  readonly provider: BillingProvider;
  /** The provider's id of it. */
  readonly externalId: string;
  readonly status: ProviderStatus;
  readonly hostedUrl: string | null;
  readonly total: string;
  readonly currency: string;
};
/** The provider refuses it, or its withdrawal, and would again. */
export type InvoiceSendingFailed = {
  readonly type: 'InvoiceSendingFailed';
  readonly invoiceId: string;
  readonly provider: BillingProvider;
  /** The provider's own words. */
  readonly message: string;
};
export type InvoiceSendingRetried = {
  readonly type: 'InvoiceSendingRetried';
  readonly invoiceId: string;
};
export type InvoicePaymentUpdated = {
  readonly type: 'InvoicePaymentUpdated';
  readonly invoiceId: string;
  readonly provider: BillingProvider;
  /** null: it was withdrawn and is not there. */
  readonly externalId: string | null;
  readonly status: ProviderStatus;
  readonly hostedUrl: string | null;
  readonly message: string | null;
  /** The provider's event that told it, or what else did. */
  readonly causeId: string;
};

export type InvoiceEvent =
  | InvoiceFinalized
  | InvoiceVoided
  | InvoiceSent
  | InvoiceSendingFailed
  | InvoiceSendingRetried
  | InvoicePaymentUpdated;

export const invoiceStream = (invoiceId: string): string => `invoice-${invoiceId}`;
