import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { openPeriod } from '../src/contracts/closing.ts';
import { type Closing, type Contract } from '../src/contracts/contract.ts';
import { type InvoiceType } from '../src/contracts/events.ts';
import { parseInvoiceId } from '../src/contracts/invoice-id.ts';
import { latePeriod, type BillingPeriod } from '../src/contracts/periods.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { pendingLateSince } from '../src/invoices/settling.ts';
import {
  accountsAt,
  accountsOf,
  lastAccountChange,
  needCounted,
  type Account,
  type Figures,
} from './accounts.ts';
import { contractCustomers } from './contracts.ts';
import { contractIn, invoiceContent, needLateMarks } from './figures.ts';
import { closingsOf, invoicesByIds, type ClosingFact, type FinalInvoice } from './invoices.ts';
import { readMeters } from './meter-readings.ts';
import { atOnePosition, type Moment, type ReadModels } from './read-models.ts';

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

/**
 * The invoices with those ids, final or draft; absent: there is none, or its period has not begun.
 */
export async function invoiceViews(
  models: ReadModels,
  graceHours: number,
  invoiceIds: readonly string[],
  now: Instant,
): Promise<ReadonlyMap<string, InvoiceView>> {
  const final = await invoicesByIds(models.main.reader, invoiceIds);
  const views = new Map([...final].map(([id, invoice]) => [id, finalView(invoice)]));
  const drafts = invoiceIds.flatMap((invoiceId) => {
    const parts = views.has(invoiceId) ? undefined : parseInvoiceId(invoiceId);
    return parts === undefined ? [] : [{ invoiceId, contractId: parts.contractId }];
  });
  const contractIds = drafts.map(({ contractId }) => contractId);
  const holders = await contractCustomers(models.main.reader, [...new Set(contractIds)]);
  if (holders.size === 0) return views;
  const customerIds = [...new Set(holders.values())];
  return atOnePosition(models, lastAccountChange(customerIds), async (moment) => {
    const accounts = await accountsAt(moment, customerIds);
    for (const { invoiceId, contractId } of drafts) {
      const account = accounts.get(holders.get(contractId) ?? '');
      if (account === undefined) continue;
      const contract = contractIn(account, contractId);
      const view = await draftView(moment, account, contract, { invoiceId, graceHours, now });
      if (view !== null) views.set(invoiceId, view);
    }
    return views;
  });
}

async function draftView(
  moment: Moment,
  account: Account,
  contract: Contract,
  asked: { readonly invoiceId: string; readonly graceHours: number; readonly now: Instant },
): Promise<InvoiceView | null> {
  const closing = contract.closings.find(({ invoiceId }) => invoiceId === asked.invoiceId);
  if (closing !== undefined) return closedView(moment, account.customerId, closing);
  const lateSince = pendingLateSince(contract, account.lateMarks);
  const period = openPeriod(contract, asked.invoiceId, { ...asked, lateSince });
  if (period === undefined) {
    await needLateMarks(figuresAt(moment, account, null), contract);
    return null;
  }
  const content = await draftContent(moment, account, contract, period);
  const exists = !period.lateOnly || content.lines.length > 0;
  return exists ? openView(content, moment.position) : null;
}

/** A period that is closed: published by now, or a draft that does not move any more. */
async function closedView(
  moment: Moment,
  customerId: string,
  closing: Closing,
): Promise<InvoiceView> {
  const { invoiceId } = closing;
  const published = (await invoicesByIds(moment.main, [invoiceId])).get(invoiceId);
  if (published !== undefined) return finalView(published);
  const { position } = await closingFact(moment, invoiceId);
  return openView(await frozenContent(moment, customerId, closing), position);
}

export const draftContent = (
  moment: Moment,
  account: Account,
  contract: Contract,
  period: BillingPeriod,
): Promise<InvoiceContent> => invoiceContent(figuresAt(moment, account, null), contract, period);

/** The draft of a closed period as the log had it at its cut. */
export async function frozenContent(
  moment: Moment,
  customerId: string,
  closing: Closing,
): Promise<InvoiceContent> {
  const { contractId, position, ...reference } = await closingFact(moment, closing.invoiceId);
  const cut: Moment = { ...moment, position };
  const contracts = await moment.contractsBefore(reference);
  const accounts = await accountsOf(cut, new Map([[customerId, contracts]]));
  const account = present(accounts.get(customerId), 'the customer whose period was closed');
  const period: BillingPeriod = {
    ...closing,
    contractId,
    dueFrom: closing.closedAt,
    graced: false,
    reopened: false,
  };
  return invoiceContent(
    figuresAt(cut, account, closing.cut),
    contractIn(account, contractId),
    period,
  );
}

/** The period of an ended contract that waits for late usage, when there is a line for it. */
export async function latePeriodOf(
  moment: Moment,
  account: Account,
  contract: Contract,
  graceHours: number,
): Promise<BillingPeriod | undefined> {
  const lateSince = pendingLateSince(contract, account.lateMarks);
  const period = lateSince === null ? undefined : latePeriod(contract, lateSince, graceHours);
  if (period === undefined) return undefined;
  const { lines } = await draftContent(moment, account, contract, period);
  return lines.length === 0 ? undefined : period;
}

export const figuresAt = (moment: Moment, account: Account, beforeCut: number | null): Figures => ({
  moment,
  account,
  beforeCut,
  async metered(meters) {
    needCounted(account, meters);
    return readMeters(moment.usage, { customerId: account.customerId, beforeCut }, meters);
  },
  frozen: (closing) => frozenContent(moment, account.customerId, closing),
});

const closingFact = async ({ main }: Moment, invoiceId: string): Promise<ClosingFact> =>
  present(
    (await closingsOf(main, [invoiceId])).get(invoiceId),
    'the main store has every closed period',
  );

export const openView = (content: InvoiceContent, position: bigint): InvoiceView => ({
  ...headOf(content, 'DRAFT'),
  content,
  issuedAt: null,
  position,
  number: null,
  voidReason: null,
});

const finalView = (invoice: FinalInvoice): InvoiceView => {
  const { content, issuedAt, position, number, status, voidReason } = invoice;
  return { ...headOf(content, status), content, issuedAt, position, number, voidReason };
};

export const headOf = (content: InvoiceContent, status: InvoiceHead['status']): InvoiceHead => ({
  invoiceId: content.invoiceId,
  customerId: content.customerId,
  contractId: content.contractId,
  invoiceType: content.invoiceType,
  status,
  periodStart: content.periodStart,
  periodEnd: content.periodEnd,
  currency: content.currency,
});
