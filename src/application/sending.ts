import { addHours } from '../kernel/calendar.ts';
import { type InvoiceCommand } from '../invoices/commands.ts';
import { invoice } from '../invoices/decider.ts';
import { invoiceStream } from '../invoices/events.ts';
import { createBackoff, type BackoffTimes } from './backoff.ts';
import { type PaygoClock } from './clock.ts';
import { handle, type Deps } from './handle.ts';
import { type PolicyLogger } from './policy.ts';
import { type Caller } from './ports.ts';
import {
  ProviderUnavailable,
  type OutgoingInvoice,
  type PaymentProvider,
  type PendingInvoice,
  type Sendings,
  type ToDo,
} from './payment-ports.ts';

export type SenderDeps = Deps & {
  readonly clock: PaygoClock;
  readonly sendings: Sendings;
  readonly provider: PaymentProvider;
  readonly logger: PolicyLogger;
  readonly times?: BackoffTimes;
};

/** How sending goes, since the process began. */
export type SenderFigures = { readonly sent: number; readonly refused: number };

/** The policy that sends invoices to their provider and withdraws void ones. */
export type Sender = {
  /**
   * Looks through all that waits, oldest first, and begins what may be tried; one at a time for
   * each customer there.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Until all that was begun has ended. */
  settled(): Promise<void>;
  figures(): SenderFigures;
};

const atOnce = 4;
const pageSize = 200;
const foldedWithinMs = 10_000;
/** So many failures in a row are not about single invoices any more. */
const troublesMax = 20;
const defaultTimes: BackoffTimes = { baseMs: 1000, maxMs: 300_000 };
const everything = 'everything';
/** Stripe's clock and ours may differ. */
const clocksDifferByHours = 24;

const sender: Caller = { actor: 'biller', requestId: 'sending' };

export function createSender(deps: SenderDeps): Sender {
  const { sendings, logger } = deps;
  const backoff = createBackoff(deps.times ?? defaultTimes);
  const busy = new Map<string, Promise<void>>();
  let troubles = 0;
  let sent = 0;
  let refused = 0;

  const work = async ({ invoiceId }: PendingInvoice, signal: AbortSignal): Promise<void> => {
    try {
      const outcome = await deliver(deps, invoiceId, signal);
      if (outcome === 'refused') refused += 1;
      if (outcome === 'done') sent += 1;
      backoff.forget(invoiceId);
      backoff.forget(everything);
      troubles = 0;
    } catch (err) {
      if (signal.aborted) return;
      const atLeastMs = err instanceof ProviderUnavailable ? err.retryAfterMs : null;
      backoff.fail(invoiceId, atLeastMs ?? 0);
      troubles += 1;
      if (atLeastMs !== null || troubles % troublesMax === 0) {
        backoff.fail(everything, atLeastMs ?? 0);
      }
      logger.warn(
        { invoiceId, reason: reasonOf(err) },
        'an invoice is not sent, and is tried again',
      );
    }
  };
  const begin = (one: PendingInvoice, signal: AbortSignal): void => {
    const working = work(one, signal).finally(() => busy.delete(one.payer));
    busy.set(one.payer, working);
  };

  return {
    async run(signal) {
      const seen = new Set<string>();
      for (let after = 0n, isMore = true; isMore;) {
        const page = await sendings.pending(after, pageSize);
        for (const one of page) {
          if (backoff.hasFailed(one.invoiceId)) seen.add(one.invoiceId);
          while (busy.size >= atOnce) await Promise.race(busy.values());
          if (signal.aborted || backoff.isWaiting(everything)) return;
          if (!busy.has(one.payer) && !backoff.isWaiting(one.invoiceId)) begin(one, signal);
        }
        after = page.at(-1)?.position ?? after;
        isMore = page.length === pageSize;
      }
      for (const id of backoff.ids()) {
        if (id !== everything && !seen.has(id)) backoff.forget(id);
      }
    },
    async settled() {
      await Promise.all(busy.values());
    },
    figures: () => ({ sent, refused }),
  };
}

/** What was done; nothing: another has done it. */
async function deliver(
  deps: SenderDeps,
  invoiceId: string,
  signal: AbortSignal,
): Promise<'done' | 'refused' | 'nothing'> {
  const { sendings, clock, logger } = deps;
  const found = await sendings.outgoing(invoiceId);
  if (found === null) return 'nothing';
  const { toDo, ...outgoing } = found;
  // A test clock says nothing about when something was made at the provider.
  const since = clock.isTestClock ? null : addHours(outgoing.issuedAt, -clocksDifferByHours);
  const command = await provide(deps.provider, toDo, { ...outgoing, since }, signal);
  const handled = await handle(deps, invoice, invoiceStream(invoiceId), sender, {
    command: () => command,
  });
  if ('refused' in handled) {
    logger.error({ invoiceId, command, refused: handled.refused }, 'an invoice is there twice');
    return 'refused';
  }
  const isRefused = command.type === 'RecordSendingFailed';
  if (isRefused) logger.warn({ invoiceId, message: command.message }, 'an invoice is refused');
  else logger.debug({ invoiceId, toDo }, 'an invoice was sent or withdrawn');
  await sendings.waitFor(handled.position, foldedWithinMs);
  return isRefused ? 'refused' : 'done';
}

/** Does it at the provider; what is to be recorded of it. */
async function provide(
  provider: PaymentProvider,
  toDo: ToDo,
  outgoing: OutgoingInvoice,
  signal: AbortSignal,
): Promise<InvoiceCommand> {
  const { content, collection } = outgoing;
  const whose = { invoiceId: content.invoiceId, provider: collection.provider };
  switch (toDo) {
    case 'SEND': {
      const state = await provider.push(outgoing, signal);
      if ('refused' in state) {
        return { type: 'RecordSendingFailed', ...whose, message: state.refused };
      }
      const { total, currency } = content;
      return { type: 'RecordSent', ...whose, ...state, total, currency };
    }
    case 'WITHDRAW': {
      const state = await provider.withdraw(outgoing, signal);
      if (state !== null && 'refused' in state) {
        return { type: 'RecordSendingFailed', ...whose, message: state.refused };
      }
      const none = { externalId: null, status: 'VOID', hostedUrl: null } as const;
      const told = state ?? none;
      return { type: 'UpdatePayment', ...whose, ...told, message: null, causeId: 'withdrawn' };
    }
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
