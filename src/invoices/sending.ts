import { accept, refuse, type Decision } from '../kernel/decider.ts';
import { type RecordSendingFailed, type RecordSent, type UpdatePayment } from './commands.ts';
import { type InvoiceEvent } from './events.ts';
import { isNews, isOver, type External } from './external.ts';

/** invoice_not_sent: not yet, as far as is known here. */
export type SendingRefusal = 'invoice_not_sent' | 'other_external_invoice';

/** A published invoice as its sending knows it. */
export type Sending = {
  readonly status: 'FINALIZED' | 'VOID';
  /** null: not sent yet, or never. */
  readonly external: External | null;
  /** The provider refused what was last tried. */
  readonly failed: boolean;
  /** How often it was tried again after a refusal. */
  readonly retries: number;
};

type SendingDecision = Decision<InvoiceEvent, SendingRefusal>;

const paidThoughVoid = 'it was paid at the payment provider, and is void here: refund it there';

export function recordSent(sent: RecordSent, { external, ...state }: Sending): SendingDecision {
  const { invoiceId, provider, externalId, status, hostedUrl } = sent;
  if (external === null || external.externalId === null) {
    return accept({ ...sent, type: 'InvoiceSent' });
  }
  const news = { invoiceId, provider, externalId, status, hostedUrl };
  const update = { ...news, type: 'UpdatePayment', message: null, causeId: 'sent' } as const;
  return updatePayment(update, { external, ...state });
}

/** A refusal that comes when another has done it already is no news. */
export function recordSendingFailed(
  refused: RecordSendingFailed,
  { status, external, failed }: Sending,
): SendingDecision {
  const isDone = external !== null && (status === 'FINALIZED' || isOver(external));
  if (failed || isDone) return accept();
  return accept({ ...refused, type: 'InvoiceSendingFailed' });
}

export function updatePayment(told: UpdatePayment, { status, external }: Sending): SendingDecision {
  if (external === null && status === 'FINALIZED') return refuse('invoice_not_sent', ['id']);
  const known = external?.externalId ?? null;
  const externalId = told.externalId ?? known;
  if (known !== null && externalId !== known) {
    return refuse('other_external_invoice', ['id'], known);
  }
  const isFirst = external === null || known !== externalId;
  if (!isFirst && !isNews(external.status, told.status)) return accept();
  const isRefund = status === 'VOID' && told.status === 'PAID';
  return accept({
    ...told,
    type: 'InvoicePaymentUpdated',
    externalId,
    hostedUrl: told.hostedUrl ?? external?.hostedUrl ?? null,
    message: isRefund ? (told.message ?? paidThoughVoid) : told.message,
  });
}
