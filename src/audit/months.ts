import { contractById } from '../contracts/contract.ts';
import { isCarrier, periodOf, standingUsage } from '../invoices/settling.ts';
import { addMonths, overlap, type Interval } from '../kernel/calendar.ts';
import { usageStream } from '../usage/events.ts';
import { type Closed } from './closed.ts';
import { type Owned } from './keys.ts';
import { type AuditLog } from './sound.ts';

/** Its first instant. */
export type Month = Parameters<typeof usageStream>[1];

export type CoveredMonths = {
  /** Those of the period, and of all closed periods that are settled again, in order. */
  readonly months: readonly Month[];
  /** Those in which usage came for a period that was closed by then, and before the cut. */
  readonly late: readonly Month[];
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
  log: Pick<AuditLog, 'readStream'>,
  of: Closed,
  owned: ReadonlyMap<string, readonly Owned[]>,
): Promise<CoveredMonths> {
  const { event, position: cut } = of.closed;
  if (event.invoiceType === 'SCHEDULED') return { months: [], late: [] };
  const own = event.lateOnly
    ? []
    : monthsOf({ startingAt: event.periodStart, endingBefore: event.periodEnd });
  const contract = contractById(of.contracts, event.contractId);
  const settles = contract !== undefined && isCarrier(contract, event);
  const closings = settles ? standingUsage(contract).filter(({ lateOnly }) => !lateOnly) : [];
  const closedAt = new Map(of.closings.map((one) => [one.event.invoiceId, one.position]));
  const since = new Map<Month, bigint>();
  for (const closing of closings) {
    const position = closedAt.get(closing.invoiceId) ?? 0n;
    for (const month of monthsOf(periodOf(closing))) {
      const known = since.get(month);
      if (known === undefined || position < known) since.set(month, position);
    }
  }
  const late: Month[] = [];
  for (const [month, from] of since) {
    const came = await Promise.all(
      [...owned].map(async ([key, stretches]) => {
        const last = await lastBefore(log, usageStream(key, month), cut);
        const isClaimed = stretches.some(({ claimedAt }) => (claimedAt ?? 0n) > from);
        return last > from || (last > 0n && isClaimed);
      }),
    );
    if (came.includes(true)) late.push(month);
  }
  const settled = closings.filter((closing) =>
    late.some((month) => overlap(periodOf(closing), wholeMonth(month))),
  );
  const again = settled.flatMap((closing) => monthsOf(periodOf(closing)));
  return { months: [...new Set([...own, ...again])].sort(), late };
}

const wholeMonth = (month: Month): Interval => ({
  startingAt: month,
  endingBefore: addMonths(month, 1),
});

/** The position of the stream's last event before the cut; 0: there is none. */
async function lastBefore(
  log: Pick<AuditLog, 'readStream'>,
  stream: string,
  cut: bigint,
): Promise<bigint> {
  const backwards = { direction: 'backwards', stored: true } as const;
  let [last] = await log.readStream(stream, { ...backwards, maxCount: 1 });
  for (let maxCount = 16; last !== undefined && last.position >= cut; maxCount = 256) {
    if (last.revision === 0) return 0n;
    const page = await log.readStream(stream, { ...backwards, maxCount, from: last.revision - 1 });
    last = page.find(({ position }) => position < cut) ?? page.at(-1);
  }
  return last?.position ?? 0n;
}
