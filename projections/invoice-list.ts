import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type Instant } from '../src/kernel/calendar.ts';
import { isStanding, type Contract, type CustomerContracts } from '../src/contracts/contract.ts';
import { type InvoiceType } from '../src/contracts/events.ts';
import { openPeriods } from '../src/contracts/periods.ts';
import { lastAccountChange } from './accounts.ts';
import { allCustomerContracts, contractCustomers, customerContracts } from './contracts.ts';
import { invoiceViews, latePeriodOf, type InvoiceHead, type InvoiceView } from './drafts.ts';
import { countInvoices, listInvoices, publishedIds, type InvoicePlace } from './invoices.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { atOnePosition, type ReadModels } from './read-models.ts';
import { type MainTables } from './tables.ts';
import { lateCustomers } from './usage.ts';

/** All given conditions hold: one of the statuses, one of the types, a periodStart in [startingAt, endingBefore). */
export type InvoiceFilter = {
  readonly customerId: string | null;
  readonly contractId: string | null;
  readonly statuses: readonly InvoiceHead['status'][] | null;
  readonly types: readonly InvoiceType[] | null;
  readonly startingAt: Instant | null;
  readonly endingBefore: Instant | null;
};

/** Invoices, drafts among them: drafts are computed when they are asked for. */
export type Drafts = {
  invoices(invoiceIds: readonly string[], now: Instant): Promise<ReadonlyMap<string, InvoiceView>>;
  list(filter: InvoiceFilter, now: Instant, page: PageRequest): Promise<Page<InvoiceHead>>;
};

export const createDrafts = (models: ReadModels, graceHours: number): Drafts => ({
  invoices: (invoiceIds, now) => invoiceViews(models, graceHours, invoiceIds, now),

  async list(filter, now, page) {
    const after = decodeCursor('invoices', cursorKey, page.after);
    const { statuses } = filter;
    const drafts =
      statuses === null || statuses.includes('DRAFT')
        ? (await draftHeads(models, graceHours, filter, now)).filter((head) =>
            matches(filter, head),
          )
        : [];
    const finalStatuses = statuses?.filter((status) => status !== 'DRAFT') ?? null;
    const wanted = { ...filter, statuses: finalStatuses };
    const limit = page.first + 1;
    const { reader } = models.main;
    const finals = await listInvoices(reader, wanted, { after, limit });
    const total = drafts.length + (await countInvoices(reader, wanted));
    const rest = drafts.filter((head) => after === null || compareKeys(keyOf(head), after) > 0);
    const heads = [...finals, ...rest].sort((a, b) => compareKeys(keyOf(a), keyOf(b)));
    return pageOf(heads.slice(0, limit), page, total, (node) => ({
      cursor: encodeCursor('invoices', keyOf(node)),
      node,
    }));
  },
});

/** The drafts of periods that have begun: open ones, and those that are closed but not published yet. */
export async function draftHeads(
  models: ReadModels,
  graceHours: number,
  { customerId, contractId }: Pick<InvoiceFilter, 'customerId' | 'contractId'>,
  now: Instant,
): Promise<InvoiceHead[]> {
  const states = await statesOf(models.main.reader, customerId, contractId);
  const late = await lateCustomers(models.usage.reader);
  const heads: InvoiceHead[] = [];
  for (const contract of states.flatMap(({ contracts }) => contracts)) {
    if (contractId !== null && contract.contractId !== contractId) continue;
    heads.push(...openPeriods(contract, now).map((period) => draftHead(contract, period)));
    heads.push(...(await unpublishedHeads(models.main.reader, contract)));
    if (!mayHaveLateUsage(contract, late)) continue;
    const period = await atOnePosition(
      models,
      (main) => lastAccountChange(main, contract.customerId),
      (moment) => latePeriodOf(models, moment, contract, graceHours),
    );
    if (period !== undefined && period.periodStart <= now) heads.push(draftHead(contract, period));
  }
  return heads;
}

const mayHaveLateUsage = (contract: Contract, late: ReadonlyMap<string, number>): boolean =>
  contract.endingBefore !== null &&
  (late.has(contract.customerId) || contract.closings.some((closing) => !isStanding(closing)));

async function statesOf(
  main: Kysely<MainTables>,
  customerId: string | null,
  contractId: string | null,
): Promise<CustomerContracts[]> {
  if (customerId === null && contractId === null) return allCustomerContracts(main);
  const holder =
    customerId ?? (await contractCustomers(main, [contractId ?? ''])).get(contractId ?? '');
  if (holder === undefined) return [];
  return [...(await customerContracts(main, [holder])).values()].map(({ state }) => state);
}

async function unpublishedHeads(
  main: Kysely<MainTables>,
  contract: Contract,
): Promise<InvoiceHead[]> {
  const ids = contract.closings.map(({ invoiceId }) => invoiceId);
  const published = await publishedIds(main, ids);
  return contract.closings
    .filter(({ invoiceId }) => !published.has(invoiceId))
    .map((closing) => draftHead(contract, closing));
}

const draftHead = (
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

const matches = (filter: InvoiceFilter, head: InvoiceHead): boolean =>
  (filter.customerId === null || head.customerId === filter.customerId) &&
  (filter.types?.includes(head.invoiceType) ?? true) &&
  (filter.startingAt === null || head.periodStart >= filter.startingAt) &&
  (filter.endingBefore === null || head.periodStart < filter.endingBefore);

type Key = InvoicePlace;

const cursorKey: z.ZodType<Key> = z.tuple([
  z.string().transform((text) => text as Instant),
  z.enum(['SCHEDULED', 'USAGE']),
  z.string(),
]);

const keyOf = ({ periodStart, invoiceType, invoiceId }: InvoiceHead): Key => [
  periodStart,
  invoiceType,
  invoiceId,
];

/** Newest periodStart first, then SCHEDULED before USAGE, then id (billing rule 25). */
function compareKeys(a: Key, b: Key): number {
  if (a[0] !== b[0]) return a[0] > b[0] ? -1 : 1;
  if (a[1] !== b[1]) return a[1] < b[1] ? -1 : 1;
  return a[2] < b[2] ? -1 : a[2] > b[2] ? 1 : 0;
}
