import Stripe from 'stripe';
import { Unavailable, type NewPayer, type Payers } from '../application/ports.ts';

/** Keys to be tried: one that Stripe failed under gives that failure again for a day. */
const keysMax = 5;
const pageSize = 100;

/** Customers in Stripe; each carries our customer's id in its metadata. */
export const stripePayers = ({ customers }: Pick<Stripe, 'customers'>): Payers => ({
  async exists(providerCustomerId) {
    try {
      const { deleted } = await customers.retrieve(providerCustomerId);
      return deleted !== true;
    } catch (error) {
      if (refusalOf(error) !== undefined) return false;
      throw unavailable(error);
    }
  },

  async create(payer) {
    for (let key = 1; ; key += 1) {
      try {
        const found = await find(customers, payer);
        return { providerCustomerId: found ?? (await create(customers, payer, key)) };
      } catch (error) {
        if (key < keysMax && isOldFailure(error)) continue;
        const refused = refusalOf(error);
        if (refused !== undefined) return { refused };
        throw unavailable(error);
      }
    }
  },
});

/**
 * Stripe forgets an idempotency key after a day, so one that was created before is looked for. A
 * list, unlike a search, has what was created just now.
 */
async function find(
  customers: Stripe['customers'],
  { customerId, email }: NewPayer,
): Promise<string | undefined> {
  for await (const { id, metadata } of customers.list({ email, limit: pageSize })) {
    if (metadata['paygo_customer_id'] === customerId) return id;
  }
  return undefined;
}

async function create(
  customers: Stripe['customers'],
  { customerId, name, email }: NewPayer,
  key: number,
): Promise<string> {
  const { id } = await customers.create(
    { name, email, metadata: { paygo_customer_id: customerId } },
    { idempotencyKey: `paygo-customer-${customerId}-${String(key)}` },
  );
  return id;
}

/** What Stripe says of a request that it will never do; undefined: it may do it another time. */
const refusalOf = (error: unknown): string | undefined =>
  error instanceof Stripe.errors.StripeInvalidRequestError ? error.message : undefined;

const isOldFailure = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  (error.statusCode ?? 0) >= 500 &&
  error.headers?.['idempotent-replayed'] === 'true';

const unavailable = (error: unknown): unknown =>
  error instanceof Stripe.errors.StripeError
    ? new Unavailable(
        `Stripe did not do it: ${error.type} ${String(error.statusCode ?? '')}`.trim(),
      )
    : error;
