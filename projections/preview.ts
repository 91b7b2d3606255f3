import { monthOf, type Instant } from '../src/kernel/calendar.ts';
import { fingerprint } from '../src/kernel/ids.ts';
import { present } from '../src/kernel/invariant.ts';
import { wellFormed } from '../src/kernel/names.ts';
import { type Metric } from '../src/catalog/events.ts';
import { type Contract, type CustomerContracts } from '../src/contracts/contract.ts';
import {
  latePeriod,
  openPeriods,
  openUsagePeriods,
  type BillingPeriod,
} from '../src/contracts/periods.ts';
import { type InvoiceContent } from '../src/invoices/events.ts';
import { pendingLateSince, type LateMark } from '../src/invoices/settling.ts';
import { type UsageLine } from '../src/usage/events.ts';
import { mergeReadings } from '../src/usage/groups.ts';
import { isCounted, newLines, readingOf } from '../src/usage/previewing.ts';
import { type KeyedLine } from '../src/usage/recording.ts';
import { accountsAt, lastAccountChange, type Figures } from './accounts.ts';
import { contractCustomers } from './contracts.ts';
import { customersByIds } from './customers.ts';
import { figuresAt, openView, type InvoiceView } from './drafts.ts';
import { contractIn, invoiceContent, needLateMarks } from './figures.ts';
import { fromJson } from './json.ts';
import { atOnePosition, type Moment, type ReadModels } from './read-models.ts';
import { placesOf } from './usage-ids.ts';

export type PreviewRequest = {
  readonly contractId: string;
  /** One of the contract's open USAGE drafts; null: that of the period that has begun last. */
  readonly invoiceId: string | null;
  /** Usage as it would be recorded now, after all that is recorded. */
  readonly lines: readonly KeyedLine[];
};

/**
 * The draft as it would be with this usage, from the same figures as the draft; null: there would
 * be none.
 */
export async function previewInvoice(
  models: ReadModels,
  graceHours: number,
  request: PreviewRequest,
  now: Instant,
): Promise<InvoiceView | null> {
  const { contractId, lines } = request;
  const customerId = (await contractCustomers(models.main.reader, [contractId])).get(contractId);
  if (customerId === undefined) return null;
  return atOnePosition(models, lastAccountChange([customerId]), async (moment) => {
    const found = (await accountsAt(moment, [customerId])).get(customerId);
    const account = present(found, 'a customer with a contract has an account');
    const added = await linesOf(moment, customerId, lines);
    const metrics = await allMetrics(moment);
    const marks = lateMarksOf(account.contracts, metrics, added, now);
    const preview = { ...account, lateMarks: [...account.lateMarks, ...marks] };
    const contract = contractIn(preview, contractId);
    const since = pendingLateSince(contract, preview.lateMarks);
    const period = previewed(contract, request.invoiceId, since, graceHours, now);
    const figures = withUsage(figuresAt(moment, preview, null), metrics, added);
    if (period === undefined) {
      await needLateMarks(figures, contract);
      return null;
    }
    const content = await invoiceContent(figures, contract, period);
    if (period.lateOnly && content.lines.length === 0) return null;
    return openView(asPreview(content, lines), moment.position);
  });
}

function previewed(
  contract: Contract,
  invoiceId: string | null,
  lateSince: Instant | null,
  graceHours: number,
  now: Instant,
): BillingPeriod | undefined {
  const open = openPeriods(contract, now).filter(({ invoiceType }) => invoiceType === 'USAGE');
  const late = lateSince === null ? undefined : latePeriod(contract, lateSince, graceHours);
  if (invoiceId !== null) return [...open, late].find((period) => period?.invoiceId === invoiceId);
  const [next] = openUsagePeriods(contract);
  return open.at(-1) ?? next ?? late;
}

/** The usage that would be the customer's, and count. */
async function linesOf(
  { main, usage, position }: Moment,
  customerId: string,
  lines: readonly KeyedLine[],
): Promise<UsageLine[]> {
  const customer = (await customersByIds(main, [customerId])).get(customerId);
  const keys = [customerId, ...(customer?.ingestAliases ?? [])].map(wellFormed);
  const ids = [...new Set(lines.map(({ line }) => line.transactionId))];
  const places = await placesOf(ids, usage);
  const through = Number(position);
  // Projectors that share the work keep ids ahead of what is counted.
  const recorded = ids.filter((_id, index) => (places.get(index)?.position ?? Infinity) <= through);
  return newLines(lines, new Set(keys), new Set(recorded));
}

async function allMetrics({ usage }: Moment): Promise<readonly Metric[]> {
  const rows = await usage.selectFrom('usage_metric').select('definition').execute();
  return rows.map(({ definition }) => fromJson(definition));
}

/** As the usage model marks what is recorded for a period that is closed by then. */
function lateMarksOf(
  { contracts, cuts }: CustomerContracts,
  metrics: readonly Metric[],
  lines: readonly UsageLine[],
  now: Instant,
): LateMark[] {
  const closedThrough = contracts
    .flatMap(({ closings }) => closings)
    .filter(({ invoiceType, lateOnly }) => invoiceType === 'USAGE' && !lateOnly)
    .reduce<Instant | null>(
      (last, { periodEnd }) => (last !== null && last > periodEnd ? last : periodEnd),
      null,
    );
  if (closedThrough === null) return [];
  const late = lines.filter((line) => line.timestamp < closedThrough && isCounted(metrics, line));
  const months = new Set(late.map((line) => monthOf(line.timestamp)));
  return [...months].map((month) => ({ month, afterCut: cuts, recordedAt: now }));
}

const withUsage = (
  figures: Figures,
  metrics: readonly Metric[],
  lines: readonly UsageLine[],
): Figures => {
  const byId = new Map(metrics.map((metric) => [metric.metricId, metric]));
  return {
    ...figures,
    async metered(meters) {
      const recorded = await figures.metered(meters);
      return recorded.map((reading, index) => {
        const meter = present(meters[index], 'a reading for every meter');
        const metric = present(byId.get(meter.metricId), 'the usage model knows what it meters');
        return mergeReadings(reading, readingOf(metric, meter, lines));
      });
    },
  };
};

/** Another object than the draft, to whoever keys on ids. */
function asPreview(content: InvoiceContent, lines: readonly KeyedLine[]): InvoiceContent {
  const suffix = `@preview-${fingerprint(JSON.stringify(lines)).slice(0, 12)}`;
  return {
    ...content,
    invoiceId: `${content.invoiceId}${suffix}`,
    lines: content.lines.map((line) => ({ ...line, lineId: `${line.lineId}${suffix}` })),
  };
}
