import { invoiceEvents } from './golden-invoices.ts';

/** What those golden files read as whose version did not say all that is said today. */
export const olderEvents = {
  'InvoiceFinalized.v1': { ...invoiceEvents.InvoiceFinalized, proof: null },
};
