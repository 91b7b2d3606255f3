import { type Logger } from 'pino';
import { finalizedBefore } from '../projections/invoices.ts';
import { createSendings } from '../projections/sendings.ts';
import { type Biller } from './application/biller.ts';
import { createDriftWatch, type DriftWatch } from './application/drift.ts';
import { startPolicy } from './application/policy.ts';
import { type EventLog } from './application/ports.ts';
import {
  type PaymentProvider,
  type SendingCounts,
  type Sendings,
} from './application/payment-ports.ts';
import { type PaygoClock } from './application/clock.ts';
import { createSender, type Sender } from './application/sending.ts';
import { type Config } from './config.ts';
import { type ReadSide } from './read-side.ts';

/** What finalizes, what sends what was finalized, and what verifies it. */
export type BillingSide = {
  /** Works until the signal aborts; for one process at a time. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** How it goes, while this process does it. */
  readonly figures: () => Readonly<Record<string, string>>;
};

type Needs = {
  readonly log: EventLog;
  readonly clock: PaygoClock;
  readonly biller: Biller;
  readonly reads: ReadSide;
  /** null: invoices stay queued. */
  readonly provider: PaymentProvider | null;
  readonly logger: Logger;
};

/** Stripe, where a key for it is set. */
export async function openProvider({
  stripeSecretKey,
  stripeApiBase,
}: Config): Promise<PaymentProvider | null> {
  if (stripeSecretKey === null) return null;
  // Only where it is used: its client takes long to load.
  const { stripeProvider } = await import('./payments/stripe.ts');
  return stripeProvider({ secretKey: stripeSecretKey(), apiBase: stripeApiBase });
}

export function billingSide(needs: Needs): BillingSide {
  const { log, clock, biller, provider, reads, logger } = needs;
  const sendings = createSendings(reads.models);
  const drift = createDriftWatch({
    log,
    finalizedBefore: (number) => finalizedBefore(reads.models.main.reader, number),
    logger,
  });
  let counts: SendingCounts | null = null;
  let sender: Sender | null = null;
  return {
    async run(signal) {
      if (provider === null) await warnOfQueued(sendings, logger);
      else sender ??= createSender({ log, clock, sendings, provider, logger });
      const finalizing = startPolicy({
        run: (stopped) => finalize(biller, logger, stopped),
        failure: 'the biller failed and tries again',
        logger,
      });
      const sending = startPolicy({
        async run(stopped) {
          await sender?.run(stopped);
          counts = await sendings.counts();
        },
        failure: 'sending invoices failed and is tried again',
        logger,
      });
      const stopWaking = reads.main.onMove(() => {
        finalizing.wake();
        sending.wake();
      });
      await drift.run(signal);
      stopWaking();
      await Promise.all([finalizing.stop(), sending.stop()]);
      await sender?.settled();
      counts = null;
    },
    figures() {
      if (counts === null) return {};
      const { due, issued, lastRunAt } = biller.figures();
      const { sent, refused } = sender?.figures() ?? { sent: 0, refused: 0 };
      return {
        periodsDue: String(due),
        invoicesIssued: String(issued),
        billerLastRunAt: lastRunAt ?? 'never',
        invoicesQueued: String(counts.queued),
        invoicesSent: String(sent),
        invoicesRefused: String(refused),
        invoicesFailed: String(counts.failed),
        ...driftFigures(drift),
      };
    },
  };
}

async function finalize(biller: Biller, logger: Logger, signal: AbortSignal): Promise<void> {
  const invoices = await biller.run(signal);
  if (invoices > 0) logger.info({ invoices }, 'the biller finalized invoices');
}

async function warnOfQueued(sendings: Sendings, logger: Logger): Promise<void> {
  if (!(await sendings.hasPayers())) return;
  logger.warn('STRIPE_SECRET_KEY is not set: invoices for Stripe stay QUEUED until it is');
}

const driftFigures = (watch: DriftWatch): Readonly<Record<string, string>> => {
  const { verified, tooLarge, drift, lastDrift } = watch.figures();
  return {
    invoicesVerified: String(verified),
    invoicesTooLargeToVerify: String(tooLarge),
    drift: String(drift),
    ...(lastDrift === null ? {} : { lastDriftingInvoice: lastDrift }),
  };
};
