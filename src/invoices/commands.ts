import { type Instant } from '../kernel/calendar.ts';
import { type EventReference } from '../kernel/recorded.ts';
import { type InvoiceContent } from './events.ts';

/** Publishes the draft that was frozen when its period was closed. */
export type PublishInvoice = {
  readonly type: 'PublishInvoice';
  readonly content: InvoiceContent;
  readonly issuedAt: Instant;
  readonly closedBy: EventReference;
};
export type VoidInvoice = {
  readonly type: 'VoidInvoice';
  readonly invoiceId: string;
  readonly reason: string | null;
  readonly now: Instant;
};

export type InvoiceCommand = PublishInvoice | VoidInvoice;
