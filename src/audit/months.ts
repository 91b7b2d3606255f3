import { contractById, type Closing, type Contract } from '../contracts/contract.ts';
import { type UsageProof } from '../invoices/events.ts';
import { lateSpans, type LateSpan } from '../invoices/late-spans.ts';
import { closedPeriods, isCarrier, periodOf } from '../invoices/settling.ts';
import { addMonths, type Interval } from '../kernel/calendar.ts';
import { usageStream } from '../usage/events.ts';
import { type Closed, type KnownContracts } from './closed.ts';
import { type Owned } from './keys.ts';
import { type AuditLog } from './sound.ts';

type Log = Pick<AuditLog, 'readStream'>;

/** Its first instant. */
export type Month = Parameters<typeof usageStream>[1];

export type CoveredMonths = {
  /** Those of the period, and of the closed periods that are settled again, in order. */
  readonly months: readonly Month[];
  /** The closed periods that are settled again. */
  readonly late: readonly Closing[];
};

/** The UTC months that the interval touches. */
export function monthsOf({ startingAt, endingBefore }: Interval): Month[] {
  const months: Month[] = [];
  let month: Month = `${startingAt.slice(0, 7)}-01T00:00:00.000Z`;
  for (; month < endingBefore; month = addMonths(month, 1)) months.push(month);
  return months;
}

/** Of which months the invoice of a closed USAGE period covers the usage. */
export async function coveredMonths(
  log: Log,
  of: Closed,
  owned: ReadonlyMap<string, readonly Owned[]>,
): Promise<CoveredMonths> {
  const { event } = of.closed;
  if (event.invoiceType === 'SCHEDULED') return { months: [], late: [] };
  const own = event.lateOnly
    ? []
    : monthsOf({ startingAt: event.periodStart, endingBefore: event.periodEnd });
  const contract = contractById(of.contracts, event.contractId);
  if (contract === undefined || !isCarrier(contract, event)) return { months: own, late: [] };
  const late = await latePeriods(log, of, contract, owned);
  const again = late.flatMap((closing) => monthsOf(periodOf(closing)));
  return { months: [...new Set([...own, ...again])].sort(), late };
}

/**
 * The months that a stored proof covers, where that is more than it has to: of any closed periods
 * of the contract, since invoices once settled all that usage had ever come late for.
 */
export function monthsProved(
  of: Closed,
  months: readonly Month[],
  proof: Pick<UsageProof, 'months'> | null,
): readonly Month[] {
  if (proof === null) return months;
  const contract = contractById(of.contracts, of.closed.event.contractId);
  const closed = contract === undefined ? [] : closedPeriods(contract);
  const known = [...months, ...closed.flatMap((closing) => monthsOf(periodOf(closing)))];
  const byText = new Map(known.map((month) => [monthText(month), month]));
  const proved = proof.months.map((text) => byText.get(text));
  const isAll = proved.every((month) => month !== undefined);
  return isAll && months.every((month) => proved.includes(month)) ? proved : months;
}

/** As a proof says it: "2024-10". */
export const monthText = (month: Month): string => month.slice(0, 7);

/** The closed periods of the contract that usage may have come late for: see lateSpans. */
export async function latePeriods(
  log: Log,
  of: KnownContracts,
  contract: Contract,
  owned: ReadonlyMap<string, readonly Owned[]>,
): Promise<readonly Closing[]> {
  const closedAt = new Map(of.closings.map(({ event, position }) => [event.cut, position]));
  const positionOf = (cut: number): bigint => closedAt.get(cut) ?? 0n;
  const lastIn = onceEach((stream, before) => lastBefore(log, stream, before));
  const came = async ({ fromCut, beforeCut, ...interval }: LateSpan): Promise<boolean> => {
    const after = positionOf(fromCut);
    const before = beforeCut === null ? of.before : positionOf(beforeCut);
    const found = monthsOf(interval).flatMap((month) =>
      [...owned].map(async ([key, stretches]) => {
        const last = await lastIn(usageStream(key, month), before);
        const isClaimed = stretches.some(
          ({ claimedAt }) => claimedAt !== null && claimedAt > after && claimedAt < before,
        );
        return last > after || (last > 0n && isClaimed);
      }),
    );
    return (await Promise.all(found)).includes(true);
  };
  const spansOf = lateSpans(contract);
  const late: Closing[] = [];
  for (const closing of closedPeriods(contract)) {
    const found = await Promise.all(spansOf(closing).map(came));
    if (found.includes(true)) late.push(closing);
  }
  return late;
}

type LastIn = (stream: string, before: bigint) => Promise<bigint>;

function onceEach(read: LastIn): LastIn {
  const known = new Map<string, Promise<bigint>>();
  return (stream, before) => {
    const name = `${stream}@${String(before)}`;
    const found = known.get(name) ?? read(stream, before);
    known.set(name, found);
    return found;
  };
}

/** The position of the stream's last event before the cut; 0: there is none. */
async function lastBefore(log: Log, stream: string, cut: bigint): Promise<bigint> {
  const backwards = { direction: 'backwards', stored: true } as const;
  let [last] = await log.readStream(stream, { ...backwards, maxCount: 1 });
  for (let maxCount = 16; last !== undefined && last.position >= cut; maxCount = 256) {
    if (last.revision === 0) return 0n;
    const page = await log.readStream(stream, { ...backwards, maxCount, from: last.revision - 1 });
    last = page.find(({ position }) => position < cut) ?? page.at(-1);
  }
  return last?.position ?? 0n;
}
