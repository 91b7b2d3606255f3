import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type EventReference } from '../src/kernel/recorded.ts';
import { openPeriod } from '../src/contracts/closing.ts';
import { contractById, type Closing, type Contract } from '../src/contracts/contract.ts';
import { type InvoiceType } from '../src/contracts/events.ts';
import { parseInvoiceId } from '../src/contracts/invoice-id.ts';
import { latePeriod, type BillingPeriod } from '../src/contracts/periods.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { pendingLateSince } from '../src/invoices/settling.ts';
import { accountAt, lastAccountChange, type Account } from './accounts.ts';
import { contractCustomers, customerContracts } from './contracts.ts';
import { contractIn, invoiceContent, type Figures } from './figures.ts';
import { closingsOf, invoicesByIds, type FinalInvoice } from './invoices.ts';
import { atOnePosition, type Moment, type ReadModels } from './read-models.ts';
import { type MainTables } from './tables.ts';
import { lateMarks } from './usage.ts';
import { type UsageTables } from './usage-tables.ts';

export type InvoiceHead = {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly contractId: string;
  readonly invoiceType: InvoiceType;
  readonly status: 'DRAFT' | 'FINALIZED' | 'VOID';
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly currency: string;
};

export type InvoiceView = InvoiceHead & {
  readonly content: InvoiceContent;
  readonly issuedAt: Instant | null;
  /** The position of the log at which the figures were read. */
  readonly position: bigint;
  readonly number: number | null;
  readonly voidReason: string | null;
};

/** The invoices with those ids, final or draft; absent: there is none, or its period has not begun. */
export async function invoiceViews(
  models: ReadModels,
  graceHours: number,
  invoiceIds: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, InvoiceView>> {
  const views = new Map<string, InvoiceView>();
  const final = await invoicesByIds(models.main.reader, invoiceIds);
  for (const [id, invoice] of final) views.set(id, finalView(invoice));
  const contractOf = new Map<string, string>();
  for (const id of invoiceIds) {
    const contractId = final.has(id) ? undefined : parseInvoiceId(id)?.contractId;
    if (contractId !== undefined) contractOf.set(id, contractId);
  }
  const customers = await contractCustomers(models.main.reader, [...new Set(contractOf.values())]);
  for (const [invoiceId, contractId] of contractOf) {
    const customerId = customers.get(contractId);
    if (customerId === undefined) continue;
    const draft = await atOnePosition(
      models,
      (main) => lastAccountChange(main, customerId),
      (moment) => draftView(models, graceHours, moment, customerId, contractId, invoiceId, now),
    );
    if (draft !== null) views.set(invoiceId, draft);
  }
  return views;
}

async function draftView(
  models: ReadModels,
  graceHours: number,
  moment: Moment,
  customerId: string,
  contractId: string,
  invoiceId: string,
  now: Instant,
): Promise<InvoiceView | null> {
  const found = (await customerContracts(moment.main, [customerId])).get(customerId);
  const contract = found && contractById(found.state, contractId);
  if (contract === undefined) return null;
  const closing = contract.closings.find((closing) => closing.invoiceId === invoiceId);
  if (closing !== undefined) return closedView(models, moment, customerId, closing);
  const lateSince = await lateSinceOf(moment.usage, contract);
  const period = openPeriod(contract, invoiceId, { now, lateSince, graceHours });
  if (period === undefined) return null;
  const content = await draftContent(models, moment, customerId, contract, period);
  if (period.lateOnly && content.lines.length === 0) return null;
  const { position } = moment;
  return {
    ...headOf(content, 'DRAFT'),
    content,
    issuedAt: null,
    position,
    number: null,
    voidReason: null,
  };
}

/** A period that is closed: published by now, or a draft that does not move any more. */
async function closedView(
  models: ReadModels,
  moment: Moment,
  customerId: string,
  closing: Closing,
): Promise<InvoiceView> {
  const { invoiceId } = closing;
  const published = (await invoicesByIds(moment.main, [invoiceId])).get(invoiceId);
  if (published !== undefined) return finalView(published);
  const content = await frozenContent(models, moment, customerId, closing);
  const { position } = await closedBy(moment.main, closing);
  return {
    ...headOf(content, 'DRAFT'),
    content,
    issuedAt: null,
    position,
    number: null,
    voidReason: null,
  };
}

export async function draftContent(
  models: ReadModels,
  moment: Moment,
  customerId: string,
  contract: Contract,
  period: BillingPeriod,
): Promise<InvoiceContent> {
  const state = (await customerContracts(moment.main, [customerId])).get(customerId)?.state;
  const contracts = present(state, 'a customer with a contract has contracts');
  const account = await accountAt(moment.main, customerId, contracts, moment.position);
  return invoiceContent(figuresOf(models, moment, account, null), contract, period);
}

/** The draft of a closed period as the log had it at its cut. */
export async function frozenContent(
  models: ReadModels,
  moment: Pick<Moment, 'main' | 'usage'>,
  customerId: string,
  closing: Closing,
): Promise<InvoiceContent> {
  const { reference, position } = await closedBy(moment.main, closing);
  const contracts = await models.contractsBefore(reference);
  const account = await accountAt(moment.main, customerId, contracts, position);
  const { contractId } = present(parseInvoiceId(closing.invoiceId), 'an invoice id of ours');
  const contract = contractIn(account, contractId);
  const period: BillingPeriod = {
    ...closing,
    contractId,
    dueFrom: closing.closedAt,
    graced: false,
    reopened: false,
  };
  return invoiceContent(figuresOf(models, moment, account, closing.cut), contract, period);
}

const figuresOf = (
  models: ReadModels,
  moment: Pick<Moment, 'main' | 'usage'>,
  account: Account,
  beforeCut: number | null,
): Figures => ({
  main: moment.main,
  usage: moment.usage,
  account,
  beforeCut,
  frozen: (closing) => frozenContent(models, moment, account.customerId, closing),
});

async function closedBy(
  main: Kysely<MainTables>,
  { invoiceId }: Closing,
): Promise<{ reference: EventReference; position: bigint }> {
  const closing = (await closingsOf(main, [invoiceId])).get(invoiceId);
  const { stream, revision, position } = present(closing, 'a closed period is in the main store');
  return { reference: { stream, revision }, position };
}

export async function lateSinceOf(
  usage: Kysely<UsageTables>,
  contract: Contract,
): Promise<Instant | null> {
  if (contract.endingBefore === null) return null;
  return pendingLateSince(contract, await lateMarks(usage, contract.customerId));
}

/** The period of an ended contract that waits for late usage, when there is a line for it. */
export async function latePeriodOf(
  models: ReadModels,
  moment: Moment,
  contract: Contract,
  graceHours: number,
): Promise<(BillingPeriod & { readonly lateSince: Instant }) | undefined> {
  const lateSince = await lateSinceOf(moment.usage, contract);
  if (lateSince === null) return undefined;
  const period = latePeriod(contract, lateSince, graceHours);
  if (period === undefined) return undefined;
  const content = await draftContent(models, moment, contract.customerId, contract, period);
  return content.lines.length === 0 ? undefined : { ...period, lateSince };
}

const finalView = (invoice: FinalInvoice): InvoiceView => {
  const { content, issuedAt, position, number, status, voidReason } = invoice;
  return { ...headOf(content, status), content, issuedAt, position, number, voidReason };
};

const headOf = (content: InvoiceContent, status: InvoiceHead['status']): InvoiceHead => ({
  invoiceId: content.invoiceId,
  customerId: content.customerId,
  contractId: content.contractId,
  invoiceType: content.invoiceType,
  status,
  periodStart: content.periodStart,
  periodEnd: content.periodEnd,
  currency: content.currency,
});
