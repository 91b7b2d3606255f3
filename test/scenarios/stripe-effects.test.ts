import { describe, expect, it } from 'vitest';
import { type FakeStripe } from '../support/fake-stripe.ts';
import { story, type World } from '../support/scenario.ts';
import { eventually, stripeEnv, untilSent, withStripe } from '../support/stripe-world.ts';

const configOf = (providerCustomerId: string, collectionMethod = 'CHARGE_AUTOMATICALLY') => ({
  provider: 'STRIPE',
  providerCustomerId,
  collectionMethod,
});

type Scene = {
  readonly w: World;
  readonly stripe: FakeStripe;
  /** All that the account at Stripe shows is in the end these invoices, in order of creation. */
  readonly shows: (...expected: readonly string[]) => Promise<void>;
  /** Until so many are recorded as sent. */
  readonly sent: (count: number) => Promise<void>;
};

/** A story from October 2024 whose customers are at Stripe as `cus_a` and `cus_b`. */
const played = (play: (scene: Scene) => Promise<void>): Promise<void> =>
  withStripe((stripe) => {
    stripe.addCustomer('cus_a');
    stripe.addCustomer('cus_b');
    const shown = () =>
      [...stripe.state.invoices.values()].map(({ id, metadata, customer, total, status }) => {
        const amounts = stripe.itemsOf(id).map(({ amount }) => String(amount));
        const start = metadata['paygo_period_start']?.slice(0, 10) ?? '';
        return `${customer} ${start} ${status} ${String(total)} = ${amounts.join(' + ')}`;
      });
    const shows = async (...expected: readonly string[]): Promise<void> => {
      await eventually(expected.join('; '), () => shown().join() === expected.join()).catch(
        () => undefined,
      );
      expect(shown()).toEqual(expected);
    };
    return story(
      '2024-10',
      (w, url) => play({ w, stripe, shows, sent: (count) => untilSent(url, count) }),
      stripeEnv(stripe),
    );
  });

/** A customer with a contract at 0.10 an email. */
async function signedUp(w: World, billingConfig: object | null, terms: object = {}) {
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.create('createCustomer', { name: 'Paying', billingConfig });
  const contract = { customerId, rateCardId, startingAt: '2024-10', ...terms };
  return { customerId, rateCardId, contractId: await w.contract(contract), emails };
}

const setConfig = (w: World, customerId: string, billingConfig: object | null) =>
  w.ask(
    'mutation ($input: SetBillingConfigInput!) { setBillingConfig(input: $input) { customer { id } } }',
    {
      input: { customerId, billingConfig },
    },
  );

const present = ({ state }: FakeStripe, id: string) => {
  const customer = state.customers.get(id);
  if (customer === undefined) throw new Error(`no customer ${id}`);
  return customer;
};

const idOf = async (w: World, customerId: string, month: string): Promise<string> =>
  (await w.bill(customerId, { periodStart: `${month}-01T00:00:00.000Z` })).id;

describe('at Stripe', () => {
  it('an invoice finalized ahead of its grace arrives, one of zero does not', () =>
    played(async ({ w, shows }) => {
      const { customerId } = await signedUp(w, configOf('cus_a'));
      await w.advance('2024-11-02');
      await w.useTimes(12, customerId, 'emails', '2024-11-05');
      await w.advance('2024-12-01');
      await w.finalize(await idOf(w, customerId, '2024-11'));
      // October: nothing used. November: 12 x 0.10.
      await shows('cus_a 2024-11-01 open 120 = 120');
    }));

  it('late usage is a line of the next one, a void one is void, and what is billed again is new', () =>
    played(async ({ w, shows }) => {
      const { customerId } = await signedUp(w, configOf('cus_a'));
      await w.useTimes(10, customerId, 'emails', '2024-10-05');
      await w.advance('2024-11-02');
      await w.useTimes(7, customerId, 'emails', '2024-10-06');
      await w.useTimes(20, customerId, 'emails', '2024-11-05');
      await shows('cus_a 2024-10-01 open 100 = 100');
      await w.advance('2024-12-05');
      // 20 x 0.10, and late 7 x 0.10.
      const november = 'cus_a 2024-11-01 open 270 = 200 + 70';
      await shows('cus_a 2024-10-01 open 100 = 100', november);
      await w.voided(await idOf(w, customerId, '2024-10'));
      await shows('cus_a 2024-10-01 void 100 = 100', november);
      await w.advance('2024-12-06');
      // All 17 x 0.10, less the 0.70 that November has charged.
      const again = 'cus_a 2024-10-01 open 100 = 170 + -70';
      await shows('cus_a 2024-10-01 void 100 = 100', november, again);
    }));

  it('a change of plan in the middle of a month gives two, with the terms of each', () =>
    played(async ({ w, stripe, shows }) => {
      const mailed = configOf('cus_a', 'SEND_INVOICE');
      const first = await signedUp(w, mailed, { netPaymentTermsDays: 14 });
      const { customerId, contractId, emails } = first;
      const better = await w.card([{ productId: emails.productId, unitPrice: '0.05' }]);
      await w.useTimes(3, customerId, 'emails', '2024-10-15T23:59:59.999Z');
      await w.useTimes(4, customerId, 'emails', '2024-10-16');
      const next = { customerId, rateCardId: better, startingAt: '2024-10-16T00:00:00Z' };
      await w.mutate('changePlan', { fromContractId: contractId, contract: next });
      await w.advance('2024-11-02');
      // 3 x 0.10 under the first, 4 x 0.05 under the second.
      await shows('cus_a 2024-10-01 open 30 = 30', 'cus_a 2024-10-16 open 20 = 20');
      const due = [...stripe.state.invoices.values()].map(({ days_until_due }) => days_until_due);
      expect(due).toEqual([14, 30]);
    }));

  it('a contract ended in the past is charged up to its end', () =>
    played(async ({ w, shows }) => {
      const { customerId, contractId } = await signedUp(w, configOf('cus_a'));
      await w.useTimes(5, customerId, 'emails', '2024-10-05');
      await w.useTimes(2, customerId, 'emails', '2024-10-18');
      await w.advance('2024-10-20');
      await w.end(customerId, contractId, '2024-10-16');
      await w.advance('2024-11-02');
      // 5 x 0.10; the other two are after the end.
      await shows('cus_a 2024-10-01 open 50 = 50');
    }));

  it('what is owed back is credit, which the next invoice uses up', () =>
    played(async ({ w, stripe, shows }) => {
      const rows = await w.metered('rows', 'SUM', 'n');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '0.10' }]);
      const customer = { name: 'Paying', billingConfig: configOf('cus_a') };
      const customerId = await w.create('createCustomer', customer);
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(customerId, 'rows', '2024-10-05', { n: 30 });
      await w.advance('2024-11-02');
      await w.use(customerId, 'rows', '2024-10-06', { n: -25 });
      await w.advance('2024-12-02');
      // November: late -25 x 0.10 = -2.50.
      await shows('cus_a 2024-10-01 open 300 = 300');
      await eventually('the credit', () => stripe.state.balances.size === 1);
      expect(stripe.state.customers.get('cus_a')?.balance).toBe(-250);
      await w.use(customerId, 'rows', '2024-12-05', { n: 30 });
      await w.advance('2025-01-02');
      // 30 x 0.10 = 3.00, of which the credit pays 2.50.
      await shows('cus_a 2024-10-01 open 300 = 300', 'cus_a 2024-12-01 open 300 = 300');
      const [, december] = stripe.state.invoices.values();
      expect(december?.amount_due).toBe(50);
    }));

  it('an invoice that credit has paid cannot be voided any more', () =>
    played(async ({ w, stripe, shows, sent }) => {
      stripe.state.customers.set('cus_a', { ...present(stripe, 'cus_a'), balance: -500 });
      const { customerId } = await signedUp(w, configOf('cus_a'));
      await w.useTimes(10, customerId, 'emails', '2024-10-05');
      await w.advance('2024-11-02');
      await shows('cus_a 2024-10-01 paid 100 = 100');
      await sent(1);
      const id = await idOf(w, customerId, '2024-10');
      expect(await w.refusalOfInvoice('voidInvoice', id)).toBe('invoice_paid id');
    }));
});

describe('whether and where an invoice goes', () => {
  it('is decided when it is finalized: a config of later sends none of before', () =>
    played(async ({ w, shows }) => {
      const { customerId } = await signedUp(w, null);
      await w.useTimes(1, customerId, 'emails', '2024-10-05');
      await w.useTimes(2, customerId, 'emails', '2024-11-05');
      await w.advance('2024-11-05');
      await setConfig(w, customerId, configOf('cus_b'));
      await w.advance('2024-12-05');
      await shows('cus_b 2024-11-01 open 20 = 20');
      await setConfig(w, customerId, null);
      await w.useTimes(3, customerId, 'emails', '2024-12-05');
      await w.advance('2025-01-05');
      await shows('cus_b 2024-11-01 open 20 = 20');
    }));

  it('stays so while it waits, whatever becomes of the config', () =>
    played(async ({ w, stripe, shows }) => {
      stripe.fault = () => '503-before';
      const { customerId } = await signedUp(w, configOf('cus_a'));
      await w.useTimes(1, customerId, 'emails', '2024-10-05');
      await w.advance('2024-11-02');
      await setConfig(w, customerId, configOf('cus_b'));
      stripe.fault = () => undefined;
      await shows('cus_a 2024-10-01 open 10 = 10');
    }));

  it('is nowhere once it is void', () =>
    played(async ({ w, stripe, shows }) => {
      stripe.fault = () => '503-before';
      const { customerId } = await signedUp(w, configOf('cus_a'));
      await w.useTimes(1, customerId, 'emails', '2024-10-05');
      await w.advance('2024-11-02');
      await w.voided(await idOf(w, customerId, '2024-10'));
      await w.useTimes(2, customerId, 'emails', '2024-10-05');
      stripe.fault = () => undefined;
      await w.advance('2024-11-03');
      // The one that was billed again: 3 x 0.10.
      await shows('cus_a 2024-10-01 open 30 = 30');
    }));
});
