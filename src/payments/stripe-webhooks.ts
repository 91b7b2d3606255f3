import Stripe from 'stripe';
import { z } from 'zod';
import { type ReadWebhook, type WebhookRead } from '../application/payment-news.ts';
import { type ProviderStatus } from '../invoices/events.ts';

const toleranceSeconds = 300;
const anyAge = 0;

/** Stripe's events that say how an invoice stands, and how that is. */
const statuses: Readonly<Record<string, ProviderStatus>> = {
  'invoice.finalized': 'FINALIZED',
  'invoice.paid': 'PAID',
  'invoice.payment_succeeded': 'PAID',
  'invoice.payment_failed': 'PAYMENT_FAILED',
  'invoice.voided': 'VOID',
  'invoice.marked_uncollectible': 'UNCOLLECTIBLE',
};

const anyEvent = z.object({ type: z.string() });

const invoiceEvent = z.object({
  id: z.string().min(1),
  data: z.object({
    object: z.object({
      id: z.string().min(1),
      object: z.literal('invoice'),
      metadata: z.record(z.string(), z.string()).nullish(),
      hosted_invoice_url: z.string().nullish(),
      attempt_count: z.number().int().nonnegative().nullish(),
      next_payment_attempt: z.number().int().nonnegative().nullish(),
    }),
  }),
});
type StripeInvoice = z.output<typeof invoiceEvent>['data']['object'];

/**
 * Reads what Stripe's signature proves to be Stripe's and no older than five minutes, by the
 * machine's clock: a test clock is none that Stripe knows.
 */
export function stripeWebhooks(secret: string, nowMs: () => number = Date.now): ReadWebhook {
  const isSigned = (body: Buffer, header: string, tolerance: number): boolean => {
    const { signature } = Stripe.webhooks;
    try {
      return signature?.verifyHeader(body, header, secret, tolerance, undefined, nowMs()) === true;
    } catch {
      // Whatever it cannot make sense of is no signature: it throws other errors than its own, too.
      return false;
    }
  };
  return (body, signature) => {
    if (signature === undefined) return { refused: 'no_signature' };
    if (!isSigned(body, signature, toleranceSeconds)) {
      const isOld = isSigned(body, signature, anyAge);
      return { refused: isOld ? 'old_timestamp' : 'bad_signature' };
    }
    return readEvent(body);
  };
}

function readEvent(body: Buffer): WebhookRead {
  const event = parsed(body);
  const { data: { type } = {} } = anyEvent.safeParse(event);
  if (type === undefined) return { refused: 'unreadable' };
  const status = Object.hasOwn(statuses, type) ? statuses[type] : undefined;
  if (status === undefined) return { ignored: type };
  const told = invoiceEvent.safeParse(event);
  if (!told.success) return { refused: 'unreadable' };
  const { id: causeId, data } = told.data;
  const invoice = data.object;
  const invoiceId = invoice.metadata?.['paygo_invoice_id'];
  if (invoiceId === undefined) return { ignored: `${type} of another's invoice` };
  return {
    news: {
      causeId,
      invoiceId,
      externalId: invoice.id,
      status,
      hostedUrl: invoice.hosted_invoice_url ?? null,
      message: status === 'PAYMENT_FAILED' ? failureOf(invoice) : null,
    },
  };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Stripe says why only on the payment itself: its dashboard shows it. */
function failureOf({ attempt_count: attempts, next_payment_attempt: next }: StripeInvoice): string {
  const nth = attempts ? `payment attempt ${String(attempts)} failed` : 'the payment failed';
  if (typeof next !== 'number') return `${nth}; Stripe plans no other`;
  return `${nth}; Stripe tries again at ${new Date(next * 1000).toISOString()}`;
}
