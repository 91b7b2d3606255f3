import { parseInvoiceId } from '../contracts/invoice-id.ts';
import { type InvoiceCommand } from '../invoices/commands.ts';
import { invoice } from '../invoices/decider.ts';
import { invoiceStream, type ProviderStatus } from '../invoices/events.ts';
import { handle, type Deps } from './handle.ts';
import { type Caller } from './ports.ts';

/** What the payment provider tells of an invoice that it has. */
export type PaymentNews = {
  /** The provider's event. */
  readonly causeId: string;
  /** Ours, as the provider was told it. */
  readonly invoiceId: string;
  readonly externalId: string;
  readonly status: ProviderStatus;
  readonly hostedUrl: string | null;
  readonly message: string | null;
};

/**
 * What came of it. not_sent_yet: to be told again, since what the provider has of the invoice is
 * not recorded; the last three changed nothing.
 */
export type NewsOutcome =
  'recorded' | 'known' | 'not_sent_yet' | 'unknown_invoice' | 'other_external_invoice';

export type TakeNews = (news: PaymentNews, by: Caller) => Promise<NewsOutcome>;

/** Records news of invoices: late, repeated, and in any order. Throws Unavailable. */
export const takeNews =
  (deps: Deps): TakeNews =>
  async (news, by) => {
    const { invoiceId, causeId } = news;
    if (parseInvoiceId(invoiceId) === undefined) return 'unknown_invoice';
    const handled = await handle(deps, invoice, invoiceStream(invoiceId), by, {
      command: (): InvoiceCommand => ({ type: 'UpdatePayment', provider: 'STRIPE', ...news }),
      toldBy: causeId,
    });
    if (!('refused' in handled)) return handled.changed ? 'recorded' : 'known';
    const { reason } = handled.refused;
    if (reason === 'invoice_not_sent') return 'not_sent_yet';
    return reason === 'other_external_invoice' ? reason : 'unknown_invoice';
  };

/** Why a webhook is not taken for one of the provider's. */
export type NotGenuine = 'no_signature' | 'bad_signature' | 'old_timestamp' | 'unreadable';

/** What a webhook says; ignored: nothing that concerns an invoice of ours. */
export type WebhookRead =
  { readonly news: PaymentNews } | { readonly ignored: string } | { readonly refused: NotGenuine };

/** Reads a webhook: the body as it came, byte for byte, and what the sender signed it with. */
export type ReadWebhook = (body: Buffer, signature: string | undefined) => WebhookRead;
