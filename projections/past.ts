import { type EventLog } from '../src/application/ports.ts';
import { metricStream, type BillableMetricCreated, type Metric } from '../src/catalog/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Refused } from '../src/kernel/decider.ts';
import { contractById, type Contract } from '../src/contracts/contract.ts';
import { parseInvoiceId } from '../src/contracts/invoice-id.ts';
import { invariant, present } from '../src/kernel/invariant.ts';
import { type Meter } from '../src/usage/groups.ts';
import {
  readAccount,
  readThrough,
  type Moment,
  type PastAccount,
  type PastSources,
} from '../src/audit/past-account.ts';
import { readPastBilled } from '../src/audit/past-billed.ts';
import { customerIn, pastRateSchedule, type PastCustomer } from '../src/audit/past-customer.ts';
import {
  readPastHeads,
  readPastInvoice,
  type PastHead,
  type PastInvoice,
} from '../src/audit/past-invoice.ts';
import { readPastUnrated } from '../src/audit/past-unrated.ts';
import { readPastMeters } from '../src/audit/past-usage.ts';
import { contractCustomers } from './contracts.ts';
import { headOf, type InvoiceHead, type InvoiceView } from './drafts.ts';
import { type ExternalInvoice } from './external-invoices.ts';
import { draftHead, type InvoiceListRequest } from './invoice-list.ts';
import {
  headEdge,
  inOrder,
  isAfter,
  matches,
  placeIn,
  type InvoiceFilter,
} from './invoice-order.ts';
import { invoicesByIds } from './invoices.ts';
import { fromJson } from './json.ts';
import { pageOf, type Page, type PageRequest } from './page.ts';
import { momentOf, type MomentAsked, type MomentRefusal } from './past-moment.ts';
import { ratedUsageFrom, type RatedUsagePoint, type RatedUsageRequest } from './rated-usage.ts';
import { type EffectiveRate } from './rate-schedule.ts';
import { type ReadModels } from './read-models.ts';
import {
  asUnrated,
  rangeOf,
  type UnratedUsage,
  type UnratedUsageRequest,
} from './unrated-usage.ts';
import { usagePointsFrom, type UsagePoint, type UsagePointsRequest } from './usage-points.ts';
import { repeatsAt } from './usage-repeats.ts';

/** An invoice as it was known, and where it stood at its provider. */
export type KnownInvoice = {
  readonly view: InvoiceView;
  readonly external: ExternalInvoice | null;
};

export type PastPointsRequest = UsagePointsRequest & { readonly metric: Metric };

/** The world as the log knew it at a moment; null: there was none of it. */
export type Past = Moment & {
  customer(customerId: string): Promise<PastCustomer | null>;
  /** In order of creation. */
  contracts(customerId: string): Promise<readonly Contract[]>;
  contract(contractId: string): Promise<Contract | null>;
  rateSchedule(contractId: string, at: Instant): Promise<readonly EffectiveRate[]>;
  invoice(invoiceId: string): Promise<KnownInvoice | null>;
  /** The filter names a customer or a contract. */
  list(request: InvoiceListRequest): Promise<Page<InvoiceHead>>;
  metric(metricId: string): Promise<Metric | null>;
  usagePoints(request: PastPointsRequest, page: PageRequest): Promise<Page<UsagePoint>>;
  ratedUsage(request: RatedUsageRequest): Promise<Page<RatedUsagePoint>>;
  unratedUsage(request: UnratedUsageRequest): Promise<readonly UnratedUsage[]>;
};

/** Reads it from the log; of the read models, only what needs all of the log to be told. */
export async function openPast(
  models: ReadModels,
  log: EventLog,
  graceHours: number,
  asked: { readonly moment: MomentAsked; readonly now: Instant },
): Promise<Past | Refused<MomentRefusal>> {
  const moment = await momentOf(models, log, asked.moment, asked.now);
  return 'refused' in moment ? moment : pastAt(models, sourcesOf(models, log, graceHours), moment);
}

export const sourcesOf = (models: ReadModels, log: EventLog, graceHours: number): PastSources => ({
  log,
  graceHours,
  repeatsAt: (positions) => repeatsAt(models.usage.reader, positions),
  async metricsThrough(position) {
    const rows = await models.main.reader
      .selectFrom('metric')
      .select('definition')
      .where('position', '<=', Number(position))
      .execute();
    return rows.map(({ definition }) => fromJson(definition));
  },
});

/** The world at that moment, which the read models have folded. */
export function pastAt(models: ReadModels, sources: PastSources, moment: Moment): Past {
  const { log, repeatsAt } = sources;
  const { accountOf, contractOf } = accountsAt(models, sources, moment);
  return {
    ...moment,
    customer: async (id) => customerIn((await accountOf(id)).customerEvents),
    contracts: async (id) => (await accountOf(id)).contracts.contracts,
    contract: async (id) => (await contractOf(id))?.contract ?? null,
    async rateSchedule(contractId, at) {
      const found = await contractOf(contractId);
      return found === null ? [] : pastRateSchedule(sources, moment, found.contract, at);
    },
    async invoice(invoiceId) {
      const contractId = parseInvoiceId(invoiceId)?.contractId;
      const found = contractId === undefined ? null : await contractOf(contractId);
      const known = found && (await readPastInvoice(sources, found.account, invoiceId));
      return known && asKnown(models, known);
    },
    async list({ filter, page }) {
      const contracts = await contractsOf(filter, { accountOf, contractOf });
      const found = await Promise.all(
        contracts.map(({ account, contract }) => readPastHeads(sources, account, contract)),
      );
      const heads = inOrder(found.flat().map(headOfPast)).filter((head) => matches(filter, head));
      const rest = heads.filter(isAfter(placeIn(page)));
      return pageOf(rest.slice(0, page.first + 1), page, heads.length, headEdge);
    },
    metric: (metricId) => metricIn(sources, moment, metricId),
    async usagePoints(request, page) {
      const account = await accountOf(request.customerId);
      const usage = { log, repeatsAt, owned: await account.owned(), through: moment.through };
      const metrics = new Map([[request.metric.metricId, request.metric]]);
      const read = async (meter: Meter) =>
        present((await readPastMeters(usage, metrics, [meter]))[0], 'one meter is read');
      return usagePointsFrom(read, request, page);
    },
    async ratedUsage(request) {
      const found = await contractOf(request.contractId);
      if (found === null) return ratedUsageFrom(null, request);
      const { account, contract } = found;
      const billed = await readPastBilled(sources, account, contract, request);
      return ratedUsageFrom({ contract, ...billed }, request);
    },
    async unratedUsage(request) {
      const found = await contractOf(request.contractId);
      if (found === null) return [];
      const range = rangeOf(request, found.contract, moment.now);
      if (range.startingAt >= range.endingBefore) return [];
      const { account, contract } = found;
      const unrated = await readPastUnrated(sources, account, contract, range);
      return unrated.map((one) => asUnrated(one.terms, one));
    },
  };
}

type Held = { readonly account: PastAccount; readonly contract: Contract };

type Accounts = {
  readonly accountOf: (customerId: string) => Promise<PastAccount>;
  /** null: there was no such contract. */
  readonly contractOf: (contractId: string) => Promise<Held | null>;
};

/** Each customer is read once. */
function accountsAt(models: ReadModels, sources: PastSources, moment: Moment): Accounts {
  const accounts = new Map<string, Promise<PastAccount>>();
  const accountOf = (customerId: string): Promise<PastAccount> => {
    const known = accounts.get(customerId) ?? readAccount(sources, moment, customerId);
    accounts.set(customerId, known);
    return known;
  };
  return {
    accountOf,
    async contractOf(contractId) {
      const holders = await contractCustomers(models.main.reader, [contractId]);
      const customerId = holders.get(contractId);
      if (customerId === undefined) return null;
      const account = await accountOf(customerId);
      const contract = contractById(account.contracts, contractId);
      return contract === undefined ? null : { account, contract };
    },
  };
}

async function contractsOf(
  { customerId, contractId }: Pick<InvoiceFilter, 'customerId' | 'contractId'>,
  { accountOf, contractOf }: Accounts,
): Promise<readonly Held[]> {
  if (contractId !== null) {
    const held = await contractOf(contractId);
    return held === null ? [] : [held];
  }
  invariant(customerId !== null, 'a list of the past is of a customer or a contract');
  const account = await accountOf(customerId);
  return account.contracts.contracts.map((contract) => ({ account, contract }));
}

async function metricIn(
  { log }: PastSources,
  { through }: Moment,
  metricId: string,
): Promise<Metric | null> {
  const stream = metricStream(metricId);
  const [created] = await readThrough<BillableMetricCreated>(log, stream, through);
  if (created === undefined) return null;
  const { type: _type, ...metric } = created.event;
  return metric;
}

async function asKnown(models: ReadModels, known: PastInvoice): Promise<KnownInvoice> {
  const { content, status, external, position, issuedAt, voidReason } = known;
  const { invoiceId } = content;
  // Its rank does not change, and only the whole log tells it.
  const final = (await invoicesByIds(models.main.reader, [invoiceId])).get(invoiceId);
  const number = status === 'DRAFT' ? null : (final?.number ?? null);
  const view = { ...headOf(content, status), content, issuedAt, position, number, voidReason };
  return { view, external };
}

const headOfPast = ({ contract, period, status }: PastHead): InvoiceHead => ({
  ...draftHead(contract, period),
  status,
});
