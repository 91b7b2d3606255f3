import { type Closing } from '../src/contracts/contract.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { type Figures } from './accounts.ts';
import { invoicesByIds } from './invoices.ts';

/** What the invoices of closed periods say, published or still to be, in their order. */
export async function contentsOf(
  { moment, frozen }: Pick<Figures, 'moment' | 'frozen'>,
  closings: readonly Closing[],
): Promise<InvoiceContent[]> {
  const published = await invoicesByIds(
    moment.main,
    closings.map(({ invoiceId }) => invoiceId),
  );
  return Promise.all(
    closings.map(async (closing) => published.get(closing.invoiceId)?.content ?? frozen(closing)),
  );
}
