import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeKey, type FakeFault } from '../support/fake-stripe-server.ts';
import { fakeWebhookSecret, startFakeStripe, type FakeStripe } from '../support/fake-stripe.ts';
import { startHere, temporaryFolder, type Running } from '../support/paygo.ts';
import { make, rateOf } from '../support/refusals-account.ts';
import { summaryOf } from '../support/refusals.ts';
import { eventually, stripeEnv, untilSent } from '../support/stripe-world.ts';

const document = `mutation ($input: SignUpCustomerInput!) { signUpCustomer(input: $input) {
  customer { id name ingestAliases billingConfig { provider providerCustomerId collectionMethod } }
  contract { id customer { id } startingAt } } }`;

type SignedUp = {
  readonly customer: {
    readonly id: string;
    readonly billingConfig: { readonly providerCustomerId: string };
  };
  readonly contract: { readonly id: string };
};

let stripe: FakeStripe;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Running;
let card: string;
let fee: string;

const start = (): Promise<Running> =>
  startHere(folder.path, { PAYGO_TEST_CLOCK: '2024-10-01T00:00:00Z', ...stripeEnv(stripe) });

beforeEach(async () => {
  stripe = await startFakeStripe();
  folder = await temporaryFolder();
  server = await start();
  const metric = await make(server.client, 'createBillableMetric', {
    ...{ name: 'Emails', aggregation: 'COUNT', eventTypeFilter: { inValues: ['email'] } },
  });
  const product = { name: 'Emails', type: 'USAGE', billableMetricId: metric };
  const emails = await make(server.client, 'createProduct', product);
  fee = await make(server.client, 'createProduct', { name: 'Fee', type: 'FIXED' });
  card = await make(server.client, 'createRateCard', { name: 'Card', rates: [rateOf(emails)] });
});
afterEach(async () => {
  await server.stop();
  await folder.remove();
  await stripe.close();
});

const asked = (change: object = {}) => ({
  input: {
    ...{ name: 'New Customer', email: 'new@customer.com', ingestAliases: ['team@new.com'] },
    ...{ collectionMethod: 'SEND_INVOICE', idempotencyKey: 'order-1' },
    contract: { rateCardId: card, startingAt: '2024-10-01T00:00:00Z' },
    ...change,
  },
});
const signUp = async (change?: object): Promise<SignedUp> =>
  (await server.client.ask<{ signUpCustomer: SignedUp }>(document, asked(change))).signUpCustomer;
const refusalOf = async (change?: object) =>
  (await server.client.send(document, asked(change))).errors;
/** What befalls calls that create a customer, one after the other. */
const faultsOfCreate = (...faults: FakeFault[]): void => {
  stripe.fault = ({ route }) => (route === 'POST /v1/customers' ? faults.shift() : undefined);
};

describe('a sign-up', () => {
  it('creates the customer in Stripe, names it there, and gives it its contract', async () => {
    const { customer, contract } = await signUp();
    const [there] = stripe.state.customers.values();
    expect(there).toMatchObject({
      name: 'New Customer',
      email: 'new@customer.com',
      metadata: { paygo_customer_id: customer.id },
    });
    expect(customer).toMatchObject({
      name: 'New Customer',
      ingestAliases: ['team@new.com'],
      billingConfig: {
        provider: 'STRIPE',
        providerCustomerId: there?.id,
        collectionMethod: 'SEND_INVOICE',
      },
    });
    expect(await signUp()).toEqual({ customer, contract });
    expect(stripe.state.customers.size).toBe(1);
  });

  it('at once, many times over, is one', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => signUp()));
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(stripe.state.customers.size).toBe(1);
  });

  it.each(['cut-after', '500-after', '500-before', '429'] as const)(
    'whose customer was asked for with the fault %s makes one customer, a day later too',
    async (fault) => {
      faultsOfCreate(fault, fault);
      expect((await refusalOf()).map(summaryOf)).toEqual(['UNAVAILABLE - -']);
      expect(stripe.state.customers.size).toBeLessThanOrEqual(1);
      stripe.forgetKeys();
      stripe.fault = () => undefined;
      await server.stop();
      server = await start();
      const { customer } = await signUp();
      expect([...stripe.state.customers.keys()]).toEqual([
        customer.billingConfig.providerCustomerId,
      ]);
    },
  );

  it('that Stripe failed under its key gets past it while Stripe remembers', async () => {
    faultsOfCreate('500-before');
    const outcomes: (string | undefined)[] = [];
    for (let time = 0; time < 3; time += 1) {
      outcomes.push((await refusalOf()).map(summaryOf)[0]);
    }
    expect(outcomes.at(-1)).toBeUndefined();
    expect(stripe.state.customers.size).toBe(1);
  });

  it('finds its own among others of that address', async () => {
    for (let nth = 0; nth < 130; nth += 1) stripe.addCustomer(`cus_${String(nth)}`, 'a@b.com');
    faultsOfCreate('cut-after', 'cut-after');
    await refusalOf({ email: 'a@b.com' });
    stripe.forgetKeys();
    await signUp({ email: 'a@b.com' });
    expect(stripe.state.customers.size).toBe(131);
  });

  it('takes a customer that is there, and none that is not', async () => {
    stripe.addCustomer('cus_there');
    const there = { stripeCustomerId: 'cus_there', email: null };
    expect((await signUp(there)).customer.billingConfig.providerCustomerId).toBe('cus_there');
    expect(stripe.state.customers.size).toBe(1);
    const other = { ingestAliases: [], idempotencyKey: 'order-2' };
    const errors = await refusalOf({ ...other, stripeCustomerId: 'cus_none' });
    expect(errors.map(summaryOf)).toEqual([
      'NOT_FOUND provider_customer_not_found input.stripeCustomerId',
    ]);
  });

  it('that is refused leaves nothing in Stripe', async () => {
    const contract = { rateCardId: 'crd_none', startingAt: '2024-10-01T00:00:00Z' };
    for (const change of [{ contract }, { name: ' ' }, { ingestAliases: [''] }, { email: ' ' }]) {
      expect(await refusalOf(change)).toHaveLength(1);
    }
    expect((await refusalOf({ email: null })).map(summaryOf)).toEqual([
      'BAD_USER_INPUT email_required input.email',
    ]);
    expect(stripe.calls.filter(({ route }) => route.startsWith('POST'))).toEqual([]);
    await signUp();
  });

  it('that Stripe refuses says why', async () => {
    const [error] = await refusalOf({ email: 'nonsense' });
    expect(error && summaryOf(error)).toBe('BAD_USER_INPUT payment_provider_refused -');
    expect(error?.message).toContain('it says: Invalid email address: nonsense');
    expect(error?.message).not.toContain(fakeKey);
  });
});

describe('a customer that signed up', () => {
  it('is billed, pays, and may see that it did', async () => {
    const url = server.url.replace('/graphql', '/webhooks/stripe');
    stripe.webhooks.to({ url, secret: fakeWebhookSecret, times: 2 });
    const items = [{ timestamp: '2024-10-05T00:00:00Z', amount: '49.00' }];
    const charge = { productId: fee, schedule: { scheduleItems: items } };
    const { customer } = await signUp({
      contract: {
        ...{ rateCardId: card, startingAt: '2024-10-01T00:00:00Z', netPaymentTermsDays: 14 },
        scheduledCharges: [charge],
      },
    });
    await server.client.ask(
      'mutation { advanceTestClock(to: "2024-10-06T00:00:00Z") { clock { now } } }',
    );
    await untilSent(server.url, 1);
    const [there] = stripe.state.invoices.values();
    expect(there).toMatchObject({ total: 4900, days_until_due: 14, status: 'open' });
    stripe.pay(there?.id ?? '');
    await stripe.webhooks.settled();
    const external = async () =>
      JSON.stringify(
        await server.client.ask(
          `query ($id: ID!) { customer(id: $id) { invoices(filter: { types: [SCHEDULED] }) { nodes {
            external { id status hostedUrl lastError } } } } }`,
          { id: customer.id },
        ),
      );
    await eventually('it is paid', async () => (await external()).includes('PAID'));
    expect(await external()).toContain(there?.hosted_invoice_url ?? 'a url');
  });
});
