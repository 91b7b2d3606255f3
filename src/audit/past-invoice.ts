import { openPeriod } from '../contracts/closing.ts';
import { contractById, type Closing, type Contract } from '../contracts/contract.ts';
import { parseInvoiceId } from '../contracts/invoice-id.ts';
import { latePeriod, openPeriods, type BillingPeriod } from '../contracts/periods.ts';
import {
  invoiceStream,
  type InvoiceContent,
  type InvoiceEvent,
  type InvoiceFinalized,
} from '../invoices/events.ts';
import { isCarrier } from '../invoices/settling.ts';
import { type Instant } from '../kernel/calendar.ts';
import { present } from '../kernel/invariant.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { latePeriods } from './months.ts';
import { contentAtCut, readThrough, type PastAccount, type PastSources } from './past-account.ts';
import { pastExternal, type PastExternal } from './past-external.ts';
import { pastLateSince } from './past-late.ts';
import { readPastMeters } from './past-usage.ts';
import { planPeriod } from './plan.ts';

/** An invoice as the log knew it at a moment. */
export type PastInvoice = {
  readonly status: 'DRAFT' | 'FINALIZED' | 'VOID';
  readonly content: InvoiceContent;
  readonly issuedAt: Instant | null;
  readonly voidReason: string | null;
  readonly external: PastExternal | null;
  /** Through which its figures were computed. */
  readonly position: bigint;
};

/** null: there was none, or its period had not begun. */
export async function readPastInvoice(
  sources: PastSources,
  account: PastAccount,
  invoiceId: string,
): Promise<PastInvoice | null> {
  const contractId = parseInvoiceId(invoiceId)?.contractId;
  const contract =
    contractId === undefined ? undefined : contractById(account.contracts, contractId);
  if (contract === undefined) return null;
  const closing = contract.closings.find((one) => one.invoiceId === invoiceId);
  if (closing !== undefined) return closedInvoice(sources, account, closing);
  const { now } = account;
  const lateSince = await pastLateSince(sources, account, contract);
  const { graceHours } = sources;
  const period = openPeriod(contract, invoiceId, { now, lateSince, graceHours });
  if (period === undefined) return null;
  const content = await draftOf(sources, account, contract, period);
  if (period.lateOnly && content.lines.length === 0) return null;
  return draft(content, account.through);
}

const draft = (content: InvoiceContent, position: bigint): PastInvoice => ({
  ...{ status: 'DRAFT', content, issuedAt: null, voidReason: null, external: null, position },
});

async function closedInvoice(
  sources: PastSources,
  account: PastAccount,
  { invoiceId }: Closing,
): Promise<PastInvoice> {
  const { closings, customerEvents } = account;
  const closed = present(
    closings.find(({ event }) => event.invoiceId === invoiceId),
    'a closed period was closed',
  );
  const { position } = closed;
  const { finalized, events, status } = await publishedThrough(sources, account, invoiceId);
  if (finalized === undefined)
    return draft(await contentAtCut(sources, invoiceId, closed), position);
  const { type: _type, issuedAt, closedBy: _closedBy, ...content } = finalized.event;
  const voided = events.map(({ event }) => event).find((event) => event.type === 'InvoiceVoided');
  return {
    ...{ status, content, issuedAt, position },
    voidReason: voided?.reason ?? null,
    external: pastExternal(finalized, events, customerEvents),
  };
}

/** What was published of a closed period's invoice by then. */
async function publishedThrough(
  { log }: PastSources,
  { through }: PastAccount,
  invoiceId: string,
): Promise<{
  readonly finalized: Recorded<InvoiceFinalized> | undefined;
  readonly events: readonly Recorded<InvoiceEvent>[];
  readonly status: PastInvoice['status'];
}> {
  const events = await readThrough<InvoiceEvent>(log, invoiceStream(invoiceId), through);
  const finalized = events.find(isFinalized);
  const isVoid = events.some(({ event }) => event.type === 'InvoiceVoided');
  const status = finalized === undefined ? 'DRAFT' : isVoid ? 'VOID' : 'FINALIZED';
  return { finalized, events, status };
}

const isFinalized = (recorded: Recorded<InvoiceEvent>): recorded is Recorded<InvoiceFinalized> =>
  recorded.event.type === 'InvoiceFinalized';

/** The draft of an open period, as it was computed then. */
async function draftOf(
  { log, repeatsAt }: PastSources,
  account: PastAccount,
  contract: Contract,
  period: BillingPeriod,
): Promise<InvoiceContent> {
  const [facts, owned] = await Promise.all([account.facts(), account.owned()]);
  const late = isCarrier(contract, period) ? await latePeriods(log, facts, contract, owned) : [];
  const plan = planPeriod(facts, contract, period, late);
  const usage = { log, repeatsAt, owned, through: account.through };
  return plan.finish(await readPastMeters(usage, facts.catalog.metrics, plan.meters));
}

/** An invoice in a list. */
export type PastHead = {
  readonly contract: Contract;
  readonly period: Pick<BillingPeriod, 'invoiceId' | 'invoiceType' | 'periodStart' | 'periodEnd'>;
  readonly status: PastInvoice['status'];
};

/** The contract's invoices that there were: final ones, and drafts of periods that had begun. */
export async function readPastHeads(
  sources: PastSources,
  account: PastAccount,
  contract: Contract,
): Promise<readonly PastHead[]> {
  const closed = contract.closings.map(async (closing): Promise<PastHead> => {
    const { status } = await publishedThrough(sources, account, closing.invoiceId);
    return { contract, period: closing, status };
  });
  const open = openPeriods(contract, account.now).map((period): PastHead => ({
    ...{ contract, period, status: 'DRAFT' },
  }));
  return [
    ...(await Promise.all(closed)),
    ...open,
    ...(await lateHeads(sources, account, contract)),
  ];
}

async function lateHeads(
  sources: PastSources,
  account: PastAccount,
  contract: Contract,
): Promise<readonly PastHead[]> {
  const lateSince = await pastLateSince(sources, account, contract);
  const period =
    lateSince === null ? undefined : latePeriod(contract, lateSince, sources.graceHours);
  if (period === undefined || period.periodStart > account.now) return [];
  const { lines } = await draftOf(sources, account, contract, period);
  return lines.length === 0 ? [] : [{ contract, period, status: 'DRAFT' }];
}
