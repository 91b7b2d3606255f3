import { type Logger } from 'pino';
import { describe, expect, it } from 'vitest';
import { type NewsOutcome, type PaymentNews } from '../../src/application/payment-news.ts';
import { Unavailable } from '../../src/application/ports.ts';
import { createWebhooks, type Webhooks } from '../../src/http/webhooks.ts';
import { stripeWebhooks } from '../../src/payments/stripe-webhooks.ts';
import { bodyOf, secondsNow, secret, signed, stripeInvoice } from '../payments/stripe-events.ts';
import { tinyServer } from './tiny-server.ts';

const tokens = 'admin-token-of-some-length:admin';
const event = bodyOf({ id: 'evt_1', type: 'invoice.paid', invoice: stripeInvoice('inv_1') });

/** A server that takes webhooks, and what it was told; outcome: what is said to come of them. */
async function taking(outcome: NewsOutcome | Error = 'recorded') {
  const told: PaymentNews[] = [];
  let webhooks: Webhooks | undefined;
  const made = (logger: Logger): Webhooks => {
    const take = (news: PaymentNews) => {
      told.push(news);
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
    };
    webhooks = createWebhooks({ read: stripeWebhooks(secret), take, logger });
    return webhooks;
  };
  const server = await tinyServer({ tokens, webhooks: made });
  const post = async (body: string | Uint8Array<ArrayBuffer>, signature: string | null) => {
    const headers = signature === null ? {} : { 'stripe-signature': signature };
    const answer = await fetch(`${server.url}/webhooks/stripe`, { method: 'POST', headers, body });
    return { status: answer.status, answer: await answer.json() };
  };
  return { ...server, told, post, figures: () => webhooks?.figures() };
}

describe('POST /webhooks/stripe', () => {
  it('needs a signature and no token', async () => {
    const { post, told } = await taking();
    expect(await post(event, signed(event))).toEqual({
      status: 200,
      answer: { outcome: 'recorded' },
    });
    expect(told).toMatchObject([{ causeId: 'evt_1', invoiceId: 'inv_1', status: 'PAID' }]);
  });

  it('reads the bytes as they came, whatever they are called', async () => {
    const { url, told } = await taking();
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      const headers = { 'stripe-signature': signed(event), 'content-type': type };
      const sent = { method: 'POST', headers, body: event };
      expect((await fetch(`${url}/webhooks/stripe`, sent)).status).toBe(200);
    }
    expect(told).toHaveLength(3);
  });

  it.each([
    ['no signature', null, 'no_signature'],
    ['a signature of other bytes', signed(`${event} `), 'bad_signature'],
    ['a signature by another secret', signed(event, secondsNow(), 'whsec_other'), 'bad_signature'],
    ['an empty signature', `t=${String(secondsNow())},v1=`, 'bad_signature'],
    ['a signature of five minutes ago', signed(event, secondsNow() - 302), 'old_timestamp'],
  ])('answers 400 to %s, and changes nothing', async (_what, signature, outcome) => {
    const { post, told, figures } = await taking();
    expect(await post(event, signature)).toEqual({ status: 400, answer: { outcome } });
    expect(told).toEqual([]);
    expect(figures()).toEqual({ webhooksSeen: '1', webhooksRefused: '1' });
  });

  it('answers 400 to what is signed and cannot be read', async () => {
    const { post, told } = await taking();
    for (const body of ['', '{', 'null', '{"type":"invoice.paid"}']) {
      const { status, answer } = await post(body, signed(body));
      expect([status, answer]).toEqual([400, { outcome: 'unreadable' }]);
    }
    expect(told).toEqual([]);
  });

  it('answers 200 to events that say nothing of an invoice', async () => {
    const { post, told, figures } = await taking();
    const other = bodyOf({ id: 'evt_2', type: 'customer.created', invoice: {} });
    expect(await post(other, signed(other))).toEqual({
      status: 200,
      answer: { outcome: 'ignored' },
    });
    expect(told).toEqual([]);
    expect(figures()).toEqual({ webhooksSeen: '1', webhooksRefused: '0' });
  });

  it.each([
    ['known', 200],
    ['unknown_invoice', 200],
    ['other_external_invoice', 200],
    ['not_sent_yet', 409],
  ] as const)('says what came of it: %s', async (outcome, status) => {
    const { post } = await taking(outcome);
    expect(await post(event, signed(event))).toEqual({ status, answer: { outcome } });
  });

  it('answers 503 while the log is away, so that it is sent again', async () => {
    const { post, log } = await taking(new Unavailable('the log is away'));
    expect(await post(event, signed(event))).toEqual({
      status: 503,
      answer: { outcome: 'unavailable' },
    });
    expect(log().find(({ level }) => level === 50)).toMatchObject({ causeId: 'evt_1' });
  });

  it('answers 500 when something is broken, and says no more', async () => {
    const { post } = await taking(new Error('a secret place'));
    const { status, answer } = await post(event, signed(event));
    expect(status).toBe(500);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('takes no more than 4 MiB', async () => {
    const { post, told } = await taking();
    const large = ' '.repeat(4 * 1024 * 1024 + 1);
    expect((await post(large, signed(large))).status).toBe(413);
    expect(told).toEqual([]);
  });

  it('is the only thing there', async () => {
    const { url } = await taking();
    expect((await fetch(`${url}/webhooks/stripe`)).status).toBe(404);
    expect((await fetch(`${url}/webhooks/other`, { method: 'POST' })).status).toBe(404);
  });

  it('answers 404 and why where no secret is set', async () => {
    const { url } = await tinyServer({ tokens });
    const answer = await fetch(`${url}/webhooks/stripe`, { method: 'POST', body: event });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('STRIPE_WEBHOOK_SECRET is not set');
  });
});

describe('the log', () => {
  it('names what was refused, and shows no body, header or secret', async () => {
    const { post, log } = await taking();
    await post(event, `${signed(`${event} `)},v0=private`);
    await post(event, signed(event));
    expect(log().filter(({ level }) => level === 40)).toMatchObject([{ reason: 'bad_signature' }]);
    const lines = JSON.stringify(log());
    expect(lines).toContain('evt_1');
    for (const told of [secret, 'v1=', 'private', 'hosted_invoice_url', 'invoice.stripe.com']) {
      expect(lines).not.toContain(told);
    }
  });
});
