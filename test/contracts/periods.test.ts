import { describe, expect, it } from 'vitest';
import { type Contract } from '../../src/contracts/contract.ts';
import { contracts } from '../../src/contracts/decider.ts';
import { type ContractEvent } from '../../src/contracts/events.ts';
import {
  dueAt,
  latePeriod,
  nextDue,
  openPeriods,
  openScheduledPeriods,
  openUsagePeriods,
  type BillingPeriod,
} from '../../src/contracts/periods.ts';
import { fold } from '../../src/kernel/decider.ts';
import { present } from '../../src/kernel/invariant.ts';
import {
  at,
  closed,
  created,
  ended,
  month,
  october,
  reopened,
  scheduledId,
  usageId,
} from './asked.ts';

const contract = (...history: readonly ContractEvent[]): Contract =>
  present(fold(contracts, history).contracts[0], 'the first event creates it');

/** The first open USAGE periods, at most that many. */
function open(of: Contract, most = 3): BillingPeriod[] {
  const periods: BillingPeriod[] = [];
  for (const period of openUsagePeriods(of)) {
    if (periods.length === most) break;
    periods.push(period);
  }
  return periods;
}
const spans = (periods: readonly BillingPeriod[]) =>
  periods.map(
    ({ periodStart, periodEnd }) => `${periodStart.slice(0, 13)} ${periodEnd.slice(0, 13)}`,
  );
const charge = {
  chargeId: 'chg_1',
  productId: 'fee',
  name: 'Fee',
  occurrences: [month(2), month(0), month(1)].map((timestamp) => ({
    timestamp,
    quantity: '1',
    unitPrice: '10',
    amount: '10',
  })),
};
const mid = at('2024-10-17T05:00:00Z');
const second = usageId(october, 1);

describe('the open periods of a contract', () => {
  it('are the months of the calendar, without end', () => {
    expect(spans(open(contract(created())))).toEqual([
      '2024-10-01T00 2024-11-01T00',
      '2024-11-01T00 2024-12-01T00',
      '2024-12-01T00 2025-01-01T00',
    ]);
    expect(open(contract(created()), 100)).toHaveLength(100);
  });

  it('are clipped at its start and its end', () => {
    const clipped = created({ startingAt: mid, endingBefore: at('2024-12-09T07:00:00Z') });
    expect(spans(open(contract(clipped)))).toEqual([
      '2024-10-17T05 2024-11-01T00',
      '2024-11-01T00 2024-12-01T00',
      '2024-12-01T00 2024-12-09T07',
    ]);
    const short = created({ startingAt: mid, endingBefore: at('2024-10-17T06:00:00Z') });
    expect(spans(open(contract(short)))).toEqual(['2024-10-17T05 2024-10-17T06']);
  });

  it('are those that no standing invoice closes', () => {
    const of = contract(created({ endingBefore: month(2) }), closed(october, month(1)));
    expect(spans(open(of))).toEqual(['2024-11-01T00 2024-12-01T00']);
    const voided = contract(
      created({ endingBefore: month(2) }),
      closed(october, month(1)),
      reopened(usageId(october), mid),
    );
    expect(open(voided).map(({ invoiceId, reopened }) => [invoiceId, reopened])).toEqual([
      [second, true],
      [usageId(month(1)), false],
    ]);
  });

  it('end with the contract when it is ended early after a void', () => {
    const of = contract(
      created(),
      closed(october, month(1)),
      reopened(usageId(october), month(1)),
      ended(mid),
    );
    expect(spans(open(of))).toEqual(['2024-10-01T00 2024-10-17T05']);
  });

  it('fill the gap when a period was closed again with an earlier end and the contract goes on', () => {
    const of = contract(
      created(),
      closed(october, month(1)),
      closed(month(1), month(2), { cut: 2 }),
      reopened(usageId(october), month(2)),
      reopened(usageId(month(1)), month(2)),
      ended(mid),
      closed(october, mid, { invoiceId: second, cut: 3 }),
      ended(null),
    );
    expect(open(of).map(({ invoiceId }) => invoiceId)).toEqual([
      usageId(mid),
      usageId(month(1), 1),
      usageId(month(2)),
    ]);
    expect(spans(open(of))).toEqual([
      '2024-10-17T05 2024-11-01T00',
      '2024-11-01T00 2024-12-01T00',
      '2024-12-01T00 2025-01-01T00',
    ]);
  });

  it('go on where the last closed one ended, when an ended contract is reopened', () => {
    const of = contract(created({ endingBefore: mid }), closed(october, mid), ended(null));
    expect(spans(open(of, 2))).toEqual([
      '2024-10-17T05 2024-11-01T00',
      '2024-11-01T00 2024-12-01T00',
    ]);
  });

  it('take the next id where an invoice of late usage alone stood', () => {
    const of = contract(
      created({ endingBefore: mid }),
      closed(october, mid),
      closed(mid, month(1), { lateOnly: true, cut: 2 }),
      ended(null),
    );
    expect(open(of, 1)).toMatchObject([{ invoiceId: usageId(mid, 1), lateOnly: false }]);
  });

  it('that have begun are listed with the charges that have come, usage first', () => {
    const of = contract(created({ scheduledCharges: [charge] }));
    expect(openPeriods(of, month(1)).map(({ invoiceId }) => invoiceId)).toEqual([
      usageId(october),
      usageId(month(1)),
      scheduledId(october),
      scheduledId(month(1)),
    ]);
    expect(openPeriods(of, at('2024-09-30T23:59:59.999Z'))).toEqual([]);
  });
});

describe('an invoice falls due', () => {
  const due = (of: Contract) => open(of, 2).map((period) => dueAt(period, 24));

  it('a grace period after its period ends', () => {
    expect(due(contract(created()))).toEqual([
      '2024-11-02T00:00:00.000Z',
      '2024-12-02T00:00:00.000Z',
    ]);
  });

  it('a grace period after the contract was recorded, when it is backdated', () => {
    const backdated = contract(created({ createdAt: at('2024-11-15T10:00:00Z') }));
    expect(due(backdated)).toEqual(['2024-11-16T10:00:00.000Z', '2024-12-02T00:00:00.000Z']);
  });

  it('a grace period after the last end date was recorded', () => {
    const moved = contract(created(), ended(mid, { updatedAt: at('2024-12-24T18:00:00Z') }));
    expect(due(moved)).toEqual(['2024-12-25T18:00:00.000Z']);
  });

  it('a grace period after its last void', () => {
    const voided = contract(
      created({ endingBefore: month(1) }),
      closed(october, month(1)),
      reopened(usageId(october), at('2024-12-01T00:00:00Z')),
      closed(october, month(1), { invoiceId: second, cut: 2 }),
      reopened(second, at('2025-01-05T00:00:00Z')),
    );
    expect(open(voided)).toMatchObject([{ invoiceId: usageId(october, 2) }]);
    expect(due(voided)).toEqual(['2025-01-06T00:00:00.000Z']);
  });

  it('at once for scheduled charges, or when the contract was recorded, or after grace once void', () => {
    const dueOf = (...history: ContractEvent[]) =>
      openScheduledPeriods(contract(...history)).map((period) => dueAt(period, 24));
    const start = created({ scheduledCharges: [charge], createdAt: mid });
    expect(dueOf(start)).toEqual([mid, month(1), month(2)]);
    const closing = closed(month(1), month(1), {
      invoiceType: 'SCHEDULED',
      invoiceId: scheduledId(month(1)),
    });
    expect(dueOf(start, closing)).toEqual([mid, month(2)]);
    expect(dueOf(start, closing, reopened(scheduledId(month(1)), month(1)))).toEqual([
      mid,
      '2024-11-02T00:00:00.000Z',
      month(2),
    ]);
  });
});

describe('scheduled charges', () => {
  it('at or after the end are dropped, and come back when it moves behind them', () => {
    const instants = (...history: ContractEvent[]) =>
      openScheduledPeriods(contract(created({ scheduledCharges: [charge] }), ...history)).map(
        ({ periodStart }) => periodStart,
      );
    expect(instants()).toEqual([october, month(1), month(2)]);
    expect(instants(ended(month(1)))).toEqual([october]);
    expect(instants(ended(at('2024-11-01T01:00:00Z')))).toEqual([october, month(1)]);
    expect(instants(ended(month(1)), ended(null))).toEqual([october, month(1), month(2)]);
  });

  it('of several schedules on one instant are one invoice', () => {
    const of = contract(created({ scheduledCharges: [charge, { ...charge, chargeId: 'chg_2' }] }));
    expect(openScheduledPeriods(of)).toHaveLength(3);
  });
});

describe('late usage after the end of a contract', () => {
  const billed = [created({ endingBefore: mid }), closed(october, mid)] as const;

  it('has no period while the contract goes on or has one of its own open', () => {
    expect(latePeriod(contract(created()), mid, 24)).toBeUndefined();
    expect(latePeriod(contract(created({ endingBefore: mid })), mid, 24)).toBeUndefined();
    const voided = contract(...billed, reopened(usageId(october), mid));
    expect(latePeriod(voided, mid, 24)).toBeUndefined();
  });

  it('stands on the period of the calendar whose due instant is ahead', () => {
    const of = contract(...billed);
    const late = (since: string) => latePeriod(of, at(since), 24);
    expect(late('2024-10-20T00:00:00Z')).toMatchObject({
      invoiceId: usageId(mid),
      periodStart: mid,
      periodEnd: month(1),
      lateOnly: true,
    });
    // Due 2024-11-02T00: recorded a millisecond before, it is still ahead; at that instant it is
    // not.
    expect(late('2024-11-01T23:59:59.999Z')?.periodStart).toBe(mid);
    expect(late('2024-11-02T00:00:00Z')?.periodStart).toBe(month(1));
    expect(late('2025-03-10T00:00:00Z')?.periodStart).toBe(month(5));
  });

  it('moves to the next period once one is closed, and back when that is void', () => {
    const lateClosed = closed(mid, month(1), { lateOnly: true, cut: 2 });
    const since = at('2024-10-20T00:00:00Z');
    expect(latePeriod(contract(...billed, lateClosed), since, 24)?.periodStart).toBe(month(1));
    const voided = contract(...billed, lateClosed, reopened(usageId(mid), month(2)));
    expect(latePeriod(voided, since, 24)).toMatchObject({
      invoiceId: usageId(mid, 1),
      dueFrom: month(2),
      reopened: true,
    });
  });

  it('passes over a void one that was due before it came', () => {
    const of = contract(
      ...billed,
      closed(mid, month(1), { lateOnly: true, cut: 2 }),
      reopened(usageId(mid), at('2024-12-10T00:00:00Z')),
    );
    // Due again on 11 December, a day after the void; December's own period on 2 January.
    const starts = ['2024-12-10T23:59:59.999Z', '2024-12-11T00:00:00Z', '2025-01-02T00:00:00Z'].map(
      (since) => latePeriod(of, at(since), 24)?.periodStart,
    );
    expect(starts).toEqual([mid, month(2), month(3)]);
  });
});

describe('the next due instant', () => {
  it('is the earliest of the open periods, those with grace apart', () => {
    expect(nextDue(contract(created()))).toEqual({ graced: month(1), immediate: null });
    expect(nextDue(contract(created({ scheduledCharges: [charge], createdAt: mid })))).toEqual({
      graced: month(1),
      immediate: mid,
    });
  });

  it('is none once all periods of an ended contract are closed', () => {
    const of = contract(created({ endingBefore: mid }), closed(october, mid));
    expect(nextDue(of)).toEqual({ graced: null, immediate: null });
  });

  it('is of a later period when an earlier one was voided after it ended', () => {
    const of = contract(
      created(),
      closed(october, month(1)),
      reopened(usageId(october), at('2025-02-01T00:00:00Z')),
    );
    expect(nextDue(of).graced).toBe(month(2));
  });
});
