import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signatureOf } from '../support/fake-stripe-webhooks.ts';
import { fakeWebhookSecret, startFakeStripe, type FakeStripe } from '../support/fake-stripe.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { headOf, make } from '../support/refusals-account.ts';
import { eventually, healthAt, stripeEnv } from '../support/stripe-world.ts';

type External = { readonly id: string | null; readonly status: string; lastError: string | null };
type Shown = { readonly id: string; readonly external: External | null };

const now = (): number => Math.floor(Date.now() / 1000);

describe('webhooks of invoices of one customer whom Stripe knows, and one whom it does not', () => {
  let stripe: FakeStripe;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Running;
  let good: Shown;
  let failed: Shown;

  const env = () => ({ PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z', ...stripeEnv(stripe) });
  const invoices = async (): Promise<readonly Shown[]> =>
    (
      await server.client.ask<{ invoices: { nodes: readonly Shown[] } }>(
        `{ invoices(filter: { types: [SCHEDULED] }) { nodes { id external { id status lastError } } } }`,
      )
    ).invoices.nodes;
  const externalOf = async ({ id }: Shown): Promise<External | null> =>
    (await invoices()).find((one) => one.id === id)?.external ?? null;
  /** How many events the log has. */
  const events = async (): Promise<number> => Number(await headOf(server.client));
  /** Tells of the good invoice, changed. */
  const tell = async (
    type: string,
    change: object = {},
    at = now(),
    secret = fakeWebhookSecret,
  ) => {
    const invoice = stripe.invoicesOf(good.id)[0];
    const object = { ...invoice, ...change };
    const body = JSON.stringify({ id: `evt_${type}`, object: 'event', type, data: { object } });
    const headers = { 'stripe-signature': signatureOf(body, secret, at) };
    const url = server.url.replace('/graphql', '/webhooks/stripe');
    const answer = await fetch(url, { method: 'POST', headers, body });
    const { outcome } = (await answer.json()) as { outcome: string };
    return `${String(answer.status)} ${outcome}`;
  };

  beforeAll(async () => {
    stripe = await startFakeStripe();
    stripe.addCustomer('cus_good');
    folder = await temporaryFolder();
    server = await startHere(folder.path, env());
    const { client } = server;
    const productId = await make(client, 'createProduct', { name: 'Fee', type: 'FIXED' });
    const rateCardId = await make(client, 'createRateCard', { name: 'Card' });
    for (const providerCustomerId of ['cus_good', 'cus_later']) {
      const billingConfig = { provider: 'STRIPE', providerCustomerId };
      const customer = { name: providerCustomerId, billingConfig };
      const scheduleItems = [{ timestamp: '2024-10-02T00:00:00Z', amount: '10' }];
      await make(client, 'createContract', {
        ...{ customerId: await make(client, 'createCustomer', customer), rateCardId },
        startingAt: '2024-10-01T00:00:00Z',
        scheduledCharges: [{ productId, schedule: { scheduleItems } }],
      });
    }
    await client.ask('mutation { advanceTestClock(to: "2024-10-03T00:00:00Z") { __typename } }');
    await eventually('one is sent and one refused', async () =>
      (await invoices()).every(({ external }) => /FINALIZED|ERROR/.test(external?.status ?? '')),
    );
    const shown = await invoices();
    const withStatus = (status: string): Shown => {
      const found = shown.find(({ external }) => external?.status === status);
      if (found === undefined) throw new Error(`none is ${status}`);
      return found;
    };
    good = withStatus('FINALIZED');
    failed = withStatus('ERROR');
  }, 60_000);

  afterAll(async () => {
    await server.stop();
    await folder.remove();
    await stripe.close();
  });

  it('change nothing unless they are signed now, of that invoice here and there', async () => {
    const before = await events();
    const other = { metadata: { paygo_invoice_id: good.id.replace('2024', '2031') } };
    expect([
      await tell('invoice.paid', {}, now(), 'whsec_of_another'),
      await tell('invoice.paid', {}, now() - 302),
      await tell('invoice.paid', other),
      await tell('invoice.paid', { metadata: {} }),
      await tell('invoice.paid', { id: 'in_other' }),
      await tell('invoice.created'),
      await tell('invoice.finalized'),
    ]).toEqual([
      '400 bad_signature',
      '400 old_timestamp',
      '200 unknown_invoice',
      '200 ignored',
      '200 other_external_invoice',
      '200 ignored',
      '200 known',
    ]);
    expect(await externalOf(good)).toEqual(good.external);
    expect(await events()).toBe(before);
  });

  it('of an invoice that Stripe has refused are to be sent again', async () => {
    const change = { id: 'in_new', metadata: { paygo_invoice_id: failed.id } };
    expect(await tell('invoice.paid', change)).toBe('409 not_sent_yet');
  });

  it('count once, the last state wins, and a restart in between changes nothing', async () => {
    const before = await events();
    const failure = { attempt_count: 1, next_payment_attempt: 1_735_689_600 };
    expect(await tell('invoice.payment_failed', failure)).toBe('200 recorded');
    await server.stop();
    server = await startHere(folder.path, env());
    expect(await tell('invoice.payment_failed', failure)).toBe('200 known');
    await eventually('it shows', async () => (await externalOf(good))?.lastError !== null);
    expect(await externalOf(good)).toEqual({
      ...good.external,
      status: 'PAYMENT_FAILED',
      lastError: 'payment attempt 1 failed; Stripe tries again at 2025-01-01T00:00:00.000Z',
    });
    expect(await tell('invoice.paid')).toBe('200 recorded');
    expect(await tell('invoice.payment_succeeded')).toBe('200 known');
    expect(await tell('invoice.voided')).toBe('200 known');
    expect(await tell('invoice.payment_failed', failure)).toBe('200 known');
    await eventually('it is paid', async () => (await externalOf(good))?.status === 'PAID');
    expect(await externalOf(good)).toEqual({ ...good.external, status: 'PAID' });
    expect((await events()) - before).toBe(2);
    expect(await healthAt(server.url)).toMatchObject({ webhooksSeen: '5', webhooksRefused: '0' });
  });

  it('are told of the refused one, too, once it was sent again on request', async () => {
    const retry = (): Promise<{ retryInvoicePush: { invoice: Shown } }> =>
      server.client.ask(
        'mutation ($id: ID!) { retryInvoicePush(id: $id) { invoice { id external { status } } } }',
        { id: failed.id },
      );
    expect((await externalOf(failed))?.lastError).toContain('cus_later');
    stripe.addCustomer('cus_later');
    expect((await retry()).retryInvoicePush.invoice.external?.status).not.toBe('ERROR');
    const before = await events();
    await retry();
    await eventually('it is sent', async () => (await externalOf(failed))?.status === 'FINALIZED');
    expect(stripe.invoicesOf(failed.id)).toHaveLength(1);
    expect(await events()).toBeLessThanOrEqual(before + 1);
    const there = stripe.invoicesOf(failed.id)[0];
    const change = { id: there?.id, metadata: { paygo_invoice_id: failed.id } };
    expect(await tell('invoice.marked_uncollectible', change)).toBe('200 recorded');
  });
});

describe('a server without STRIPE_WEBHOOK_SECRET', () => {
  it('takes no webhooks, and says why', async () => {
    const folder = await temporaryFolder();
    const server = await startHere(folder.path);
    const url = server.url.replace('/graphql', '/webhooks/stripe');
    const answer = await fetch(url, { method: 'POST', body: '{}' });
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('_SECRET')]);
    await server.stop();
    await folder.remove();
  });
});
