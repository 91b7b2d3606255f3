import type Stripe from 'stripe';
import { fingerprint } from '../kernel/ids.ts';
import { present } from '../kernel/invariant.ts';
import { type ProviderStatus } from '../invoices/events.ts';
import {
  ProviderUnavailable,
  type ExternalState,
  type OutgoingInvoice,
} from '../application/payment-ports.ts';
import { printStripeAmount, takenAmount } from './stripe-amounts.ts';
import { Refused, unlessMissing, type Calls } from './stripe-client.ts';
import { stripeItems } from './stripe-items.ts';

/** What one invoice is worked on with. */
export type Work = {
  readonly stripe: Stripe;
  readonly calls: Calls;
  readonly invoice: OutgoingInvoice;
};

/** Brings it to Stripe, step by step: each looks first whether it was done. */
export async function pushInvoice(work: Work): Promise<ExternalState> {
  const { content, collection } = work.invoice;
  takenAmount(content.total, content.currency);
  const items = stripeItems(content);
  let there = (await findInvoice(work)) ?? (await createInvoice(work));
  if (there.status === 'draft') {
    await addItems(work, there.id, items);
    there = await finalizeInvoice(work, there.id);
  }
  if (there.status === 'open' && collection.collectionMethod === 'SEND_INVOICE') {
    const { id } = there;
    there = await work.calls.write(keyOf(work, id, 'send'), (options) =>
      work.stripe.invoices.sendInvoice(id, {}, options),
    );
  }
  return stateOf(there);
}

/** Drafts are deleted, what is open is voided; null: it is not there. */
export async function withdrawInvoice(work: Work): Promise<ExternalState | null> {
  const { stripe, calls, invoice } = work;
  const { externalId } = invoice;
  // What was finalized there cannot vanish: where it is not, the key is another account's.
  const there =
    externalId === null
      ? await unlessMissing(findInvoice(work))
      : await calls.read(() => stripe.invoices.retrieve(externalId));
  if (there === null) return null;
  const { id, status } = there;
  if (status === 'paid' || status === 'void') return stateOf(there);
  try {
    if (status !== 'draft') {
      return stateOf(
        await calls.write(keyOf(work, id, 'void'), (options) =>
          stripe.invoices.voidInvoice(id, {}, options),
        ),
      );
    }
    await calls.write(keyOf(work, id, 'delete'), (options) => stripe.invoices.del(id, {}, options));
    return { ...stateOf(there), status: 'VOID' };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const now = await retrieved(work, id);
    if (now?.status === 'paid' || now?.status === 'void') return stateOf(now);
    if (now === null && status === 'draft') return { ...stateOf(there), status: 'VOID' };
    throw error;
  }
}

/** The one that stands for ours: by its metadata, since Stripe forgets keys after a day. */
async function findInvoice(work: Work): Promise<Stripe.Invoice | null> {
  const { stripe, calls, invoice } = work;
  const found = await calls.read(async () => {
    const ours: Stripe.Invoice[] = [];
    for await (const one of stripe.invoices.list({
      customer: invoice.collection.providerCustomerId,
      limit: 100,
      ...createdSince(invoice),
    })) {
      if (one.metadata?.['paygo_invoice_id'] === invoice.content.invoiceId) ours.push(one);
    }
    return ours;
  });
  const issued = found.filter(({ status }) => status !== 'draft' && status !== 'void');
  if (issued.length > 1) {
    const ids = issued.map(({ id }) => id).join(' and ');
    throw new Refused(`Stripe has it twice, as ${ids}: void one of them there`);
  }
  return issued[0] ?? found.find(({ status }) => status === 'draft') ?? found[0] ?? null;
}

async function createInvoice(work: Work): Promise<Stripe.Invoice> {
  const { stripe, calls, invoice } = work;
  const { content, collection, number } = invoice;
  const sent = collection.collectionMethod === 'SEND_INVOICE';
  const key = keyOf(work, collection.providerCustomerId, 'create');
  return calls.write(key, (options) =>
    stripe.invoices.create(
      {
        customer: collection.providerCustomerId,
        currency: content.currency.toLowerCase(),
        ...(sent
          ? { collection_method: 'send_invoice', days_until_due: content.daysUntilDue }
          : { collection_method: 'charge_automatically' }),
        auto_advance: false,
        automatic_tax: { enabled: false },
        pending_invoice_items_behavior: 'exclude',
        metadata: { ...metadataOf(invoice), paygo_invoice_number: String(number) },
      },
      options,
    ),
  );
}

async function addItems(
  work: Work,
  id: string,
  items: ReturnType<typeof stripeItems>,
): Promise<void> {
  const { stripe, calls, invoice } = work;
  const there = new Set(
    await calls.read(async () => {
      const ids: string[] = [];
      for await (const { metadata } of stripe.invoiceItems.list({ invoice: id, limit: 100 })) {
        const itemId = metadata?.['paygo_line_id'];
        if (itemId !== undefined) ids.push(itemId);
      }
      return ids;
    }),
  );
  for (const { itemId, metadata, ...item } of items) {
    if (there.has(itemId)) continue;
    await calls.write(keyOf(work, id, itemId), (options) =>
      stripe.invoiceItems.create(
        {
          customer: invoice.collection.providerCustomerId,
          invoice: id,
          currency: invoice.content.currency.toLowerCase(),
          ...item,
          // A coupon of the customer would make it another sum.
          discountable: false,
          metadata: { paygo_line_id: itemId, ...metadata },
        },
        options,
      ),
    );
  }
}

/** Only what comes to the same sum there as here. */
async function finalizeInvoice(work: Work, id: string): Promise<Stripe.Invoice> {
  const { stripe, calls, invoice } = work;
  const { total, currency } = invoice.content;
  const draft = await findInvoice(work);
  if (draft !== null && draft.status !== 'draft') return draft;
  if (draft?.id !== id) throw new ProviderUnavailable(`another process works on invoice ${id}`);
  if (draft.total !== takenAmount(total, currency) || draft.currency !== currency.toLowerCase()) {
    const there = `${printStripeAmount(draft.total, currency)} ${draft.currency.toUpperCase()}`;
    throw new Refused(
      `invoice ${id} comes to ${there} at Stripe, and to ${total} ${currency} here`,
    );
  }
  const isCharged = invoice.collection.collectionMethod === 'CHARGE_AUTOMATICALLY';
  try {
    return await calls.write(keyOf(work, id, 'finalize'), (options) =>
      stripe.invoices.finalizeInvoice(id, { auto_advance: isCharged }, options),
    );
  } catch (error) {
    const now = error instanceof Refused ? await retrieved(work, id) : null;
    if (now === null || now.status === 'draft') throw error;
    return now;
  }
}

/** null: it is not there. */
const retrieved = (
  { stripe, calls }: Pick<Work, 'stripe' | 'calls'>,
  id: string,
): Promise<Stripe.Invoice | null> => unlessMissing(calls.read(() => stripe.invoices.retrieve(id)));

/** Nothing of it is older; null asks for all there is. */
export const createdSince = ({ since }: OutgoingInvoice) =>
  since === null ? {} : { created: { gte: Math.floor(Date.parse(since) / 1000) } };

/** Whose it is, of Stripe's customer, so that another's has other keys. */
export const keyOf = (
  { invoice: { content, retries } }: Pick<Work, 'invoice'>,
  of: string,
  step: string,
): string => `paygo/${content.invoiceId}/${fingerprint(of, step, String(retries))}`;

export const metadataOf = ({ content }: OutgoingInvoice): Record<string, string> => ({
  paygo_invoice_id: content.invoiceId,
  paygo_contract_id: content.contractId,
  paygo_customer_id: content.customerId,
  paygo_period_start: content.periodStart,
  paygo_period_end: content.periodEnd,
});

const statuses: Readonly<Record<string, ProviderStatus>> = {
  draft: 'DRAFT',
  open: 'FINALIZED',
  paid: 'PAID',
  uncollectible: 'UNCOLLECTIBLE',
  void: 'VOID',
};

/** How Stripe's invoice stands, in our words. */
export const stateOf = ({
  id,
  status,
  hosted_invoice_url,
}: Pick<Stripe.Invoice, 'id' | 'status' | 'hosted_invoice_url'>): ExternalState => ({
  externalId: id,
  status: present(statuses[status ?? ''], `a status that Stripe's invoices have: ${status ?? ''}`),
  hostedUrl: hosted_invoice_url ?? null,
});
