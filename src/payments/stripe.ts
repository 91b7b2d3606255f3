import { decimal, isNegative } from '../kernel/decimal.ts';
import {
  type OutgoingInvoice,
  type PaymentProvider,
  type ProviderRefusal,
} from '../application/payment-ports.ts';
import {
  createKeys,
  Refused,
  stripeCalls,
  stripeClient,
  type StripeAccess,
} from './stripe-client.ts';
import { pushCredit, withdrawCredit } from './stripe-credits.ts';
import { pushInvoice, withdrawInvoice, type Work } from './stripe-invoices.ts';

/** Collects by Stripe: what is owed as invoices, what is owed back as credit for the next ones. */
export function stripeProvider(access: StripeAccess): PaymentProvider {
  const stripe = stripeClient(access);
  const keys = createKeys();
  const workOn = (invoice: OutgoingInvoice, signal: AbortSignal): Work => ({
    stripe,
    calls: stripeCalls(keys, signal),
    invoice,
  });
  const isCredit = ({ content }: OutgoingInvoice): boolean => isNegative(decimal(content.total));
  return {
    push: (invoice, signal) =>
      unlessRefused((isCredit(invoice) ? pushCredit : pushInvoice)(workOn(invoice, signal))),
    withdraw: (invoice, signal) =>
      unlessRefused(
        (isCredit(invoice) ? withdrawCredit : withdrawInvoice)(workOn(invoice, signal)),
      ),
  };
}

const unlessRefused = <Result>(doing: Promise<Result>): Promise<Result | ProviderRefusal> =>
  doing.catch((error: unknown) => {
    if (error instanceof Refused) return { refused: error.message };
    throw error;
  });
