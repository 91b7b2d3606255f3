import { decimal, printDecimal, sum } from '../kernel/decimal.ts';
import { accept, refuse, type Decider, type Decision } from '../kernel/decider.ts';
import { isLongerThan } from '../kernel/names.ts';
import { invariant } from '../kernel/invariant.ts';
import { type InvoiceCommand, type PublishInvoice, type VoidInvoice } from './commands.ts';
import { type InvoiceEvent } from './events.ts';
import {
  recordSendingFailed,
  recordSent,
  updatePayment,
  type Sending,
  type SendingRefusal,
} from './sending.ts';

export type InvoiceRefusal =
  | 'invoice_not_found'
  | 'invoice_not_final'
  | 'invoice_paid'
  | 'invoice_not_failed'
  | 'void_reason_too_long'
  | SendingRefusal;

const reasonLengthMax = 1000;

type Invoice = Sending & { readonly customerId: string; readonly contractId: string };
type InvoiceDecision = Decision<InvoiceEvent, InvoiceRefusal>;

/** One invoice: its content never changes once it is published. */
export const invoice: Decider<InvoiceCommand, Invoice | null, InvoiceEvent, InvoiceRefusal> = {
  initial: null,

  decide(command, state) {
    if (command.type === 'PublishInvoice') return state === null ? publish(command) : accept();
    if (state === null) return refuse('invoice_not_found', ['id']);
    switch (command.type) {
      case 'VoidInvoice':
        return voidInvoice(command, state);
      case 'RecordSent':
        return recordSent(command, state);
      case 'RecordSendingFailed':
        return recordSendingFailed(command, state);
      case 'RetrySending': {
        const { invoiceId } = command;
        if (state.failed) return accept({ type: 'InvoiceSendingRetried', invoiceId });
        return state.retries > 0 ? accept() : refuse('invoice_not_failed', ['id']);
      }
      case 'UpdatePayment':
        return updatePayment(command, state);
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'InvoiceFinalized': {
        const { customerId, contractId } = event;
        const unsent = { external: null, failed: false, retries: 0 };
        return { status: 'FINALIZED', customerId, contractId, ...unsent };
      }
      case 'InvoiceVoided':
        return state && { ...state, status: 'VOID', failed: false };
      case 'InvoiceSent':
      case 'InvoicePaymentUpdated': {
        const { externalId, status, hostedUrl } = event;
        return state && { ...state, external: { externalId, status, hostedUrl }, failed: false };
      }
      case 'InvoiceSendingFailed':
        return state && { ...state, failed: true };
      case 'InvoiceSendingRetried':
        return state && { ...state, failed: false, retries: state.retries + 1 };
    }
  },
};

function publish({ content, issuedAt, closedBy, proof }: PublishInvoice): InvoiceDecision {
  const total = printDecimal(sum(content.lines.map((line) => decimal(line.amount))));
  invariant(total === content.total, 'lines sum to the total');
  return accept({ type: 'InvoiceFinalized', ...content, issuedAt, closedBy, proof });
}

function voidInvoice(command: VoidInvoice, state: Invoice): InvoiceDecision {
  if (state.status === 'VOID') return accept();
  if (isLongerThan(command.reason ?? '', reasonLengthMax)) {
    return refuse('void_reason_too_long', ['reason']);
  }
  if (state.external?.status === 'PAID') return refuse('invoice_paid', ['id']);
  const { customerId, contractId } = state;
  const { invoiceId, reason, now } = command;
  const whose = { invoiceId, customerId, contractId };
  return accept({ type: 'InvoiceVoided', ...whose, reason, voidedAt: now });
}
