import { type Kysely } from 'kysely';
import { type Sendings, type SendingCounts } from '../src/application/payment-ports.ts';
import { type InvoiceTables } from './invoice-tables.ts';
import { invoicesByIds } from './invoices.ts';
import { countAll } from './page.ts';
import { type ReadModels } from './read-models.ts';

/** What the sending policy asks: the Sendings port over the main store. */
export function createSendings({
  main,
  waitForMain,
}: Pick<ReadModels, 'main' | 'waitForMain'>): Sendings {
  const { reader } = main;
  return {
    async pending(after, limit) {
      const rows = await reader
        .selectFrom('external_invoice')
        .select(['invoice_id', 'provider_customer_id', 'position'])
        .where('to_do', 'in', ['SEND', 'WITHDRAW'])
        .where('position', '>', Number(after))
        .orderBy('position')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        invoiceId: row.invoice_id,
        payer: row.provider_customer_id,
        position: BigInt(row.position),
      }));
    },
    outgoing: (invoiceId) => outgoing(reader, invoiceId),
    counts: () => counts(reader),
    async hasPayers() {
      const [payer] = await reader.selectFrom('payer').select('customer_id').limit(1).execute();
      return payer !== undefined;
    },
    waitFor: waitForMain,
  };
}

async function outgoing(
  db: Kysely<InvoiceTables>,
  invoiceId: string,
): ReturnType<Sendings['outgoing']> {
  const row = await db
    .selectFrom('external_invoice')
    .selectAll()
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  const invoice = (await invoicesByIds(db, [invoiceId])).get(invoiceId);
  if (row === undefined || invoice === undefined) return null;
  if (row.to_do !== 'SEND' && row.to_do !== 'WITHDRAW') return null;
  const { content, number, issuedAt } = invoice;
  return {
    content,
    number,
    issuedAt,
    collection: {
      provider: row.provider,
      providerCustomerId: row.provider_customer_id,
      collectionMethod: row.collection_method,
    },
    externalId: row.external_id,
    retries: row.retries,
    toDo: row.to_do,
  };
}

async function counts(db: Kysely<InvoiceTables>): Promise<SendingCounts> {
  const rows = await db
    .selectFrom('external_invoice')
    .select(['to_do', countAll])
    .where('to_do', 'in', ['SEND', 'WITHDRAW', 'FAILED'])
    .groupBy('to_do')
    .execute();
  const failed = rows.find(({ to_do }) => to_do === 'FAILED')?.count ?? 0;
  return { failed, queued: rows.reduce((sum, { count }) => sum + count, 0) - failed };
}
