import { type Kysely } from 'kysely';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type EventReference } from '../src/kernel/recorded.ts';
import { inChunks } from './chunks.ts';
import { eventsOf } from './events.ts';
import { applyInvoiceChange, type InvoiceChange } from './invoice-fold.ts';
import { createInvoiceTables, type FinalStatus, type InvoiceTables } from './invoice-tables.ts';
import { fromJson } from './json.ts';
import { type Projection } from './store.ts';

export type FinalInvoice = {
  readonly content: InvoiceContent;
  /** Rank among all that were finalized, from 1. */
  readonly number: number;
  readonly issuedAt: Instant;
  readonly status: FinalStatus;
  readonly voidReason: string | null;
  readonly voidedAt: Instant | null;
  /** Of the PeriodClosed at which the figures were read. */
  readonly position: bigint;
};

export const invoicesProjection: Projection<InvoiceTables> = {
  name: 'invoices',
  version: 2,
  create: createInvoiceTables,
  async apply(events, db) {
    for (const recorded of eventsOf<InvoiceChange>(events, {
      InvoiceFinalized: true,
      InvoiceVoided: true,
      InvoiceSent: true,
      InvoiceSendingFailed: true,
      InvoiceSendingRetried: true,
      InvoicePaymentUpdated: true,
      CustomerCreated: true,
      BillingConfigSet: true,
      PeriodClosed: true,
      PeriodReopened: true,
    })) {
      await applyInvoiceChange(recorded, db);
    }
  },
};

export async function invoicesByIds(
  db: Kysely<InvoiceTables>,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, FinalInvoice>> {
  const rows = await inChunks(invoiceIds, (ids) =>
    db.selectFrom('invoice').selectAll().where('invoice_id', 'in', ids).execute(),
  );
  return new Map(
    rows.map((row) => [
      row.invoice_id,
      {
        content: fromJson(row.content),
        number: row.number,
        issuedAt: row.issued_at,
        status: row.status,
        voidReason: row.void_reason,
        voidedAt: row.voided_at,
        position: BigInt(row.cut_position),
      },
    ]),
  );
}

/** The invoice that was finalized last, or last before that number; null: there is none. */
export async function finalizedBefore(
  db: Kysely<InvoiceTables>,
  number: number | null,
): Promise<{ readonly invoiceId: string; readonly number: number } | null> {
  let rows = db.selectFrom('invoice').select(['invoice_id as invoiceId', 'number']);
  if (number !== null) rows = rows.where('number', '<', number);
  return (await rows.orderBy('number', 'desc').limit(1).executeTakeFirst()) ?? null;
}

/** Those of the invoices that are published, void ones too. */
export async function publishedIds(
  db: Kysely<InvoiceTables>,
  invoiceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(invoiceIds, (ids) =>
    db.selectFrom('invoice').select('invoice_id').where('invoice_id', 'in', ids).execute(),
  );
  return new Set(rows.map((row) => row.invoice_id));
}

/**
 * Those of the closed periods' invoices that may have lines for late usage: published ones that do,
 * and those that are not published yet.
 */
export async function invoicesWithLateLines(
  db: Kysely<InvoiceTables>,
  invoiceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(invoiceIds, (ids) =>
    db
      .selectFrom('closing')
      .leftJoin('invoice', 'invoice.invoice_id', 'closing.invoice_id')
      .select('closing.invoice_id')
      .where('closing.invoice_id', 'in', ids)
      .where((where) =>
        where.or([where('invoice.late_lines', '>', 0), where('closing.published', '=', 0)]),
      )
      .execute(),
  );
  return new Set(rows.map((row) => row.invoice_id));
}

export type ClosingFact = EventReference & {
  readonly customerId: string;
  readonly contractId: string;
  readonly invoiceId: string;
  readonly position: bigint;
};

/** The PeriodClosed of each invoice that has one. */
export async function closingsOf(
  db: Kysely<InvoiceTables>,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, ClosingFact>> {
  const rows = await inChunks(invoiceIds, (ids) =>
    db.selectFrom('closing').selectAll().where('invoice_id', 'in', ids).execute(),
  );
  return new Map(rows.map((row) => [row.invoice_id, toClosingFact(row)]));
}

/** The PeriodClosed whose invoices are still to be published, in log order. */
export async function unpublishedClosings(
  db: Kysely<InvoiceTables>,
): Promise<readonly ClosingFact[]> {
  const rows = await db
    .selectFrom('closing')
    .selectAll()
    .where('published', '=', 0)
    .orderBy('position')
    .execute();
  return rows.map(toClosingFact);
}

/** Invoices that were voided and whose period is still to be opened again, in log order. */
export async function unfinishedVoids(
  db: Kysely<InvoiceTables>,
): Promise<readonly Pick<ClosingFact, 'customerId' | 'contractId' | 'invoiceId'>[]> {
  return db
    .selectFrom('unfinished_void')
    .select(['customer_id as customerId', 'contract_id as contractId', 'invoice_id as invoiceId'])
    .orderBy('position')
    .execute();
}

const toClosingFact = (row: InvoiceTables['closing']): ClosingFact => ({
  stream: row.stream,
  revision: row.revision,
  position: BigInt(row.position),
  customerId: row.customer_id,
  contractId: row.contract_id,
  invoiceId: row.invoice_id,
});
