import type Stripe from 'stripe';
import { type NewPayer, type Payers } from '../application/payment-ports.ts';
import {
  createKeys,
  Refused,
  stripeCalls,
  stripeClient,
  type Calls,
  type StripeAccess,
} from './stripe-client.ts';

const pageSize = 100;
const never = new AbortController().signal;

/** Customers in Stripe; each carries our customer's id in its metadata. */
export function stripePayers(access: StripeAccess): Payers {
  const { customers } = stripeClient(access);
  const calls = stripeCalls(createKeys(), never);
  return {
    async exists(providerCustomerId) {
      try {
        const { deleted } = await calls.read(() => customers.retrieve(providerCustomerId));
        return deleted !== true;
      } catch (error) {
        if (error instanceof Refused) return false;
        throw error;
      }
    },
    async create(payer) {
      try {
        const found = await find(customers, calls, payer);
        return { providerCustomerId: found ?? (await create(customers, calls, payer)) };
      } catch (error) {
        if (error instanceof Refused) return { refused: error.message };
        throw error;
      }
    },
  };
}

/**
 * Stripe forgets an idempotency key after a day, so one that was created before is looked for. A
 * list, unlike a search, has what was created just now.
 */
const find = (
  customers: Stripe['customers'],
  calls: Calls,
  { customerId, email }: NewPayer,
): Promise<string | undefined> =>
  calls.read(async () => {
    for await (const { id, metadata } of customers.list({ email, limit: pageSize })) {
      if (metadata['paygo_customer_id'] === customerId) return id;
    }
    return undefined;
  });

async function create(
  customers: Stripe['customers'],
  calls: Calls,
  { customerId, name, email }: NewPayer,
): Promise<string> {
  const asked = { name, email, metadata: { paygo_customer_id: customerId } };
  const { id } = await calls.write(`paygo-customer-${customerId}`, (options) =>
    customers.create(asked, options),
  );
  return id;
}
