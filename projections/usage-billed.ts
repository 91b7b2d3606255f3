import { covers, type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import {
  contractById,
  isStanding,
  type Closing,
  type Contract,
} from '../src/contracts/contract.ts';
import { openUsagePeriods, type BillingPeriod } from '../src/contracts/periods.ts';
import { intervalOf } from '../src/invoices/draft.ts';
import { periodOf } from '../src/invoices/settling.ts';
import {
  invoicesWith,
  openPeriodAt,
  productsBilling,
  type TracedInvoice,
} from '../src/invoices/tracing.ts';
import { type UsageLine } from '../src/usage/events.ts';
import { accountsAt, type Figures } from './accounts.ts';
import { contentsOf } from './contents.ts';
import { figuresAt, latePeriodOf } from './drafts.ts';
import { termsOf } from './figures.ts';
import { closingsOf } from './invoices.ts';
import { type Moment } from './read-models.ts';

/** A line, from after how many of its owner's cuts it counts, and by which metrics. */
export type CountedLine = {
  readonly usage: UsageLine;
  readonly afterCut: number;
  readonly metricIds: ReadonlySet<string>;
};

export type Billed = {
  /** Whether a contract bills it as things stand. */
  readonly isBilled: boolean;
  readonly invoiceIds: readonly string[];
};

type Asked = { readonly graceHours: number; readonly now: Instant };

/** Which of the customer's invoices have the line in their figures. */
export async function billingOf(
  moment: Moment,
  customerId: string,
  line: CountedLine,
  asked: Asked,
): Promise<Billed> {
  const account = (await accountsAt(moment, [customerId])).get(customerId);
  if (account === undefined || line.metricIds.size === 0) return unbilled;
  const figures = figuresAt(moment, account, null);
  const billed: Billed[] = [];
  for (const contract of account.contracts.contracts) {
    billed.push(await billingUnder(figures, contract, line, asked));
  }
  return {
    isBilled: billed.some(({ isBilled }) => isBilled),
    invoiceIds: billed.flatMap(({ invoiceIds }) => invoiceIds),
  };
}

const unbilled: Billed = { isBilled: false, invoiceIds: [] };

async function billingUnder(
  figures: Figures,
  contract: Contract,
  line: CountedLine,
  asked: Asked,
): Promise<Billed> {
  const at = line.usage.timestamp;
  const usage = contract.closings.filter(({ invoiceType }) => invoiceType === 'USAGE');
  const own = usage.filter((one) => !one.lateOnly && covers(periodOf(one), at));
  const open = openPeriodAt(contract, at);
  if (own.length === 0 && open === undefined) return unbilled;
  const { usage: recorded, metricIds } = line;
  const contents = await contentsOf(figures, own);
  const products = new Map(
    own.map((one, index) => {
      const { terms } = present(contents[index], 'a closed period has an invoice');
      return [one.invoiceId, productsBilling(terms, recorded, metricIds)];
    }),
  );
  const openTerms = open === undefined ? [] : await termsOf(figures, contract, intervalOf(open));
  if (open !== undefined) {
    products.set(open.invoiceId, productsBilling(openTerms, recorded, metricIds));
  }
  const now = own.find(isStanding)?.invoiceId ?? open?.invoiceId ?? '';
  const isBilled = (products.get(now)?.size ?? 0) > 0;
  const trace = (period: Closing | BillingPeriod, before: Contract): TracedInvoice => ({
    ...period,
    cut: 'cut' in period ? period.cut : null,
    before,
    products: products.get(period.invoiceId) ?? new Set(),
  });
  const invoices: TracedInvoice[] = [];
  for (const closing of usage) {
    const mayHave = closing.cut > line.afterCut;
    if (!mayHave && !own.includes(closing)) continue;
    const before = mayHave ? await contractBefore(figures.moment, contract, closing) : contract;
    invoices.push(trace(closing, before));
  }
  for (const draft of await draftsOf(figures, contract, open, asked)) {
    invoices.push(trace(draft, contract));
  }
  return { isBilled, invoiceIds: invoicesWith(invoices, at, line.afterCut) };
}

/** The drafts that may have the line: that of its period, and the one that carries late usage. */
async function draftsOf(
  { moment, account }: Figures,
  contract: Contract,
  open: BillingPeriod | undefined,
  { graceHours, now }: Asked,
): Promise<readonly BillingPeriod[]> {
  const [earliest] = openUsagePeriods(contract);
  if (earliest === undefined) {
    const late = await latePeriodOf(moment, account, contract, graceHours);
    return late === undefined ? [] : [late];
  }
  const others = open === undefined || open.invoiceId === earliest.invoiceId ? [] : [open];
  return [earliest, ...others].filter(({ periodStart }) => periodStart <= now);
}

/** As it was when the period was closed, as far as its closed periods go. */
async function contractBefore(
  { main, contractsBefore }: Moment,
  contract: Contract,
  closing: Closing,
): Promise<Contract> {
  if (contract.closings.every(isStanding)) {
    return { ...contract, closings: contract.closings.filter(({ cut }) => cut < closing.cut) };
  }
  const found = (await closingsOf(main, [closing.invoiceId])).get(closing.invoiceId);
  const { stream, revision } = present(found, 'the main store has every closed period');
  const before = contractById(await contractsBefore({ stream, revision }), contract.contractId);
  return present(before, 'a period is closed after its contract was created');
}
