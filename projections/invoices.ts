import { sql, type Kysely, type SqlBool } from 'kysely';
import { type InvoiceType } from '../src/contracts/events.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type EventReference } from '../src/kernel/recorded.ts';
import { inChunks } from './chunks.ts';
import { eventsOf } from './events.ts';
import { applyInvoiceChange, type InvoiceChange } from './invoice-fold.ts';
import { createInvoiceTables, type FinalStatus, type InvoiceTables } from './invoice-tables.ts';
import { fromJson } from './json.ts';
import { countAll } from './page.ts';
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

/** A published invoice as lists show it. */
export type FinalInvoiceHead = {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly contractId: string;
  readonly invoiceType: InvoiceType;
  readonly status: FinalStatus;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly currency: string;
};

/** All given conditions must hold; null: whatever it is. The period starts in [startingAt, endingBefore). */
export type FinalInvoiceFilter = {
  readonly customerId: string | null;
  readonly contractId: string | null;
  readonly statuses: readonly FinalStatus[] | null;
  readonly types: readonly InvoiceType[] | null;
  readonly startingAt: Instant | null;
  readonly endingBefore: Instant | null;
};

/** Where an invoice stands in a list: the order of billing rule 25. */
export type InvoicePlace = readonly [periodStart: string, invoiceType: string, invoiceId: string];

export const invoicesProjection: Projection<InvoiceTables> = {
  name: 'invoices',
  version: 1,
  create: createInvoiceTables,
  async apply(events, db) {
    for (const recorded of eventsOf<InvoiceChange>(events, {
      InvoiceFinalized: true,
      InvoiceVoided: true,
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

/** Newest periodStart first, then SCHEDULED before USAGE, then id (billing rule 25). */
export async function listInvoices(
  db: Kysely<InvoiceTables>,
  filter: FinalInvoiceFilter,
  { after, limit }: { readonly after: InvoicePlace | null; readonly limit: number },
): Promise<readonly FinalInvoiceHead[]> {
  let invoices = filtered(db, filter);
  if (after !== null) {
    const [periodStart, invoiceType, invoiceId] = after;
    invoices = invoices.where(
      sql<SqlBool>`(period_start < ${periodStart} or (period_start = ${periodStart}
        and (invoice_type, invoice_id) > (${invoiceType}, ${invoiceId})))`,
    );
  }
  return invoices
    .select([
      'invoice_id as invoiceId',
      'customer_id as customerId',
      'contract_id as contractId',
      'invoice_type as invoiceType',
      'status',
      'period_start as periodStart',
      'period_end as periodEnd',
      'currency',
    ])
    .orderBy('period_start', 'desc')
    .orderBy('invoice_type')
    .orderBy('invoice_id')
    .limit(limit)
    .execute();
}

export async function countInvoices(
  db: Kysely<InvoiceTables>,
  filter: FinalInvoiceFilter,
): Promise<number> {
  const { count } = await filtered(db, filter).select(countAll).executeTakeFirstOrThrow();
  return count;
}

function filtered(db: Kysely<InvoiceTables>, filter: FinalInvoiceFilter) {
  const { customerId, contractId, statuses, types, startingAt, endingBefore } = filter;
  let invoices = db.selectFrom('invoice');
  if (statuses?.length === 0 || types?.length === 0) invoices = invoices.where(sql<SqlBool>`1 = 0`);
  if (customerId !== null) invoices = invoices.where('customer_id', '=', customerId);
  if (contractId !== null) invoices = invoices.where('contract_id', '=', contractId);
  if (statuses?.length) invoices = invoices.where('status', 'in', statuses);
  if (types?.length) invoices = invoices.where('invoice_type', 'in', types);
  if (startingAt !== null) invoices = invoices.where('period_start', '>=', startingAt);
  if (endingBefore !== null) invoices = invoices.where('period_start', '<', endingBefore);
  return invoices;
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

/** Those of the invoices that are published and have lines for late usage. */
export async function lateInvoiceIds(
  db: Kysely<InvoiceTables>,
  invoiceIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(invoiceIds, (ids) =>
    db
      .selectFrom('invoice')
      .select('invoice_id')
      .where('invoice_id', 'in', ids)
      .where('late_lines', '>', 0)
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
