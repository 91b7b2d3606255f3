import { type Metric } from '../catalog/events.ts';
import { type Contract } from '../contracts/contract.ts';
import { openUsagePeriods } from '../contracts/periods.ts';
import { giveWay } from '../give-way.ts';
import { pendingLateSince, periodOf, standingUsage, type LateMark } from '../invoices/settling.ts';
import { hourOf, latest, monthOf, type Instant } from '../kernel/calendar.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { usageStream, type UsageLine, type UsageRecorded } from '../usage/events.ts';
import { sees } from '../usage/filters.ts';
import { tallyOf } from '../usage/metering.ts';
import { stretchOf, type Owned } from './keys.ts';
import { type PastAccount, type PastSources } from './past-account.ts';
import { firstRecordings } from './past-usage.ts';
import { monthsOf } from './months.ts';

/** See pendingLateSince; only an ended contract that has no open period of its own asks for it. */
export async function pastLateSince(
  sources: PastSources,
  account: PastAccount,
  contract: Contract,
): Promise<Instant | null> {
  if (contract.endingBefore === null || openUsagePeriods(contract).next().done !== true)
    return null;
  const closings = standingUsage(contract);
  if (closings.length === 0) return pendingLateSince(contract, []);
  const cuts = cutsOf(account);
  const lastCut = Math.max(...closings.map(({ cut }) => cut));
  const after = cuts.find(({ cut }) => cut === lastCut)?.position ?? 0n;
  const months = new Set(
    closings.filter(({ lateOnly }) => !lateOnly).flatMap((one) => monthsOf(periodOf(one))),
  );
  const metrics = await sources.metricsThrough(account.through);
  const marks: LateMark[] = [];
  for (const [key, owned] of await account.owned()) {
    for (const month of months) {
      const late = await lateEvents(sources, account, usageStream(key, month), { owned, after });
      marks.push(...(await marksOf(sources, account, { late, owned, metrics, cuts })));
    }
  }
  return pendingLateSince(contract, marks);
}

type Cut = {
  readonly position: bigint;
  readonly cut: number;
  /** The greatest end of a USAGE period that was closed up to this one. */
  readonly closedThrough: Instant | null;
};

function cutsOf({ closings }: PastAccount): readonly Cut[] {
  let closedThrough: Instant | null = null;
  return closings.map(({ position, event }) => {
    const { cut, invoiceType, lateOnly, periodEnd } = event;
    if (invoiceType === 'USAGE' && !lateOnly) {
      closedThrough = latest(periodEnd, closedThrough ?? periodEnd);
    }
    return { position, cut, closedThrough };
  });
}

/** An event may hold thousands of lines. */
const pageSize = 8;

/** The customer's events of a stream that it came to own after a position. */
async function lateEvents(
  { log }: PastSources,
  { through }: PastAccount,
  stream: string,
  { owned, after }: { readonly owned: readonly Owned[]; readonly after: bigint },
): Promise<readonly Recorded<UsageRecorded>[]> {
  const claimedLate = owned.some(({ claimedAt }) => (claimedAt ?? 0n) > after);
  const least = claimedLate ? 0n : after;
  const found: Recorded<UsageRecorded>[] = [];
  let from: number | null = null;
  for (;;) {
    await giveWay();
    const page = (await log.readStream(stream, {
      direction: 'backwards',
      maxCount: pageSize,
      ...(from === null ? {} : { from }),
    })) as readonly Recorded<UsageRecorded>[];
    for (const recorded of page) {
      if (recorded.position <= through && ownSince(owned, recorded) > after) found.push(recorded);
    }
    const last = page.at(-1);
    if (last === undefined || last.revision === 0 || last.position <= least) return found;
    from = last.revision - 1;
  }
}

/** Since where an event of usage is the customer's; 0: it is not. */
function ownSince(owned: readonly Owned[], { position }: Recorded): bigint {
  const stretch = stretchOf(owned, position);
  return stretch === undefined ? 0n : (stretch.claimedAt ?? position);
}

type Late = {
  readonly late: readonly Recorded<UsageRecorded>[];
  readonly owned: readonly Owned[];
  readonly metrics: readonly Metric[];
  readonly cuts: readonly Cut[];
};

async function marksOf(
  sources: PastSources,
  { customerEvents }: PastAccount,
  { late, owned, metrics, cuts }: Late,
): Promise<readonly LateMark[]> {
  const marks: LateMark[] = [];
  for (const { recorded, lines } of await firstRecordings(sources, late)) {
    const since = ownSince(owned, recorded);
    const standing = cuts.findLast(({ position }) => position < since);
    const closedThrough = standing?.closedThrough ?? null;
    if (standing === undefined || closedThrough === null) continue;
    const isLate = (line: UsageLine) =>
      hourOf(line.timestamp) < closedThrough && metrics.some((metric) => counts(metric, line));
    const [one] = lines.filter(isLate);
    if (one === undefined) continue;
    const claim = customerEvents.find(({ position }) => position === since);
    const { recordedAt } = (claim ?? recorded).metadata;
    marks.push({ month: monthOf(one.timestamp), afterCut: standing.cut, recordedAt });
  }
  return marks;
}

const counts = (metric: Metric, line: UsageLine): boolean =>
  sees(metric, line) && tallyOf(metric, line, '') !== 'passed_over';
