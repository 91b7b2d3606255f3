import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Contract, type CustomerContracts } from '../src/contracts/contract.ts';
import { openPeriods } from '../src/contracts/periods.ts';
import { allCustomerContracts, contractCustomers, customerContracts } from './contracts.ts';
import { invoiceViews, type InvoiceHead, type InvoiceView } from './drafts.ts';
import {
  headEdge,
  inOrder,
  isAfter,
  matches,
  placeIn,
  type InvoiceFilter,
} from './invoice-order.ts';
import { countInvoices, listInvoices } from './invoice-pages.ts';
import { unpublishedClosings } from './invoices.ts';
import { waitingPeriods, withLines } from './late-periods.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { previewInvoice, type PreviewRequest } from './preview.ts';
import { type ReadModels } from './read-models.ts';
import { type MainTables } from './tables.ts';
import { unratedUsage, type UnratedUsage, type UnratedUsageRequest } from './unrated-usage.ts';

export type InvoiceListRequest = { readonly filter: InvoiceFilter; readonly page: PageRequest };

/** Invoices, drafts among them: drafts are computed when they are asked for. */
export type Drafts = {
  /** A draft as it would be with usage that is not recorded; null: there would be none. */
  preview(request: PreviewRequest, now: Instant): Promise<InvoiceView | null>;
  /** What a contract does not bill because no rate is for it. */
  unratedUsage(request: UnratedUsageRequest, now: Instant): Promise<readonly UnratedUsage[]>;
  invoices(invoiceIds: readonly string[], now: Instant): Promise<ReadonlyMap<string, InvoiceView>>;
  /** A page for each request, read together. */
  lists(
    requests: readonly InvoiceListRequest[],
    now: Instant,
  ): Promise<readonly Page<InvoiceHead>[]>;
};

export const createDrafts = (models: ReadModels, graceHours: number): Drafts => ({
  invoices: (invoiceIds, now) => invoiceViews(models, graceHours, invoiceIds, now),
  preview: (request, now) => previewInvoice(models, graceHours, request, now),
  unratedUsage: (request, now) => unratedUsage(models, request, now),

  async lists(requests, now) {
    const { reader } = models.main;
    const ranges = requests.map(({ filter, page }) => ({
      filter: { ...filter, statuses: finalStatuses(filter) },
      after: placeIn(page),
      limit: page.first + 1,
    }));
    const forDrafts = requests.filter(({ filter }) => filter.statuses?.includes('DRAFT') ?? true);
    const customerIds = await customersOf(reader, forDrafts);
    const drafts = await draftHeads(models, graceHours, customerIds, now);
    const finals = await listInvoices(reader, ranges);
    const counts = await countInvoices(
      reader,
      ranges.map(({ filter }) => filter),
    );
    return requests.map(({ filter, page }, index) => {
      const { after, limit } = present(ranges[index], 'a range for every request');
      const wanted = drafts.filter((head) => matches(filter, head));
      const heads = inOrder([...(finals[index] ?? []), ...wanted.filter(isAfter(after))]);
      const total = wanted.length + (counts[index] ?? 0);
      return pageOf(heads.slice(0, limit), page, total, headEdge);
    });
  },
});

const finalStatuses = ({ statuses }: InvoiceFilter) =>
  statuses?.filter((status) => status !== 'DRAFT') ?? null;

/** Whose drafts the requests ask for; null: everybody's. */
async function customersOf(
  main: Kysely<MainTables>,
  requests: readonly InvoiceListRequest[],
): Promise<readonly string[] | null> {
  const filters = requests.map(({ filter }) => filter);
  if (filters.some((f) => f.customerId === null && f.contractId === null)) return null;
  const contractIds = filters.flatMap((f) => (f.customerId === null ? (f.contractId ?? []) : []));
  const holders = await contractCustomers(main, contractIds);
  const named = filters.flatMap(({ customerId }) => customerId ?? []);
  return [...new Set([...named, ...holders.values()])];
}

/**
 * The drafts of periods that have begun: open ones, and those that are closed but not published
 * yet.
 */
export async function draftHeads(
  models: ReadModels,
  graceHours: number,
  customerIds: readonly string[] | null,
  now: Instant,
): Promise<InvoiceHead[]> {
  if (customerIds?.length === 0) return [];
  const { reader } = models.main;
  const unpublished = new Set((await unpublishedClosings(reader)).map((c) => c.invoiceId));
  const heads: InvoiceHead[] = [];
  for (const { contracts } of await statesOf(reader, customerIds)) {
    for (const contract of contracts) {
      const frozen = contract.closings.filter(({ invoiceId }) => unpublished.has(invoiceId));
      for (const period of [...openPeriods(contract, now), ...frozen]) {
        heads.push(draftHead(contract, period));
      }
    }
  }
  const waiting = await waitingPeriods(models, graceHours, customerIds);
  const begun = waiting.filter(({ period }) => period.periodStart <= now);
  for (const { contract, period } of await withLines(models, graceHours, begun)) {
    heads.push(draftHead(contract, period));
  }
  return heads;
}

const statesOf = async (
  main: Kysely<MainTables>,
  customerIds: readonly string[] | null,
): Promise<readonly CustomerContracts[]> =>
  customerIds === null
    ? allCustomerContracts(main)
    : [...(await customerContracts(main, customerIds)).values()].map(({ state }) => state);

export const draftHead = (
  { customerId, contractId, currency }: Contract,
  period: Pick<InvoiceHead, 'invoiceId' | 'invoiceType' | 'periodStart' | 'periodEnd'>,
): InvoiceHead => ({
  invoiceId: period.invoiceId,
  customerId,
  contractId,
  invoiceType: period.invoiceType,
  status: 'DRAFT',
  periodStart: period.periodStart,
  periodEnd: period.periodEnd,
  currency,
});
