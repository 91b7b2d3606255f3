import { sql, type Kysely, type SqlBool } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type InvoiceType } from '../src/contracts/events.ts';
import { type FinalStatus, type InvoiceTables } from './invoice-tables.ts';
import { countAll } from './page.ts';
import { chunked } from './usage-chunks.ts';

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

/**
 * All given conditions must hold; null: whatever it is. The period starts in [startingAt,
 * endingBefore).
 */
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

export type InvoiceRange = {
  readonly filter: FinalInvoiceFilter;
  readonly after: InvoicePlace | null;
  readonly limit: number;
};

/** Parts of one question to the store; every store takes that many. */
const partsMax = 100;

/**
 * For each range its invoices: newest periodStart first, then SCHEDULED before USAGE, then id
 * (billing rule 25).
 */
export async function listInvoices(
  db: Kysely<InvoiceTables>,
  ranges: readonly InvoiceRange[],
): Promise<readonly (readonly FinalInvoiceHead[])[]> {
  const heads: FinalInvoiceHead[][] = ranges.map(() => []);
  for (const chunk of chunked([...ranges.entries()], partsMax)) {
    const [first, ...more] = chunk.map(([part, range]) =>
      db.selectFrom(inRange(db, range).as('heads')).selectAll().select(sql.lit(part).as('part')),
    );
    const query = more.reduce(
      (all, one) => all.unionAll(one),
      present(first, 'a chunk is not empty'),
    );
    for (const { part, ...head } of await query.execute()) heads[part]?.push(head);
  }
  return heads;
}

/** For each filter how many invoices there are. */
export async function countInvoices(
  db: Kysely<InvoiceTables>,
  filters: readonly FinalInvoiceFilter[],
): Promise<readonly number[]> {
  const counts = filters.map(() => 0);
  for (const chunk of chunked([...filters.entries()], partsMax)) {
    const [first, ...more] = chunk.map(([part, filter]) =>
      filtered(db, filter).select([countAll, sql.lit(part).as('part')]),
    );
    const query = more.reduce(
      (all, one) => all.unionAll(one),
      present(first, 'a chunk is not empty'),
    );
    for (const { part, count } of await query.execute()) counts[part] = count;
  }
  return counts;
}

function inRange(db: Kysely<InvoiceTables>, { filter, after, limit }: InvoiceRange) {
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
    .limit(limit);
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
