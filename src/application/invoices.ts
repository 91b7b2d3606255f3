import { setTimeout as sleep } from 'node:timers/promises';
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
import { TimedOut } from './ports.ts';

type InvoiceEngine = Pick<Engine, 'finalizeInvoice' | 'voidInvoice' | 'retryInvoicePush'>;

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
    const published = deps.billing
      .waitFor(handled.position, publishWithinMs)
      .then(() => publishAll(deps, customerId, invoiceId));
    return { result: { invoiceId }, position: await recordedWithin(published, publishWithinMs) };
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

  async retryInvoicePush({ invoiceId }, by) {
    const contractId = parseInvoiceId(invoiceId)?.contractId;
    if (contractId === undefined) return refuse('invoice_not_found', ['id']);
    const handled = await handle(deps, invoice, invoiceStream(invoiceId), by, {
      command: (): InvoiceCommand => ({ type: 'RetrySending', invoiceId }),
    });
    if ('refused' in handled && handled.refused.reason === 'invoice_not_found') {
      const isDraft = await deps.billing.hasDraft(contractId, invoiceId, deps.clock.now());
      return isDraft ? refuse('invoice_not_failed', ['id']) : handled;
    }
    return outcome(handled, { invoiceId });
  },
});

const publishWithinMs = 10_000;

/** What follows from something recorded goes on by itself, in this process or another. */
async function recordedWithin<Result>(work: Promise<Result>, timeoutMs: number): Promise<Result> {
  const late = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: late.signal }).then(() => {
    throw new TimedOut(`it is not published after ${String(timeoutMs)} ms`, true);
  });
  try {
    return await Promise.race([work, timeout]);
  } catch (error) {
    throw error instanceof TimedOut ? new TimedOut(error.message, true) : error;
  } finally {
    work.catch(() => undefined);
    timeout.catch(() => undefined);
    late.abort();
  }
}
