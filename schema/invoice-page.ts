import type { InvoiceHead } from '../projections/drafts.ts';
import { type PageRequest } from '../projections/page.ts';
import { type Context } from './context.ts';
import { edgeError } from './errors.ts';
import { type InvoiceFilterInput } from './invoices.inputs.ts';
import { type Invoice, invoiceNode } from './invoices.types.ts';
import { connection, emptyPage, type Connection } from './paging.ts';

/** Whose invoices; null: of anybody. The filter narrows it further. */
type Scope = {
  readonly customerId: string | null;
  readonly contractId?: string;
  readonly filter: InvoiceFilterInput | null | undefined;
};

/** The page of those invoices that the caller may see. */
export async function invoicePage(
  world: Context,
  scope: Scope,
  page: PageRequest,
): Promise<Connection<Invoice>> {
  const { caller, loaders, past } = world;
  const customerId = bothOf(scope.customerId, caller.customerId);
  const toNode = (head: InvoiceHead): Invoice => invoiceNode(head, world);
  const contractId = bothOf(scope.contractId ?? null, scope.filter?.contractId ?? null);
  if (customerId === 'nothing' || contractId === 'nothing') return connection(emptyPage, toNode);
  if (past !== null && customerId.id === null && contractId.id === null) {
    throw edgeError('customer_required', ['customerId']);
  }
  const filter = {
    customerId: customerId.id,
    contractId: contractId.id,
    statuses: scope.filter?.statuses ?? null,
    types: scope.filter?.types ?? null,
    startingAt: scope.filter?.startingAt ?? null,
    endingBefore: scope.filter?.endingBefore ?? null,
  };
  return connection(await loaders.invoicePage.load({ filter, page }), toNode);
}

/** The id that both conditions, of which either may be absent, let through. */
const bothOf = (a: string | null, b: string | null): 'nothing' | { id: string | null } =>
  a !== null && b !== null && a !== b ? 'nothing' : { id: a ?? b };
