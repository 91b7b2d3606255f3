import { refuse } from '../kernel/decider.ts';
import { type ContractCommand } from '../contracts/commands.ts';
import { contracts } from '../contracts/decider.ts';
import { contractsStream } from '../contracts/events.ts';
import { parseInvoiceId } from '../contracts/invoice-id.ts';
import { type InvoiceCommand } from '../invoices/commands.ts';
import { invoice } from '../invoices/decider.ts';
import { invoiceStream } from '../invoices/events.ts';
import { publishAll, reopen, type BillerDeps } from './biller.ts';
import { outcome, type Engine } from './engine.ts';
import { handle } from './handle.ts';

type InvoiceEngine = Pick<Engine, 'finalizeInvoice' | 'voidInvoice'>;

export const invoiceCommands = (deps: BillerDeps): InvoiceEngine => ({
  async finalizeInvoice({ invoiceId }, by) {
    const contractId = parseInvoiceId(invoiceId)?.contractId;
    const customerId = contractId && (await deps.billing.customerOf(contractId));
    if (contractId === undefined || !customerId) return refuse('invoice_not_found', ['id']);
    const { graceHours } = deps;
    const lateSince = await deps.billing.lateSince(contractId);
    const handled = await handle(deps, contracts, contractsStream(customerId), by, {
      command: (_state, now): ContractCommand => ({
        type: 'ClosePeriod',
        invoiceId,
        early: true,
        graceHours,
        lateSince,
        now,
      }),
    });
    if ('refused' in handled) return handled;
    await deps.billing.waitFor(handled.position, publishWithinMs);
    return { result: { invoiceId }, position: await publishAll(deps, customerId, invoiceId) };
  },

  async voidInvoice({ invoiceId, reason }, by) {
    const contractId = parseInvoiceId(invoiceId)?.contractId;
    if (contractId === undefined) return refuse('invoice_not_found', ['id']);
    let customerId = '';
    const handled = await handle(deps, invoice, invoiceStream(invoiceId), by, {
      command: (state, now): InvoiceCommand => {
        customerId = state?.customerId ?? '';
        return { type: 'VoidInvoice', invoiceId, reason, now };
      },
    });
    if ('refused' in handled) {
      const isDraft = await deps.billing.hasDraft(contractId, invoiceId, deps.clock.now());
      return isDraft ? refuse('invoice_not_final', ['id']) : handled;
    }
    const position = await reopen(deps, customerId, invoiceId, by);
    return outcome(
      { position: position > handled.position ? position : handled.position },
      { invoiceId },
    );
  },
});

const publishWithinMs = 10_000;
