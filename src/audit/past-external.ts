import {
  type BillingConfig,
  type BillingProvider,
  type CustomerEvent,
} from '../customers/events.ts';
import {
  type InvoiceEvent,
  type InvoiceFinalized,
  type ProviderStatus,
} from '../invoices/events.ts';
import { type Recorded } from '../kernel/recorded.ts';

/** An invoice at its payment provider, as it was known. */
export type PastExternal = {
  readonly provider: BillingProvider;
  readonly externalId: string | null;
  readonly status: ProviderStatus | 'QUEUED' | 'ERROR';
  readonly hostedUrl: string | null;
  readonly lastError: string | null;
};

type Known = Omit<PastExternal, 'status'> & {
  readonly status: ProviderStatus | null;
  readonly failed: boolean;
  readonly voided: boolean;
};

/** What the invoice's events say of it; null: it goes to nobody. */
export function pastExternal(
  finalized: Recorded<InvoiceFinalized>,
  events: readonly Recorded<InvoiceEvent>[],
  customerEvents: readonly Recorded<CustomerEvent>[],
): PastExternal | null {
  const payer = payerBefore(customerEvents, finalized.position);
  if (payer === null || /^[-0.]*$/.test(finalized.event.total)) return null;
  let known: Known = {
    provider: payer.provider,
    externalId: null,
    status: null,
    hostedUrl: null,
    lastError: null,
    failed: false,
    voided: false,
  };
  for (const { event } of events) known = { ...known, ...changedBy(event) };
  const { failed, voided, status, ...shown } = known;
  if (failed) return { ...shown, status: 'ERROR' };
  return { ...shown, status: status ?? (voided ? 'VOID' : 'QUEUED') };
}

/** Where the customer's invoices went just before that position. */
function payerBefore(
  events: readonly Recorded<CustomerEvent>[],
  before: bigint,
): BillingConfig | null {
  let payer: BillingConfig | null = null;
  for (const { event, position } of events) {
    if (position >= before) break;
    if (event.type === 'CustomerCreated' || event.type === 'BillingConfigSet') {
      payer = event.billingConfig;
    }
  }
  return payer;
}

function changedBy(event: InvoiceEvent): Partial<Known> {
  switch (event.type) {
    case 'InvoiceFinalized':
      return {};
    case 'InvoiceVoided':
      return { voided: true, failed: false, lastError: null };
    case 'InvoiceSent':
    case 'InvoicePaymentUpdated': {
      const { externalId, status, hostedUrl } = event;
      const lastError = event.type === 'InvoiceSent' ? null : event.message;
      return { externalId, status, hostedUrl, lastError, failed: false };
    }
    case 'InvoiceSendingFailed':
      return { failed: true, lastError: event.message };
    case 'InvoiceSendingRetried':
      return { failed: false, lastError: null };
  }
}
