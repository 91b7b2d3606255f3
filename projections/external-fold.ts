import { type Kysely } from 'kysely';
import {
  type BillingConfig,
  type BillingConfigSet,
  type CustomerCreated,
} from '../src/customers/events.ts';
import {
  type InvoiceFinalized,
  type InvoicePaymentUpdated,
  type InvoiceSendingFailed,
  type InvoiceSendingRetried,
  type InvoiceSent,
} from '../src/invoices/events.ts';
import { type ExternalToDo, type FinalStatus, type InvoiceTables } from './invoice-tables.ts';

type ExternalRow = InvoiceTables['external_invoice'];
type SendingEvent =
  InvoiceSent | InvoiceSendingFailed | InvoiceSendingRetried | InvoicePaymentUpdated;

export async function setPayer(
  { customerId: customer_id, billingConfig }: CustomerCreated | BillingConfigSet,
  db: Kysely<InvoiceTables>,
): Promise<void> {
  await db.deleteFrom('payer').where('customer_id', '=', customer_id).execute();
  if (billingConfig === null) return;
  await db
    .insertInto('payer')
    .values({ customer_id, ...columnsOf(billingConfig) })
    .execute();
}

/** Invoices that come to something go where the billing config says at this moment. */
export async function queue(
  { invoiceId: invoice_id, customerId, total }: InvoiceFinalized,
  position: number,
  db: Kysely<InvoiceTables>,
): Promise<void> {
  if (/^[-0.]*$/.test(total)) return;
  const payer = await db
    .selectFrom('payer')
    .select(['provider', 'provider_customer_id', 'collection_method'])
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
  if (payer === undefined) return;
  const unsent = { provider_status: null, external_id: null, hosted_url: null, last_error: null };
  await db
    .insertInto('external_invoice')
    .values({ invoice_id, position, ...payer, ...unsent, retries: 0, to_do: 'SEND' })
    .execute();
}

export function applySending(event: SendingEvent, db: Kysely<InvoiceTables>): Promise<void> {
  switch (event.type) {
    case 'InvoiceSent':
    case 'InvoicePaymentUpdated':
      return change(
        event.invoiceId,
        {
          provider_status: event.status,
          external_id: event.externalId,
          hosted_url: event.hostedUrl,
          last_error: event.type === 'InvoiceSent' ? null : event.message,
        },
        db,
      );
    case 'InvoiceSendingFailed':
      return change(event.invoiceId, { failed: true, last_error: event.message }, db);
    case 'InvoiceSendingRetried':
      return change(event.invoiceId, { last_error: null, retried: true }, db);
  }
}

type Change = Partial<Omit<ExternalRow, 'retries' | 'to_do'>> & {
  readonly failed?: true;
  readonly retried?: true;
};

/** Changes what is known, and with it what is to be done: what had failed is so no longer. */
export async function change(
  invoiceId: string,
  { failed, retried, ...known }: Change,
  db: Kysely<InvoiceTables>,
): Promise<void> {
  const found = await db
    .selectFrom('external_invoice')
    .innerJoin('invoice', 'invoice.invoice_id', 'external_invoice.invoice_id')
    .selectAll('external_invoice')
    .select('invoice.status')
    .where('external_invoice.invoice_id', '=', invoiceId)
    .executeTakeFirst();
  if (found === undefined) return;
  const { status, ...before } = found;
  const row = { ...before, ...known, retries: before.retries + (retried ? 1 : 0) };
  await db
    .updateTable('external_invoice')
    .set({ ...row, to_do: failed ? 'FAILED' : toDo(row, status) })
    .where('invoice_id', '=', invoiceId)
    .execute();
}

function toDo({ provider_status }: ExternalRow, status: FinalStatus): ExternalToDo {
  if (status === 'FINALIZED') return provider_status === null ? 'SEND' : 'NOTHING';
  return provider_status === 'VOID' || provider_status === 'PAID' ? 'NOTHING' : 'WITHDRAW';
}

const columnsOf = ({ provider, providerCustomerId, collectionMethod }: BillingConfig) => ({
  provider,
  provider_customer_id: providerCustomerId,
  collection_method: collectionMethod,
});
