import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { startPaygo } from '../../src/paygo.ts';
import { createClient, type Client } from '../support/client.ts';
import { advance, mutate, recordUsage } from '../support/crash.ts';
import { type FakeStripe } from '../support/fake-stripe.ts';
import { temporaryFolder } from '../support/paygo.ts';
import {
  eventually,
  healthAt,
  stripeEnv,
  withStripe,
  type Health,
} from '../support/stripe-world.ts';

const testClock = { PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z' };

/** A server that logs everything; what it logs while it is played with. */
async function logged(
  folder: string,
  env: Readonly<Record<string, string>>,
  play: (client: Client, health: () => Promise<Health>) => Promise<void>,
): Promise<string> {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, written) {
      lines.push(chunk.toString());
      written();
    },
  });
  const config = loadConfig({ PAYGO_DATA_DIR: folder, PORT: '0', ...testClock, ...env });
  const paygo = await startPaygo(config, pino({ level: 'trace' }, sink));
  try {
    await play(createClient(`${paygo.url}/graphql`), () => healthAt(`${paygo.url}/graphql`));
  } finally {
    await paygo.close();
  }
  return lines.join('');
}

/** October with one email of 0.10 of a customer at Stripe, finalized. */
async function october(client: Client): Promise<void> {
  const billableMetricId = await mutate(client, 'createBillableMetric', {
    ...{ name: 'emails', aggregation: 'COUNT', eventTypeFilter: { inValues: ['email'] } },
  });
  const product = { name: 'emails', type: 'USAGE', billableMetricId };
  const productId = await mutate(client, 'createProduct', product);
  const pricing = { model: 'FLAT', unitPrice: '0.10' };
  const startingAt = '2024-10-01T00:00:00Z';
  const rates = [{ productId, pricing, entitled: true, startingAt }];
  const rateCardId = await mutate(client, 'createRateCard', { name: 'card', rates });
  const billingConfig = {
    ...{ provider: 'STRIPE', providerCustomerId: 'cus_a' },
    collectionMethod: 'CHARGE_AUTOMATICALLY',
  };
  const customerId = await mutate(client, 'createCustomer', { name: 'Paying', billingConfig });
  await mutate(client, 'createContract', { customerId, rateCardId, startingAt });
  const usage = { transactionId: 't', customerId, eventType: 'email', timestamp: startingAt };
  await recordUsage(client, [usage]);
  await advance(client, '2024-11-02T00:00:00Z');
}

const played = (play: (folder: string, stripe: FakeStripe) => Promise<void>): Promise<void> =>
  withStripe(async (stripe) => {
    stripe.addCustomer('cus_a');
    const folder = await temporaryFolder();
    try {
      await play(folder.path, stripe);
    } finally {
      await folder.remove();
    }
  });

describe('without a key for Stripe', () => {
  it('invoices stay queued, which is said at the start, and go out once there is one', () =>
    played(async (folder, stripe) => {
      const queued = async (health: () => Promise<Health>) =>
        (await health())['invoicesQueued'] === '1';
      const first = await logged(folder, {}, async (client, health) => {
        await october(client);
        await eventually('one is queued', () => queued(health));
      });
      expect(first).not.toContain('STRIPE_SECRET_KEY');
      const second = await logged(folder, {}, async (_client, health) => {
        await eventually('one is queued', () => queued(health));
      });
      expect(second.split('STRIPE_SECRET_KEY is not set')).toHaveLength(2);
      expect(stripe.calls).toHaveLength(0);
      await logged(folder, stripeEnv(stripe), async (_client, health) => {
        await eventually('it is sent', async () => (await health())['invoicesSent'] === '1');
      });
      expect([...stripe.state.invoices.values()]).toMatchObject([{ total: 10 }]);
    }));
});

describe('a key that Stripe does not know', () => {
  it('leaves invoices queued, and is shown nowhere', () =>
    played(async (folder, stripe) => {
      const key = 'sk_test_51Secret0123456789';
      const env = { ...stripeEnv(stripe), STRIPE_SECRET_KEY: key };
      const shown: string[] = [];
      const log = await logged(folder, env, async (client, health) => {
        await october(client);
        await eventually('it was tried', () => stripe.calls.length > 0);
        await eventually('it waits', async () => (await health())['invoicesQueued'] === '1');
        shown.push(JSON.stringify(await health()));
      });
      expect(log).toContain('an invoice is not sent, and is tried again');
      expect(log).toContain('status 401');
      for (const secret of [key, 'Secret0123456789', env.STRIPE_WEBHOOK_SECRET]) {
        expect(log).not.toContain(secret);
        expect(shown.join()).not.toContain(secret);
      }
      expect(stripe.state.invoices.size).toBe(0);
    }));
});
