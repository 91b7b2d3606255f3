import { type Kysely } from 'kysely';
import { type InvoiceType } from '../src/contracts/events.ts';
import { type BillingProvider, type CollectionMethod } from '../src/customers/events.ts';
import { type InvoiceContent, type ProviderStatus } from '../src/invoices/events.ts';
import { type ToDo } from '../src/application/payment-ports.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Json } from './json.ts';
import { createIndex, createTable } from './table.ts';

/** What has happened to an invoice that was published. */
export type FinalStatus = 'FINALIZED' | 'VOID';

export type InvoiceTables = {
  invoice: {
    invoice_id: string;
    /** Rank among all that were finalized, from 1. */
    number: number;
    customer_id: string;
    contract_id: string;
    invoice_type: InvoiceType;
    status: FinalStatus;
    period_start: Instant;
    period_end: Instant;
    currency: string;
    /** Of the PeriodClosed at which the figures were read. */
    cut_position: number;
    content: Json<InvoiceContent>;
    /** How many of its lines are for late usage. */
    late_lines: number;
    issued_at: Instant;
    void_reason: string | null;
    voided_at: Instant | null;
  };
  /** Every PeriodClosed. */
  closing: {
    stream: string;
    revision: number;
    position: number;
    customer_id: string;
    contract_id: string;
    invoice_id: string;
    /** 1 once its invoice is published. */
    published: number;
  };
  /** Invoices that were voided and whose period is still to be opened again. */
  unfinished_void: {
    invoice_id: string;
    position: number;
    customer_id: string;
    contract_id: string;
  };
  /** How each customer's invoices are collected, as the billing config stands. */
  payer: { customer_id: string } & CollectionColumns;
  /** Invoices that go to a payment provider: by the billing config at their finalization. */
  external_invoice: {
    invoice_id: string;
    /** Of its InvoiceFinalized. */
    position: number;
    /** What the provider said last; null: it has not got there. */
    provider_status: ProviderStatus | null;
    external_id: string | null;
    hosted_url: string | null;
    last_error: string | null;
    /** How often it was tried again after a refusal. */
    retries: number;
    to_do: ExternalToDo;
  } & CollectionColumns;
};

type CollectionColumns = {
  provider: BillingProvider;
  provider_customer_id: string;
  collection_method: CollectionMethod;
};

/** FAILED: nothing, until somebody asks for it. */
export type ExternalToDo = ToDo | 'FAILED' | 'NOTHING';

export async function createInvoiceTables(db: Kysely<InvoiceTables>): Promise<void> {
  const invoice = {
    invoice_id: 'text',
    number: 'bigint',
    customer_id: 'text',
    contract_id: 'text',
    invoice_type: 'text',
    status: 'text',
    period_start: 'text',
    period_end: 'text',
    currency: 'text',
    cut_position: 'bigint',
    content: 'text',
    late_lines: 'integer',
    issued_at: 'text',
    void_reason: 'text?',
    voided_at: 'text?',
  } as const;
  await createTable(db, 'invoice', invoice, ['invoice_id']);
  await db.schema
    .createIndex('invoice_by_number')
    .unique()
    .on('invoice')
    .column('number')
    .execute();
  const order = ['period_start', 'invoice_type', 'invoice_id'];
  await createIndex(db, 'invoice', 'period', order);
  await createIndex(db, 'invoice', 'customer', ['customer_id', ...order]);
  await createIndex(db, 'invoice', 'contract', ['contract_id', ...order]);
  const whose = { position: 'bigint', customer_id: 'text', contract_id: 'text' } as const;
  await createTable(
    db,
    'closing',
    { stream: 'text', revision: 'bigint', ...whose, invoice_id: 'text', published: 'integer' },
    ['stream', 'revision'],
  );
  await createIndex(db, 'closing', 'invoice', ['invoice_id']);
  await createIndex(db, 'closing', 'published', ['published', 'position']);
  await createTable(db, 'unfinished_void', { invoice_id: 'text', ...whose }, ['invoice_id']);
  await createExternalTables(db);
}

async function createExternalTables(db: Kysely<InvoiceTables>): Promise<void> {
  const collection = {
    provider: 'text',
    provider_customer_id: 'text',
    collection_method: 'text',
  } as const;
  await createTable(db, 'payer', { customer_id: 'text', ...collection }, ['customer_id']);
  const external = {
    invoice_id: 'text',
    position: 'bigint',
    ...collection,
    provider_status: 'text?',
    external_id: 'text?',
    hosted_url: 'text?',
    last_error: 'text?',
    retries: 'integer',
    to_do: 'text',
  } as const;
  await createTable(db, 'external_invoice', external, ['invoice_id']);
  await createIndex(db, 'external_invoice', 'to_do', ['to_do', 'position']);
}
