import { describe, expect, it } from 'vitest';
import { type Contract } from '../../src/contracts/contract.ts';
import { latePeriod, openUsagePeriods, type BillingPeriod } from '../../src/contracts/periods.ts';
import { present } from '../../src/kernel/invariant.ts';
import { unsettledBy } from '../../src/invoices/late-spans.ts';
import {
  chargingBefore,
  pendingLateSince,
  periodsToSettle,
  type LateMark,
} from '../../src/invoices/settling.ts';
import {
  at,
  closed,
  contract,
  day,
  ended,
  firstOpen,
  january,
  line,
  month,
  reopened,
  usageId,
} from './given.ts';

const mark = (of: number, afterCut: number, recordedAt = month(of + 2)): LateMark => ({
  month: month(of),
  afterCut,
  recordedAt,
});
const lateLine = (index: number) =>
  line({
    type: 'LATE_USAGE',
    period: { startingAt: month(index), endingBefore: month(index + 1) },
  });
const settled = (
  of: Contract,
  invoice: BillingPeriod,
  marks: readonly LateMark[] = [],
  lines: readonly ReturnType<typeof line>[] = [],
) =>
  periodsToSettle(of, invoice, unsettledBy(of, marks), lines).map(({ period, closing }) => [
    period.startingAt,
    closing?.invoiceId ?? null,
  ]);

const chargedFor = (of: Contract, invoice: BillingPeriod, marks: readonly LateMark[]) =>
  chargingBefore(of, invoice, unsettledBy(of, marks)).map(({ invoiceId }) => invoiceId);

const twoClosed = contract({}, closed(0, 1), closed(1, 2));

describe('what an invoice settles', () => {
  it('is nothing while no usage came late', () => {
    expect(settled(contract(), firstOpen(contract()))).toEqual([]);
    expect(settled(twoClosed, firstOpen(twoClosed))).toEqual([]);
  });

  it('is each closed period that usage came late for: recorded after its cut, in its months', () => {
    const march = firstOpen(twoClosed);
    expect(settled(twoClosed, march, [mark(0, 2)])).toEqual([[january, usageId(january)]]);
    expect(settled(twoClosed, march, [mark(0, 0)])).toEqual([]);
    expect(settled(twoClosed, march, [mark(1, 1)])).toEqual([]);
    expect(settled(twoClosed, march, [mark(1, 2), mark(0, 2)])).toEqual([
      [january, usageId(january)],
      [month(1), usageId(month(1))],
    ]);
    expect(settled(twoClosed, march, [mark(2, 2)])).toEqual([]);
  });

  it('stands on the earliest invoice that is not final, and on no other', () => {
    const [, april] = [...firstTwo(twoClosed)];
    expect(settled(twoClosed, present(april, 'two periods'), [mark(0, 1)])).toEqual([]);
  });

  it('is no more what an invoice that stands has settled, a late line or none', () => {
    const march = firstOpen(twoClosed);
    // February's invoice was the earliest that was not final.
    expect(settled(twoClosed, march, [mark(0, 1)])).toEqual([]);
    expect(settled(twoClosed, march, [mark(0, 1)], [lateLine(0)])).toEqual([]);
    expect(chargedFor(twoClosed, march, [mark(0, 1)])).toEqual([]);
    expect(settled(twoClosed, march, [mark(0, 1), mark(0, 2)])).toEqual([
      [january, usageId(january)],
    ]);
    expect(chargedFor(twoClosed, march, [mark(0, 2)])).toEqual([usageId(month(1))]);
  });

  it('is again what an invoice had settled that is void', () => {
    const voided = contract(
      {},
      ...[closed(0, 1), closed(1, 2), closed(2, 3), closed(3, 4)],
      reopened(usageId(month(1)), month(5)),
    );
    const again = firstOpen(voided);
    // January's late usage was charged by February's invoice, before those that stand.
    expect(settled(voided, again, [mark(0, 1)])).toEqual([[january, usageId(january)]]);
    expect(settled(voided, again, [mark(0, 2)])).toEqual([]);
    expect(settled(voided, again, [mark(2, 3)])).toEqual([]);
    const settledAgain = contract(
      {},
      ...[closed(0, 1), closed(1, 2), closed(2, 3), closed(3, 4)],
      reopened(usageId(month(1)), month(5)),
      closed(1, 5, { invoiceId: usageId(month(1), 1) }),
    );
    expect(settled(settledAgain, firstOpen(settledAgain), [mark(0, 1)])).toEqual([]);
    expect(settled(settledAgain, firstOpen(settledAgain), [mark(0, 5)])).toEqual([
      [january, usageId(january)],
    ]);
  });

  it('is what the last of several void invoices had settled, too', () => {
    const both = contract(
      {},
      ...[closed(0, 1), closed(1, 2), closed(2, 3), closed(3, 4), closed(4, 5)],
      reopened(usageId(month(1)), month(6)),
      reopened(usageId(month(2)), month(6)),
    );
    expect(settled(both, firstOpen(both), [mark(0, 1)])).toEqual([[january, usageId(january)]]);
    expect(settled(both, firstOpen(both), [mark(0, 2)])).toEqual([[january, usageId(january)]]);
    expect(settled(both, firstOpen(both), [mark(0, 3)])).toEqual([]);
  });

  it('is not settled by an invoice that was closed while an earlier one was open', () => {
    const both = contract(
      {},
      ...[closed(0, 1), closed(1, 2), closed(2, 3)],
      reopened(usageId(month(1)), month(4)),
      reopened(usageId(month(2)), month(4)),
      closed(2, 4, { invoiceId: usageId(month(2), 1) }),
    );
    const february = firstOpen(both);
    expect(settled(both, february, [mark(0, 3)])).toEqual([[january, usageId(january)]]);
    expect(settled(both, february, [mark(2, 3)])).toEqual([]);
  });

  it('is a short period too, whose month is marked', () => {
    const short = contract(
      { startingAt: day(10), endingBefore: day(20) },
      closed(0, 1, { periodStart: day(10), periodEnd: day(20), invoiceId: usageId(day(10)) }),
    );
    const late = present(latePeriod(short, month(1), 24), 'late usage waits');
    expect(settled(short, late, [mark(0, 1)])).toEqual([[day(10), usageId(day(10))]]);
  });
});

describe('a period that is billed again', () => {
  const voided = contract(
    {},
    closed(0, 1),
    closed(1, 2),
    reopened(usageId(january), at('2025-03-05T00:00:00Z')),
  );
  const again = firstOpen(voided);

  it('takes back what standing late lines have charged for it, without terms', () => {
    expect(again.invoiceId).toBe(usageId(january, 1));
    expect(settled(voided, again, [], [lateLine(0)])).toEqual([[january, null]]);
    expect(settled(voided, again)).toEqual([]);
  });

  it('carries the late usage of the others when it is the earliest', () => {
    expect(settled(voided, again, [mark(0, 2), mark(1, 2)], [lateLine(0)])).toEqual([
      [month(1), usageId(month(1))],
      [january, null],
    ]);
  });

  it('takes its own back when it is not the earliest, too', () => {
    const both = contract(
      {},
      closed(0, 1),
      closed(1, 2),
      reopened(usageId(january), month(3)),
      reopened(usageId(month(1)), month(3)),
    );
    const [, february] = firstTwo(both);
    expect(settled(both, present(february, 'two'), [], [lateLine(1)])).toEqual([[month(1), null]]);
  });

  it('is settled by the next invoice when it is dropped by an earlier end', () => {
    const dropped = contract(
      { startingAt: month(-1) },
      closed(-1, 1),
      closed(0, 2),
      closed(1, 3),
      reopened(usageId(january), month(3)),
      reopened(usageId(month(1)), month(3)),
      ended(day(9)),
    );
    expect(settled(dropped, firstOpen(dropped), [], [lateLine(1)])).toEqual([[month(1), null]]);
  });
});

describe('the invoices whose late lines are read', () => {
  const again = closed(0, 3, { invoiceId: usageId(january, 1) });
  const twice = [closed(0, 1), closed(1, 2), reopened(usageId(january), month(3)), again];

  it('are those behind the first closing of a period that is billed again', () => {
    const voided = contract({}, closed(0, 1), closed(1, 2), reopened(usageId(january), month(3)));
    expect(chargedFor(voided, firstOpen(voided), [])).toEqual([usageId(month(1))]);
    const third = contract({}, ...twice);
    expect(chargedFor(third, firstOpen(third), [])).toEqual([]);
    expect(chargedFor(third, firstOpen(third), [mark(0, 3)])).toEqual([
      usageId(month(1)),
      usageId(january, 1),
    ]);
  });

  it('are those behind a period that is dropped', () => {
    const dropped = contract({}, ...twice, reopened(usageId(month(1)), month(4)), ended(month(1)));
    const late = present(latePeriod(dropped, month(2), 24), 'late usage waits');
    expect(chargedFor(dropped, late, [])).toEqual([usageId(january, 1)]);
    expect(settled(dropped, late, [], [lateLine(1)])).toEqual([[month(1), null]]);
  });
});

function firstTwo(of: Contract): BillingPeriod[] {
  const periods: BillingPeriod[] = [];
  for (const period of openUsagePeriods(of)) if (periods.push(period) === 2) break;
  return periods;
}

describe('late usage that waits', () => {
  const finished = contract({ endingBefore: month(1) }, closed(0, 1));

  it('is that of an ended contract, recorded since its last cut', () => {
    expect(pendingLateSince(finished, [])).toBeNull();
    expect(pendingLateSince(finished, [mark(0, 0)])).toBeNull();
    expect(pendingLateSince(finished, [mark(0, 1, month(4)), mark(0, 2, month(3))])).toBe(month(4));
    expect(pendingLateSince(twoClosed, [mark(0, 2)])).toBeNull();
  });

  it('is over once an invoice has taken it in', () => {
    const taken = contract(
      { endingBefore: month(1) },
      closed(0, 1),
      closed(1, 2, { lateOnly: true }),
    );
    expect(pendingLateSince(taken, [mark(0, 1)])).toBeNull();
    expect(pendingLateSince(taken, [mark(0, 2)])).toBe(month(2));
  });

  it('waits again when that invoice is voided', () => {
    const voided = contract(
      { endingBefore: month(1) },
      closed(0, 1),
      closed(1, 2, { lateOnly: true }),
      reopened(usageId(month(1)), month(5)),
    );
    expect(pendingLateSince(voided, [mark(0, 1)])).toBe(month(5));
  });

  it('is not what came late for the periods of another contract', () => {
    const own = mark(0, 1, month(2));
    // Usage of February, for a contract that followed; of January, but before the cut.
    const strange = [mark(1, 2, month(3)), mark(-1, 2, month(3)), mark(0, 0, month(3))];
    expect(pendingLateSince(finished, strange)).toBeNull();
    expect(pendingLateSince(finished, [own, ...strange])).toBe(month(2));
  });

  it('is not what came late for the time of an invoice of late usage alone', () => {
    const taken = contract(
      { endingBefore: month(1) },
      closed(0, 1),
      closed(1, 2, { lateOnly: true }),
    );
    expect(pendingLateSince(taken, [mark(1, 2, month(3))])).toBeNull();
  });
});
