import { describe, expect, it } from 'vitest';
import { type InvoiceEvent } from '../../src/invoices/events.ts';
import { advance, mutate, recordedIn, recordUsage } from '../support/crash.ts';
import { type Client } from '../support/client.ts';
import { type FakeCall, type FakeFault } from '../support/fake-stripe-server.ts';
import { spawnPaygo, temporaryFolder } from '../support/paygo.ts';
import { eventually, stripeEnv, untilSent, withStripe } from '../support/stripe-world.ts';

/** October with two lines of a customer at Stripe, finalized: 3 x 0.10 and 3 x 0.20. */
async function october(client: Client): Promise<void> {
  const startingAt = '2024-10-01T00:00:00Z';
  const rates: object[] = [];
  for (const unitPrice of ['0.10', '0.20']) {
    const billableMetricId = await mutate(client, 'createBillableMetric', {
      ...{ name: 'emails', aggregation: 'COUNT', eventTypeFilter: { inValues: ['email'] } },
    });
    const product = { name: `emails at ${unitPrice}`, type: 'USAGE', billableMetricId };
    const productId = await mutate(client, 'createProduct', product);
    rates.push({ productId, pricing: { model: 'FLAT', unitPrice }, entitled: true, startingAt });
  }
  const rateCardId = await mutate(client, 'createRateCard', { name: 'card', rates });
  const billingConfig = {
    ...{ provider: 'STRIPE', providerCustomerId: 'cus_a', collectionMethod: 'SEND_INVOICE' },
  };
  const customerId = await mutate(client, 'createCustomer', { name: 'Paying', billingConfig });
  await mutate(client, 'createContract', { customerId, rateCardId, startingAt });
  const used = ['t1', 't2', 't3'].map((transactionId) => {
    return { transactionId, customerId, eventType: 'email', timestamp: startingAt };
  });
  await recordUsage(client, used);
  await advance(client, '2024-11-02T00:00:00Z');
}

/** The calls at which the process is killed, one life each: before or after they are done. */
const deaths: readonly (readonly [route: string, fault: FakeFault])[] = [
  ['POST /v1/invoices', 'silent-before'],
  ['POST /v1/invoices', 'silent-after'],
  ['POST /v1/invoiceitems', 'silent-after'],
  ['POST /v1/invoices/:id/finalize', 'silent-after'],
  ['POST /v1/invoices/:id/send', 'silent-after'],
];

describe('a server that is killed again and again while it sends an invoice', () => {
  it(
    'has sent it once when it is let live',
    () =>
      withStripe(async (stripe) => {
        stripe.addCustomer('cus_a');
        const folder = await temporaryFolder();
        const env = { PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z', ...stripeEnv(stripe) };
        const start = () => spawnPaygo(folder.path, env);
        const first = await start();
        stripe.fault = () => '503-before';
        await october(first.client);
        await first.kill();
        for (const [route, fault] of deaths) {
          const seen: FakeCall[] = [];
          stripe.fault = (call) => {
            if (call.route !== route && seen.length === 0) return undefined;
            seen.push(call);
            return seen.length === 1 ? fault : 'cut-before';
          };
          const server = await start();
          await eventually(`${route} is called`, () => seen.length > 0, 60_000);
          await server.kill();
        }
        stripe.fault = () => undefined;
        const last = await start();
        await untilSent(last.url, 1, 60_000);
        expect(await last.terminate()).toBe(0);
        const invoices = [...stripe.state.invoices.values()];
        expect(invoices).toMatchObject([{ total: 90, status: 'open' }]);
        const id = invoices[0]?.id ?? '';
        expect(stripe.itemsOf(id).map(({ amount }) => amount)).toEqual([30, 60]);
        const events = await recordedIn(folder.path);
        const sent = events
          .map(({ event }) => event as InvoiceEvent)
          .filter((event) => event.type === 'InvoiceSent');
        expect(sent).toMatchObject([{ externalId: id, total: '0.9', status: 'FINALIZED' }]);
        await folder.remove();
      }),
    120_000,
  );
});
