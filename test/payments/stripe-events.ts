import Stripe from 'stripe';

export const secret = 'whsec_of_the_tests_0123456789';
export const secondsNow = (): number => Math.floor(Date.now() / 1000);

export type Told = {
  readonly id: string;
  readonly type: string;
  readonly invoice: object;
};

/** An event as Stripe writes it, with more fields than paygo reads. */
export const bodyOf = ({ id, type, invoice }: Told): string =>
  JSON.stringify(
    {
      id,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: 1_735_689_600,
      data: { object: invoice },
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
    },
    null,
    2,
  );

export const stripeInvoice = (paygoId: string | null, change: object = {}) => ({
  id: 'in_1',
  object: 'invoice',
  status: 'open',
  metadata: paygoId === null ? {} : { paygo_invoice_id: paygoId, paygo_customer_id: 'cus_1' },
  hosted_invoice_url: 'https://invoice.stripe.com/i/1',
  attempt_count: 0,
  next_payment_attempt: null,
  ...change,
});

/** What Stripe's own client makes of body, secret and time. */
export const signed = (body: string, at = secondsNow(), by = secret): string =>
  Stripe.webhooks.generateTestHeaderString({ payload: body, secret: by, timestamp: at });
