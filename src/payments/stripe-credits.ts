import type Stripe from 'stripe';
import { type ExternalState } from '../application/payment-ports.ts';
import { takenAmount } from './stripe-amounts.ts';
import { Refused, unlessMissing } from './stripe-client.ts';
import { createdSince, keyOf, metadataOf, type Work } from './stripe-invoices.ts';

/** What is owed to the customer is credited to its balance, which pays its next invoices. */
export async function pushCredit(work: Work): Promise<ExternalState> {
  const { content } = work.invoice;
  const { credit } = await findCredit(work);
  const there =
    credit ??
    (await move(work, 'credit', takenAmount(content.total, content.currency), {
      ...metadataOf(work.invoice),
      paygo_invoice_number: String(work.invoice.number),
    }));
  return { externalId: there.id, status: 'FINALIZED', hostedUrl: null };
}

/** Takes the credit back, used or not; null: it was never given. */
export async function withdrawCredit(work: Work): Promise<ExternalState | null> {
  const { credit, reversal } = (await unlessMissing(findCredit(work))) ?? {};
  const { externalId } = work.invoice;
  if (credit === undefined && externalId !== null) {
    throw new Refused(`Stripe has no balance transaction ${externalId} of that customer`);
  }
  if (credit === undefined) return null;
  if (reversal === undefined) {
    const { paygo_invoice_id: _credited, ...metadata } = metadataOf(work.invoice);
    const reverses = { ...metadata, paygo_reverses: work.invoice.content.invoiceId };
    await move(work, 'reversal', -credit.amount, reverses);
  }
  return { externalId: credit.id, status: 'VOID', hostedUrl: null };
}

const move = (
  work: Work,
  kind: 'credit' | 'reversal',
  amount: number,
  metadata: Record<string, string>,
): Promise<Stripe.CustomerBalanceTransaction> => {
  const { content, collection } = work.invoice;
  const { invoiceId, periodStart, periodEnd, currency } = content;
  const what = kind === 'credit' ? 'Credit' : 'Credit taken back';
  const period = `${periodStart.slice(0, 10)} to ${periodEnd.slice(0, 10)}`;
  const description = `${what}: invoice ${invoiceId}, ${period}`;
  const customer = collection.providerCustomerId;
  return work.calls.write(keyOf(work, customer, kind), (options) =>
    work.stripe.customers.createBalanceTransaction(
      customer,
      { amount, currency: currency.toLowerCase(), description, metadata },
      options,
    ),
  );
};

type Credit = Readonly<Partial<Record<'credit' | 'reversal', Stripe.CustomerBalanceTransaction>>>;

const findCredit = ({ stripe, calls, invoice }: Work): Promise<Credit> =>
  calls.read(async () => {
    const { invoiceId } = invoice.content;
    let found: Credit = {};
    for await (const one of stripe.customers.listBalanceTransactions(
      invoice.collection.providerCustomerId,
      { limit: 100, ...createdSince(invoice) },
    )) {
      if (one.metadata?.['paygo_invoice_id'] === invoiceId) found = { ...found, credit: one };
      if (one.metadata?.['paygo_reverses'] === invoiceId) found = { ...found, reversal: one };
    }
    return found;
  });
