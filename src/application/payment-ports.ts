import { type BillingConfig } from '../customers/events.ts';
import { type InvoiceContent, type ProviderStatus } from '../invoices/events.ts';
import { type Instant } from '../kernel/calendar.ts';
import { Unavailable } from './ports.ts';

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
