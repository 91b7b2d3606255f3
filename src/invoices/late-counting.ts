import { covers, type Instant, type Interval } from '../kernel/calendar.ts';
import { cellsBetween } from '../kernel/cells.ts';
import { type Aggregation } from '../catalog/events.ts';
import { type InvoiceLine } from './events.ts';
import { segmentStartAt, type BilledSegment } from './explaining.ts';
import { lateSharesInLast, type TracedInvoice } from './tracing.ts';

/** An invoice, and how it bills usage of a line's product and group values in its own period. */
export type BilledPeriod = Omit<TracedInvoice, 'products'> & {
  readonly segments: readonly BilledSegment[];
};

type Late = {
  /** Those of a contract, in the order of their cuts, from the first that closed the period. */
  readonly invoices: readonly BilledPeriod[];
  readonly line: Pick<InvoiceLine, 'segmentStart'>;
  readonly aggregation: Aggregation;
  /** That of the line's period. */
  readonly interval: Interval;
};

/**
 * Whether usage of an instant in the interval, that counts from after so many cuts, is behind a
 * line for late usage of the last of the invoices. MAX, UNIQUE and LATEST are taken over the whole
 * period, and so is what is late for them.
 */
export function lateCounting({
  invoices,
  line: { segmentStart },
  aggregation,
  interval,
}: Late): (at: Instant, afterCut: number) => boolean {
  const adds = aggregation === 'COUNT' || aggregation === 'SUM';
  const cells = cellsBetween(
    interval,
    invoices.flatMap(({ segments, before, periodStart, periodEnd }) => [
      before,
      { startingAt: periodStart, endingBefore: periodEnd },
      ...segments,
    ]),
  );
  const productsAt = (segments: readonly BilledSegment[], at: Instant): ReadonlySet<string> => {
    if (!adds) return new Set(segments.length === 0 ? [] : [segmentStart]);
    const start = segmentStartAt(segments, at);
    return new Set(start === undefined ? [] : [start]);
  };
  const tracedIn = cells.map(({ startingAt }) =>
    invoices.map((one) => ({ ...one, products: productsAt(one.segments, startingAt) })),
  );
  const known = new Map<string, boolean>();
  return (at, afterCut) => {
    const cell = cells.findIndex((one) => covers(one, at));
    const key = `${String(cell)} ${String(afterCut)}`;
    let isBehind = known.get(key);
    if (isBehind === undefined) {
      const shares = lateSharesInLast(tracedIn[cell] ?? [], at, afterCut);
      isBehind = (shares.get(segmentStart) ?? 0) !== 0;
      known.set(key, isBehind);
    }
    return isBehind;
  };
}
