import { decimal, printDecimal, sum } from '../kernel/decimal.ts';
import { accept, refuse, type Decider } from '../kernel/decider.ts';
import { isLongerThan } from '../kernel/names.ts';
import { invariant } from '../kernel/invariant.ts';
import { type InvoiceCommand } from './commands.ts';
import { type InvoiceEvent } from './events.ts';

export type InvoiceRefusal = 'invoice_not_found' | 'invoice_not_final' | 'void_reason_too_long';

const reasonLengthMax = 1000;

type Invoice = {
  readonly status: 'FINALIZED' | 'VOID';
  readonly customerId: string;
  readonly contractId: string;
};

/** One invoice: it never changes once it is published. */
export const invoice: Decider<InvoiceCommand, Invoice | null, InvoiceEvent, InvoiceRefusal> = {
  initial: null,

  decide(command, state) {
    switch (command.type) {
      case 'PublishInvoice': {
        if (state !== null) return accept();
        const { content, issuedAt, closedBy } = command;
        const total = printDecimal(sum(content.lines.map((line) => decimal(line.amount))));
        invariant(total === content.total, 'lines sum to the total');
        return accept({ type: 'InvoiceFinalized', ...content, issuedAt, closedBy });
      }
      case 'VoidInvoice': {
        if (state === null) return refuse('invoice_not_found', ['id']);
        if (state.status === 'VOID') return accept();
        if (isLongerThan(command.reason ?? '', reasonLengthMax)) {
          return refuse('void_reason_too_long', ['reason']);
        }
        const { customerId, contractId } = state;
        const { invoiceId, reason, now } = command;
        return accept({
          type: 'InvoiceVoided',
          invoiceId,
          customerId,
          contractId,
          reason,
          voidedAt: now,
        });
      }
    }
  },

  evolve(_state, event) {
    switch (event.type) {
      case 'InvoiceFinalized': {
        const { customerId, contractId } = event;
        return { status: 'FINALIZED', customerId, contractId };
      }
      case 'InvoiceVoided':
        return { status: 'VOID', customerId: event.customerId, contractId: event.contractId };
    }
  },
};
