import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decimal, multiply, printDecimal, whole } from '../../src/kernel/decimal.ts';
import { type InvoiceEvent } from '../../src/invoices/events.ts';
import { playAutoSales, storyStartsAt, type Story } from '../support/autosales.ts';
import { recordedIn } from '../support/crash.ts';
import { startFakeStripe, type FakeStripe } from '../support/fake-stripe.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { healthAt, stripeEnv, untilSent, type Health } from '../support/stripe-world.ts';

const cents = (amount: string): number =>
  Number(printDecimal(multiply(decimal(amount), whole(100n))));

describe('the year of AutoSales, collected by Stripe', () => {
  let stripe: FakeStripe;
  let story: Story;
  let health: Health;
  let events: readonly InvoiceEvent[];

  beforeAll(async () => {
    stripe = await startFakeStripe();
    stripe.addCustomer('stripe001');
    const folder = await temporaryFolder();
    const env = { PAYGO_TEST_CLOCK: storyStartsAt, ...stripeEnv(stripe) };
    const server = await startHere(folder.path, env);
    try {
      story = await playAutoSales(server.client);
      await untilSent(server.url, 15);
      health = await healthAt(server.url);
    } finally {
      await server.stop();
    }
    const recorded = await recordedIn(folder.path);
    events = recorded
      .filter(({ stream }) => stream.startsWith('invoice-'))
      .map(({ event }) => event as InvoiceEvent);
    await folder.remove();
  }, 90_000);

  afterAll(() => stripe.close());

  it('has its fifteen invoices that come to something at Stripe, once each', () => {
    const charged = story.invoices.filter(({ total }) => total.amount !== '0.00');
    expect(charged).toHaveLength(15);
    expect(stripe.state.invoices.size).toBe(15);
    for (const { id, total } of charged) {
      const there = stripe.invoicesOf(id);
      expect(there.map((one) => one.total)).toEqual([cents(total.amount)]);
    }
    // 147548 cents, as the story says: 1475.48.
    const sum = [...stripe.state.invoices.values()].reduce((all, { total }) => all + total, 0);
    expect(sum).toBe(147_548);
  });

  it('has every line there, with its amount, quantity and price', () => {
    for (const { id, lineItems } of story.invoices) {
      const [there] = stripe.invoicesOf(id);
      const items = stripe.itemsOf(there?.id ?? '');
      expect(items.map(({ amount }) => amount)).toEqual(
        lineItems.map(({ amount }) => cents(amount.amount)),
      );
      for (const [index, { name, quantity, unitPrice }] of lineItems.entries()) {
        const description = items[index]?.description ?? '';
        expect(description).toContain(name);
        expect(description).toContain(`: ${quantity} x ${unitPrice ?? '?'} USD`);
      }
    }
  });

  it('mails each once, due in thirty days', () => {
    for (const invoice of stripe.state.invoices.values()) {
      expect(invoice).toMatchObject({
        status: 'open',
        collection_method: 'send_invoice',
        days_until_due: 30,
        customer: 'stripe001',
      });
      expect(stripe.state.mails.get(invoice.id)).toBe(1);
    }
  });

  it('records that each was sent, once, and tells how it went', () => {
    const sent = events.filter((event) => event.type === 'InvoiceSent');
    expect(sent).toHaveLength(15);
    for (const { invoiceId, externalId, status, hostedUrl } of sent) {
      expect(stripe.invoicesOf(invoiceId)[0]).toMatchObject({
        id: externalId,
        hosted_invoice_url: hostedUrl,
      });
      expect(status).toBe('FINALIZED');
    }
    expect(health).toMatchObject({
      invoicesIssued: '16',
      invoicesQueued: '0',
      invoicesSent: '15',
      invoicesFailed: '0',
    });
  });
});
