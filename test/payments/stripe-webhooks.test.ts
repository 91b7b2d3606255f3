import { describe, expect, it } from 'vitest';
import { stripeWebhooks } from '../../src/payments/stripe-webhooks.ts';
import { bodyOf, secret, signed, stripeInvoice } from './stripe-events.ts';

const at = 1_735_689_600;
const read = stripeWebhooks(secret, () => at * 1000);
const invoiceId = 'inv_00000000000000000000000000000001_usage_20250101T00_0';
const paid = bodyOf({ id: 'evt_1', type: 'invoice.paid', invoice: stripeInvoice(invoiceId) });
const readSigned = (body: string, header = signed(body, at)) => read(Buffer.from(body), header);

describe('the signature of a webhook', () => {
  it('is taken for 300 seconds by the clock of the machine, and not a second more', () => {
    expect(readSigned(paid, signed(paid, at - 300))).toHaveProperty('news.causeId', 'evt_1');
    expect(readSigned(paid, signed(paid, at - 301))).toEqual({ refused: 'old_timestamp' });
  });

  it('is of these bytes: one space more, and it is none', () => {
    expect(readSigned(`${paid} `, signed(paid, at))).toEqual({ refused: 'bad_signature' });
    expect(readSigned(JSON.stringify(JSON.parse(paid)), signed(paid, at))).toEqual({
      refused: 'bad_signature',
    });
  });

  it('is of this secret, or of the one before it while Stripe sends both', () => {
    const other = signed(paid, at, 'whsec_another_0123456789');
    expect(readSigned(paid, other)).toEqual({ refused: 'bad_signature' });
    const both = `${other},${signed(paid, at).split(',')[1] ?? ''}`;
    expect(readSigned(paid, both)).toHaveProperty('news');
  });

  it.each([
    ['', 'bad_signature'],
    ['nonsense', 'bad_signature'],
    [`t=${String(at)}`, 'bad_signature'],
    [`t=${String(at)},v0=${'0'.repeat(64)}`, 'bad_signature'],
    [`t=${String(at)},v1=`, 'bad_signature'],
    [`t=x,v1=${'0'.repeat(64)}`, 'bad_signature'],
  ])('"%s" is none', (header, refused) => {
    expect(readSigned(paid, header)).toEqual({ refused });
  });

  it('has to be there', () => {
    expect(read(Buffer.from(paid), undefined)).toEqual({ refused: 'no_signature' });
    expect(read(Buffer.alloc(0), signed('', at))).toEqual({ refused: 'unreadable' });
  });

  it('of an old event cannot be made young: the time is signed, too', () => {
    const old = signed(paid, at - 4000);
    const young = old.replace(`t=${String(at - 4000)}`, `t=${String(at)}`);
    expect(readSigned(paid, young)).toEqual({ refused: 'bad_signature' });
  });
});

describe('an event', () => {
  const statusOf = (type: string, change: object = {}): unknown => {
    const told = { id: 'evt_1', type, invoice: stripeInvoice(invoiceId, change) };
    const webhook = readSigned(bodyOf(told));
    return 'news' in webhook ? [webhook.news.status, webhook.news.message] : webhook;
  };

  it('tells how an invoice stands', () => {
    expect(statusOf('invoice.finalized')).toEqual(['FINALIZED', null]);
    expect(statusOf('invoice.paid')).toEqual(['PAID', null]);
    expect(statusOf('invoice.payment_succeeded')).toEqual(['PAID', null]);
    expect(statusOf('invoice.voided')).toEqual(['VOID', null]);
    expect(statusOf('invoice.marked_uncollectible')).toEqual(['UNCOLLECTIBLE', null]);
  });

  it('of a failed payment says which one it was, and whether there comes another', () => {
    const next_payment_attempt = at + 86_400;
    expect(statusOf('invoice.payment_failed', { attempt_count: 2, next_payment_attempt })).toEqual([
      'PAYMENT_FAILED',
      'payment attempt 2 failed; Stripe tries again at 2025-01-02T00:00:00.000Z',
    ]);
    expect(statusOf('invoice.payment_failed')).toEqual([
      'PAYMENT_FAILED',
      'the payment failed; Stripe plans no other',
    ]);
  });

  it('names our invoice and its own, and where it can be paid', () => {
    expect(readSigned(paid)).toEqual({
      news: {
        causeId: 'evt_1',
        invoiceId,
        externalId: 'in_1',
        status: 'PAID',
        hostedUrl: 'https://invoice.stripe.com/i/1',
        message: null,
      },
    });
  });

  it.each(['invoice.created', 'invoice.sent', 'customer.created', '__proto__', 'constructor'])(
    'of the type %s is ignored',
    (type) => {
      expect(statusOf(type)).toEqual({ ignored: type });
    },
  );

  it('of an invoice that paygo has not sent is ignored', () => {
    const told = { id: 'evt_1', type: 'invoice.paid', invoice: stripeInvoice(null) };
    expect(readSigned(bodyOf(told))).toHaveProperty('ignored');
    const bare = { ...told, invoice: stripeInvoice(null, { metadata: null }) };
    expect(readSigned(bodyOf(bare))).toHaveProperty('ignored');
  });

  it('in the thin form, which says nothing of an invoice, is ignored', () => {
    const thin = JSON.stringify({ id: 'evt_1', object: 'v2.core.event', type: 'v1.invoice.paid' });
    expect(readSigned(thin)).toEqual({ ignored: 'v1.invoice.paid' });
  });

  it.each(['not JSON', '[]', '{}', '{"type":1}', '{"type":"invoice.paid","data":{}}'])(
    'that cannot be read is refused: %s',
    (body) => {
      expect(readSigned(body)).toEqual({ refused: 'unreadable' });
    },
  );
});
