import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playAutoSales, storyStartsAt, type Story } from '../support/autosales.ts';
import { fakeWebhookSecret, startFakeStripe, type FakeStripe } from '../support/fake-stripe.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { eventually, healthAt, stripeEnv, untilSent } from '../support/stripe-world.ts';

type External = { readonly id: string; readonly status: string; readonly lastError: string | null };
type Shown = {
  readonly id: string;
  readonly total: { readonly amount: string };
  readonly external: External | null;
};

describe('the year of AutoSales, whose invoices are paid', () => {
  let stripe: FakeStripe;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Running;
  let story: Story;

  const shown = async (): Promise<readonly Shown[]> => {
    const { customer } = await server.client.ask<{
      customer: { invoices: { nodes: readonly Shown[] } };
    }>(
      `query ($id: ID!) { customer(id: $id) { invoices(first: 50) {
        nodes { id total { amount } external { id status lastError } } } } }`,
      { id: story.customerId },
    );
    return customer.invoices.nodes.filter(({ id }) => story.invoices.some((one) => one.id === id));
  };
  const statuses = async (): Promise<readonly (string | undefined)[]> =>
    (await shown()).flatMap(({ external }) => (external === null ? [] : [external.status]));

  beforeAll(async () => {
    stripe = await startFakeStripe();
    stripe.addCustomer('stripe001');
    folder = await temporaryFolder();
    server = await startHere(folder.path, {
      PAYGO_TEST_CLOCK: storyStartsAt,
      ...stripeEnv(stripe),
    });
    const url = server.url.replace('/graphql', '/webhooks/stripe');
    stripe.webhooks.to({ url, secret: fakeWebhookSecret, times: 2 });
    story = await playAutoSales(server.client);
    await untilSent(server.url, 15);
    await stripe.webhooks.settled();
  }, 90_000);

  afterAll(async () => {
    await server.stop();
    await folder.remove();
    await stripe.close();
  });

  it('shows each FINALIZED at Stripe before, under its id there', async () => {
    const invoices = await shown();
    expect(invoices).toHaveLength(16);
    for (const { id, total, external } of invoices) {
      const [there] = stripe.invoicesOf(id);
      if (total.amount === '0.00') expect([there, external]).toEqual([undefined, null]);
      else expect(external).toEqual({ id: there?.id, status: 'FINALIZED', lastError: null });
    }
  });

  it('shows each PAID once its payment was told, twice each, some after a payment failed', async () => {
    const [first = '', second = '', ...others] = [...stripe.state.invoices.keys()];
    stripe.failPayment(first);
    stripe.failPayment(second);
    await stripe.webhooks.settled();
    const failed = (await shown()).filter(({ external }) => external?.status === 'PAYMENT_FAILED');
    expect(failed.map(({ external }) => external?.id).sort()).toEqual([first, second].sort());
    expect(failed[0]?.external?.lastError).toMatch(/^payment attempt 1 failed; Stripe /);
    for (const id of [first, ...others]) stripe.pay(id);
    await stripe.webhooks.settled();
    await eventually('fourteen paid', async () => {
      return (await statuses()).filter((status) => status === 'PAID').length === 14;
    });
    stripe.pay(second);
    await stripe.webhooks.settled();
    await eventually('all paid', async () => (await statuses()).every((one) => one === 'PAID'));
    expect(await statuses()).toHaveLength(15);
    expect((await shown()).some(({ external }) => external?.lastError)).toBe(false);
    expect(await healthAt(server.url)).toMatchObject({ webhooksRefused: '0' });
  });

  it('refuses to void what is paid', async () => {
    const paid = (await shown()).find(({ external }) => external !== null);
    const { errors } = await server.client.send(
      'mutation ($id: ID!) { voidInvoice(id: $id) { __typename } }',
      { id: paid?.id },
    );
    expect(errors[0]?.extensions.reason).toBe('invoice_paid');
  });
});
