import { type Kysely } from 'kysely';
import { type PeriodClosed, type PeriodReopened } from '../src/contracts/events.ts';
import { type BillingConfigSet, type CustomerCreated } from '../src/customers/events.ts';
import { type InvoiceEvent, type InvoiceFinalized } from '../src/invoices/events.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { applySending, change, queue, setPayer } from './external-fold.ts';
import { type InvoiceTables } from './invoice-tables.ts';
import { toJson } from './json.ts';

export type InvoiceChange =
  InvoiceEvent | PeriodClosed | PeriodReopened | CustomerCreated | BillingConfigSet;

/** What one event does to the tables. */
export async function applyInvoiceChange(
  { event, stream, revision, position }: Recorded<InvoiceChange>,
  db: Kysely<InvoiceTables>,
): Promise<void> {
  switch (event.type) {
    case 'PeriodClosed': {
      const { customerId: customer_id, contractId: contract_id, invoiceId: invoice_id } = event;
      const row = { stream, revision, position: Number(position), customer_id, contract_id };
      await db
        .insertInto('closing')
        .values({ ...row, invoice_id, published: 0 })
        .execute();
      return;
    }
    case 'InvoiceFinalized':
      await publish(event, db);
      return queue(event, Number(position), db);
    case 'InvoiceVoided': {
      const { invoiceId: invoice_id, customerId: customer_id, contractId: contract_id } = event;
      const voided = { void_reason: event.reason, voided_at: event.voidedAt };
      await db
        .updateTable('invoice')
        .set({ status: 'VOID', ...voided })
        .where('invoice_id', '=', invoice_id)
        .execute();
      const row = { invoice_id, position: Number(position), customer_id, contract_id };
      await db.insertInto('unfinished_void').values(row).execute();
      return change(invoice_id, { last_error: null }, db);
    }
    case 'PeriodReopened':
      await db.deleteFrom('unfinished_void').where('invoice_id', '=', event.invoiceId).execute();
      return;
    case 'CustomerCreated':
    case 'BillingConfigSet':
      return setPayer(event, db);
    case 'InvoiceSent':
    case 'InvoiceSendingFailed':
    case 'InvoiceSendingRetried':
    case 'InvoicePaymentUpdated':
      return applySending(event, db);
  }
}

async function publish(
  { type: _type, issuedAt, closedBy, proof: _proof, ...content }: InvoiceFinalized,
  db: Kysely<InvoiceTables>,
): Promise<void> {
  const closing = await db
    .updateTable('closing')
    .set({ published: 1 })
    .where('stream', '=', closedBy.stream)
    .where('revision', '=', closedBy.revision)
    .returning('position')
    .executeTakeFirst();
  const last = await db
    .selectFrom('invoice')
    .select(({ fn }) => fn.max('number').as('number'))
    .executeTakeFirst();
  await db
    .insertInto('invoice')
    .values({
      invoice_id: content.invoiceId,
      number: (last?.number ?? 0) + 1,
      customer_id: content.customerId,
      contract_id: content.contractId,
      invoice_type: content.invoiceType,
      status: 'FINALIZED',
      period_start: content.periodStart,
      period_end: content.periodEnd,
      currency: content.currency,
      cut_position: present(closing, 'an invoice is published after its period was closed')
        .position,
      content: toJson(content),
      late_lines: content.lines.filter(({ type }) => type === 'LATE_USAGE').length,
      issued_at: issuedAt,
      void_reason: null,
      voided_at: null,
    })
    .execute();
}
