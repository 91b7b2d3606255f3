import { afterEach, beforeEach } from 'vitest';
import { stripeProvider } from '../../src/payments/stripe.ts';
import { ProviderUnavailable, type PaymentProvider } from '../../src/application/payment-ports.ts';
import { fakeKey, type FakeFault } from '../support/fake-stripe-server.ts';
import { startFakeStripe, type FakeStripe } from '../support/fake-stripe.ts';

export const signal = new AbortController().signal;

export const providerAt = ({ url }: Pick<FakeStripe, 'url'>, timeoutMs = 5000): PaymentProvider =>
  stripeProvider({ secretKey: fakeKey, apiBase: url, timeoutMs });

/** A fake with the customer `cus_stripe`, and our side of it, new for each test. */
export function useStripe(): { readonly stripe: FakeStripe; readonly provider: PaymentProvider } {
  const current: { stripe?: FakeStripe; provider?: PaymentProvider } = {};
  beforeEach(async () => {
    current.stripe = await startFakeStripe();
    current.stripe.addCustomer('cus_stripe');
    current.provider = providerAt(current.stripe);
  });
  afterEach(() => current.stripe?.close());
  const started = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('the fake is started before each test');
    return part;
  };
  return {
    get stripe() {
      return started(current.stripe);
    },
    get provider() {
      return started(current.provider);
    },
  };
}

/** Lets one call go wrong, counted from the next one on. */
export function failAt(stripe: FakeStripe, call: number, fault: FakeFault): void {
  const at = stripe.calls.length + call;
  stripe.fault = ({ index }) => (index === at ? fault : undefined);
}

/** Tries again until Stripe is there; how often it was not. */
export async function untilDone<Result>(
  ask: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly failures: number }> {
  for (let failures = 0; ; failures += 1) {
    try {
      return { result: await ask(), failures };
    } catch (error) {
      if (!(error instanceof ProviderUnavailable) || failures > 100) throw error;
    }
  }
}
