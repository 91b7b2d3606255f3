import { describe, expect, it } from 'vitest';
import { type FakeFault } from '../support/fake-stripe-server.ts';
import { charged, line, outgoing } from './content.ts';
import { failAt, providerAt, signal, untilDone, useStripe } from './pushing.ts';

const at = useStripe();
const owedBack = { lines: [line(1, { amount: '-3' }), line(2, { amount: '1' })] };

const pushed = async (invoiceId = 'inv_1'): Promise<string> => {
  const state = await at.provider.push(outgoing({ invoiceId }), signal);
  if ('refused' in state) throw new Error(state.refused);
  return state.externalId;
};
const withdraw = (externalId: string | null = null, change: object = {}) =>
  at.provider.withdraw(outgoing(change, { externalId }), signal);

describe('an invoice that is withdrawn', () => {
  it('is void at Stripe, however often it is asked for', async () => {
    const externalId = await pushed();
    expect(await withdraw(externalId)).toMatchObject({ externalId, status: 'VOID' });
    expect(await withdraw(externalId)).toMatchObject({ externalId, status: 'VOID' });
    expect(at.stripe.state.invoices.get(externalId)?.status).toBe('void');
  });

  it('is void when nobody hoped to be paid any more', async () => {
    const externalId = await pushed();
    at.stripe.markUncollectible(externalId);
    expect(await withdraw(externalId)).toMatchObject({ status: 'VOID' });
  });

  it('is found there when its sending was never recorded', async () => {
    const externalId = await pushed();
    expect(await withdraw(null)).toMatchObject({ externalId, status: 'VOID' });
  });

  it('is gone when it was a draft', async () => {
    at.stripe.fault = ({ route }) => (route.startsWith('POST /v1/invoicei') ? '429' : undefined);
    await pushed().catch(() => undefined);
    at.stripe.fault = () => undefined;
    const [draft] = at.stripe.state.invoices.values();
    expect(draft?.status).toBe('draft');
    expect(await withdraw()).toMatchObject({ externalId: draft?.id, status: 'VOID' });
    expect(at.stripe.state.invoices.size).toBe(0);
    expect(await withdraw()).toBeNull();
  });

  it('was never there where the customer is unknown', async () => {
    const collection = { ...charged, providerCustomerId: 'cus_typo' };
    for (const change of [{}, owedBack]) {
      const unknown = outgoing(change, { collection });
      expect(await at.provider.push(unknown, signal)).toHaveProperty('refused');
      expect(await at.provider.withdraw(unknown, signal)).toBeNull();
    }
  });

  it('is not taken for void where the key is of another account', async () => {
    const refused = "No such invoice: 'in_elsewhere'";
    expect(await withdraw('in_elsewhere')).toEqual({ refused });
    expect(await withdraw('cbtxn_elsewhere', owedBack)).toHaveProperty('refused');
  });

  it('stays paid when it was paid meanwhile', async () => {
    const externalId = await pushed();
    at.stripe.pay(externalId);
    expect(await withdraw(externalId)).toMatchObject({ externalId, status: 'PAID' });
  });

  it('stays paid when it is paid at that moment', async () => {
    const externalId = await pushed();
    at.stripe.fault = ({ route }) => {
      if (route.endsWith('/void')) at.stripe.pay(externalId);
      return undefined;
    };
    expect(await withdraw(externalId)).toMatchObject({ externalId, status: 'PAID' });
  });

  it.each<FakeFault>(['cut-before', 'cut-after', '500-before', '500-after'])(
    'is so after %s at any call',
    async (fault) => {
      for (let call = 1; call <= 2; call += 1) {
        const invoiceId = `inv_${String(call)}`;
        const externalId = await pushed(invoiceId);
        failAt(at.stripe, call, fault);
        const { result } = await untilDone(() => withdraw(externalId, { invoiceId }));
        expect(result).toMatchObject({ externalId, status: 'VOID' });
      }
    },
  );
});

describe('what is owed to the customer', () => {
  const balance = () => at.stripe.state.customers.get('cus_stripe')?.balance;

  it('is credit for its next invoices, once', async () => {
    const state = await at.provider.push(outgoing(owedBack), signal);
    at.stripe.forgetKeys();
    expect(await providerAt(at.stripe).push(outgoing(owedBack), signal)).toEqual(state);
    const [credit, ...others] = at.stripe.state.balances.values();
    // -3.00 + 1.00
    expect(credit).toMatchObject({ amount: -200, currency: 'usd', customer: 'cus_stripe' });
    expect(credit?.metadata).toMatchObject({ paygo_invoice_id: 'inv_1' });
    expect(others).toEqual([]);
    expect(balance()).toBe(-200);
    expect(state).toEqual({ externalId: credit?.id, status: 'FINALIZED', hostedUrl: null });
  });

  it('is taken back once when it is withdrawn, and was never given where it was not', async () => {
    expect(await withdraw(null, owedBack)).toBeNull();
    const state = await at.provider.push(outgoing(owedBack), signal);
    for (const externalId of ['refused' in state ? null : state.externalId, null]) {
      expect(await withdraw(externalId, owedBack)).toMatchObject({ status: 'VOID' });
      at.stripe.forgetKeys();
    }
    expect(balance()).toBe(0);
    expect(at.stripe.state.balances.size).toBe(2);
  });

  it.each<FakeFault>(['cut-before', 'cut-after', '500-before', '500-after'])(
    'is credited once after %s at any call',
    async (fault) => {
      for (let call = 1; call <= 2; call += 1) {
        failAt(at.stripe, call, fault);
        const invoice = outgoing({ ...owedBack, invoiceId: `inv_${String(call)}` });
        await untilDone(() => at.provider.push(invoice, signal));
      }
      expect(balance()).toBe(-400);
    },
  );
});
