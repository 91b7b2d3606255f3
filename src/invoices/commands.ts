import { type Instant } from '../kernel/calendar.ts';
import { type EventReference } from '../kernel/recorded.ts';
import {
  type InvoiceContent,
  type InvoicePaymentUpdated,
  type InvoiceProof,
  type InvoiceSendingFailed,
  type InvoiceSent,
} from './events.ts';

/** Publishes the draft that was frozen when its period was closed. */
export type PublishInvoice = {
  readonly type: 'PublishInvoice';
  readonly content: InvoiceContent;
  readonly issuedAt: Instant;
  readonly closedBy: EventReference;
  readonly proof: InvoiceProof;
};
export type VoidInvoice = {
  readonly type: 'VoidInvoice';
  readonly invoiceId: string;
  readonly reason: string | null;
  readonly now: Instant;
};

/** It arrived at the payment provider. */
export type RecordSent = { readonly type: 'RecordSent' } & Omit<InvoiceSent, 'type'>;
/** The provider refused it, or its withdrawal. */
export type RecordSendingFailed = {
  readonly type: 'RecordSendingFailed';
} & Omit<InvoiceSendingFailed, 'type'>;
export type RetrySending = { readonly type: 'RetrySending'; readonly invoiceId: string };
/** News of the invoice from its provider: late, repeated and in any order. */
export type UpdatePayment = {
  readonly type: 'UpdatePayment';
} & Omit<InvoicePaymentUpdated, 'type'>;

export type InvoiceCommand =
  PublishInvoice | VoidInvoice | RecordSent | RecordSendingFailed | RetrySending | UpdatePayment;
