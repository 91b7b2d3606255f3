import { describe, expect, it } from 'vitest';
import { ProviderUnavailable } from '../../src/application/payment-ports.ts';
import { stripeProvider } from '../../src/payments/stripe.ts';
import { type FakeFault } from '../support/fake-stripe-server.ts';
import { charged, line, outgoing } from './content.ts';
import { failAt, providerAt, signal, untilDone, useStripe } from './pushing.ts';

const at = useStripe();
const mailed = { collection: { ...charged, collectionMethod: 'SEND_INVOICE' as const } };
const only = () => {
  const { stripe } = at;
  const invoices = stripe.invoicesOf('inv_1');
  expect(invoices).toHaveLength(1);
  const [invoice] = invoices;
  if (invoice === undefined) throw new Error('one invoice');
  return { invoice, items: stripe.itemsOf(invoice.id) };
};

describe('an invoice that is pushed', () => {
  it('stands at Stripe with its lines, its total and whose it is, to be charged', async () => {
    const state = await at.provider.push(outgoing(), signal);
    const { invoice, items } = only();
    expect(state).toEqual({
      externalId: invoice.id,
      status: 'FINALIZED',
      hostedUrl: `https://invoice.stripe.com/i/${invoice.id}`,
    });
    expect(invoice).toMatchObject({
      customer: 'cus_stripe',
      currency: 'usd',
      collection_method: 'charge_automatically',
      auto_advance: true,
      days_until_due: null,
      total: 200,
      status: 'open',
      metadata: {
        paygo_invoice_id: 'inv_1',
        paygo_contract_id: 'con_1',
        paygo_customer_id: 'cus_1',
        paygo_invoice_number: '7',
        paygo_period_start: '2025-03-01T00:00:00.000Z',
        paygo_period_end: '2025-04-01T00:00:00.000Z',
      },
    });
    expect(
      items.map(({ amount, discountable, metadata }) => [amount, discountable, metadata]),
    ).toEqual(
      [1, 2].map((index) => [
        100,
        false,
        { paygo_line_id: `lin_${String(index)}`, paygo_quantity: '10', paygo_unit_price: '0.1' },
      ]),
    );
    expect(at.stripe.state.mails.size).toBe(0);
  });

  it('is mailed once, with the days of its contract until it is due', async () => {
    await at.provider.push(outgoing({ daysUntilDue: 14 }, mailed), signal);
    const { invoice } = only();
    expect(invoice).toMatchObject({ collection_method: 'send_invoice', days_until_due: 14 });
    expect(invoice.auto_advance).toBe(false);
    await at.provider.push(outgoing({ daysUntilDue: 14 }, mailed), signal);
    expect([...at.stripe.state.mails]).toEqual([[invoice.id, 1]]);
  });

  it('is the same one days later, when Stripe has forgotten the keys', async () => {
    const first = await at.provider.push(outgoing(), signal);
    at.stripe.forgetKeys();
    expect(await providerAt(at.stripe).push(outgoing(), signal)).toEqual(first);
    only();
  });

  it('is the same one for two who push at once', async () => {
    const others = [at.provider, providerAt(at.stripe), providerAt(at.stripe)];
    const states = await Promise.all(
      others.map((one) => untilDone(() => one.push(outgoing(), signal))),
    );
    expect(new Set(states.map(({ result }) => JSON.stringify(result))).size).toBe(1);
    expect(only().items).toHaveLength(2);
  });

  it('is found paid when it was paid meanwhile', async () => {
    await at.provider.push(outgoing(), signal);
    at.stripe.pay(only().invoice.id);
    expect(await at.provider.push(outgoing(), signal)).toMatchObject({ status: 'PAID' });
  });

  it('is paid at once where the customer has credit enough', async () => {
    const credit = outgoing({ invoiceId: 'inv_0', lines: [line(1, { amount: '-3' })] });
    expect(await at.provider.push(credit, signal)).toMatchObject({ status: 'FINALIZED' });
    expect(await at.provider.push(outgoing(), signal)).toMatchObject({ status: 'PAID' });
    // 3.00 of credit less 2.00.
    expect(at.stripe.state.customers.get('cus_stripe')?.balance).toBe(-100);
  });

  it('has all its lines where there are more than a page of them', async () => {
    const lines = Array.from({ length: 250 }, (_, index) => line(index, { amount: '0.01' }));
    failAt(at.stripe, 180, '500-after');
    await untilDone(() => at.provider.push(outgoing({ lines }), signal));
    expect(only().items).toHaveLength(250);
    expect(only().invoice.total).toBe(250);
  });

  it('is counted as Stripe counts the currency', async () => {
    const lines = [line(1, { amount: '500' })];
    await at.provider.push(outgoing({ currency: 'JPY', lines }), signal);
    expect(only().invoice).toMatchObject({ total: 500, currency: 'jpy' });
    const dinars = outgoing({ invoiceId: 'inv_2', currency: 'KWD', lines });
    await at.provider.push(dinars, signal);
    expect(at.stripe.invoicesOf('inv_2')[0]).toMatchObject({ total: 500_000 });
    const fine = outgoing({ currency: 'KWD', lines: [line(1, { amount: '1.235' })] });
    expect(await at.provider.push(fine, signal)).toEqual({
      refused: 'Stripe takes no amount of 1.235 KWD: it is too fine or too large',
    });
  });
});

describe('a push that is broken off', () => {
  const faults: readonly FakeFault[] = [
    'cut-before',
    'cut-after',
    'silent-before',
    'silent-after',
    '429',
    '503-before',
    '503-after',
    '500-before',
    '500-after',
  ];

  it.each(faults)('by %s at any call goes on there, once', async (fault) => {
    await at.provider.push(outgoing({}, mailed), signal);
    const calls = at.stripe.calls.length;
    expect(calls).toBe(8);
    for (let call = 1; call <= calls; call += 1) {
      const invoiceId = `inv_${fault}_${String(call)}`;
      const provider = providerAt(at.stripe, 60);
      failAt(at.stripe, call, fault);
      const push = () => provider.push(outgoing({ invoiceId }, mailed), signal);
      const { result } = await untilDone(push);
      const invoices = at.stripe.invoicesOf(invoiceId);
      expect(invoices, `call ${String(call)}`).toMatchObject([{ total: 200, status: 'open' }]);
      expect(result).toMatchObject({ externalId: invoices[0]?.id, status: 'FINALIZED' });
      expect(at.stripe.itemsOf(invoices[0]?.id ?? '')).toHaveLength(2);
    }
  });

  it('ends between two calls when it is to end', async () => {
    const stopping = new AbortController();
    at.stripe.fault = ({ index }) => {
      if (index === 3) stopping.abort();
      return undefined;
    };
    const push = at.provider.push(outgoing(), stopping.signal);
    await expect(push).rejects.toThrow(ProviderUnavailable);
    expect(at.stripe.calls).toHaveLength(3);
    expect(await at.provider.push(outgoing(), signal)).toMatchObject({ status: 'FINALIZED' });
    only();
  });

  it('goes on after words have changed under a key that Stripe remembers', async () => {
    failAt(at.stripe, 4, 'cut-after');
    const old = outgoing({ lines: [line(1, { name: 'Old name' }), line(2)] });
    await at.provider.push(old, signal).catch(() => undefined);
    const { result } = await untilDone(() => at.provider.push(outgoing(), signal));
    expect(result).toMatchObject({ status: 'FINALIZED' });
    expect(only().items).toHaveLength(2);
  });
});

describe('Stripe refuses', () => {
  it('an invoice of a customer that is gone, in its words, and takes it once it is back', async () => {
    const gone = { collection: { ...charged, providerCustomerId: 'cus_gone' } };
    const refused = await at.provider.push(outgoing({}, gone), signal);
    expect(refused).toEqual({ refused: "No such customer: 'cus_gone'" });
    at.stripe.addCustomer('cus_gone');
    const again = outgoing({}, { ...gone, retries: 1 });
    expect(await at.provider.push(again, signal)).toMatchObject({ status: 'FINALIZED' });
  });

  it('never to finalize what comes to another sum there', async () => {
    const { stripe, provider } = at;
    stripe.fault = ({ route }) =>
      route === 'POST /v1/invoices/:id/finalize' ? '500-before' : undefined;
    await expect(provider.push(outgoing(), signal)).rejects.toThrow(ProviderUnavailable);
    stripe.fault = () => undefined;
    const { invoice } = only();
    // Somebody has added to the draft by hand: 2.00 + 0.50 = 2.50.
    invoice.total += 50;
    expect(await provider.push(outgoing(), signal)).toEqual({
      refused: `invoice ${invoice.id} comes to 2.5 USD at Stripe, and to 2 USD here`,
    });
    expect(only().invoice.status).toBe('draft');
  });

  it('nothing, but we do, where somebody has made a second one by hand', async () => {
    await at.provider.push(outgoing(), signal);
    const { invoice } = only();
    at.stripe.state.invoices.set('in_copy', { ...invoice, id: 'in_copy' });
    expect(await at.provider.push(outgoing(), signal)).toEqual({
      refused: `Stripe has it twice, as in_copy and ${invoice.id}: void one of them there`,
    });
    at.stripe.state.invoices.set('in_copy', { ...invoice, id: 'in_copy', status: 'void' });
    const state = await at.provider.push(outgoing(), signal);
    expect(state).toMatchObject({ externalId: invoice.id, status: 'FINALIZED' });
  });

  it('to do anything for a wrong key, which is about no invoice, and is not shown', async () => {
    const secretKey = 'sk_test_wrong0123456789';
    const wrong = stripeProvider({ secretKey, apiBase: at.stripe.url });
    const failure = await wrong.push(outgoing(), signal).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ProviderUnavailable);
    expect(`${String(failure)} ${JSON.stringify(failure)}`).not.toContain('wrong0123456789');
  });

  it('to be asked so often, and says how long it wants to be left alone', async () => {
    at.stripe.fault = () => '429';
    await expect(at.provider.push(outgoing(), signal)).rejects.toMatchObject({ retryAfterMs: 0 });
  });
});
