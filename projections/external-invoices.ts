import { type Kysely } from 'kysely';
import { type BillingProvider } from '../src/customers/events.ts';
import { type ProviderStatus } from '../src/invoices/events.ts';
import { inChunks } from './chunks.ts';
import { type FinalStatus, type InvoiceTables } from './invoice-tables.ts';

/** An invoice at its payment provider, as it is shown. */
export type ExternalInvoice = {
  readonly provider: BillingProvider;
  /** The provider's id; null: it has not got there. */
  readonly externalId: string | null;
  readonly status: ProviderStatus | 'QUEUED' | 'ERROR';
  readonly hostedUrl: string | null;
  readonly lastError: string | null;
};

/** Those of the invoices that go, or went, to a provider. */
export async function externalInvoices(
  db: Kysely<InvoiceTables>,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, ExternalInvoice>> {
  const rows = await inChunks(invoiceIds, (ids) =>
    db
      .selectFrom('external_invoice')
      .innerJoin('invoice', 'invoice.invoice_id', 'external_invoice.invoice_id')
      .selectAll('external_invoice')
      .select('invoice.status')
      .where('external_invoice.invoice_id', 'in', ids)
      .execute(),
  );
  return new Map(
    rows.map((row) => [
      row.invoice_id,
      {
        provider: row.provider,
        externalId: row.external_id,
        status: shownStatus(row, row.status),
        hostedUrl: row.hosted_url,
        lastError: row.last_error,
      },
    ]),
  );
}

function shownStatus(
  { to_do, provider_status }: InvoiceTables['external_invoice'],
  status: FinalStatus,
): ExternalInvoice['status'] {
  if (to_do === 'FAILED') return 'ERROR';
  return provider_status ?? (status === 'VOID' ? 'VOID' : 'QUEUED');
}
