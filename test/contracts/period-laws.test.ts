import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStanding, type Contract } from '../../src/contracts/contract.ts';
import { contracts } from '../../src/contracts/decider.ts';
import { type ContractEvent, type StatementSchedule } from '../../src/contracts/events.ts';
import {
  latePeriod,
  nextDue,
  openPeriods,
  openScheduledPeriods,
  openUsagePeriods,
  type BillingPeriod,
} from '../../src/contracts/periods.ts';
import {
  addHours,
  boundary,
  earliest,
  latest,
  monthOf,
  type Instant,
} from '../../src/kernel/calendar.ts';
import { fold, isRefused } from '../../src/kernel/decider.ts';
import { present } from '../../src/kernel/invariant.ts';
import { hours as anyHours, hoursFrom, statementSchedules } from '../support/arbitraries.ts';
import { close, closed, created, end, ended, month, october, reopen } from './asked.ts';

const horizon = month(30);
const hours = 24 * 150;

const wishes = fc.oneof(
  { weight: 5, arbitrary: fc.record({ wish: fc.constant('close' as const), pick: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ wish: fc.constant('void' as const), pick: fc.nat(9) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      wish: fc.constant('end' as const),
      endingBefore: fc.option(hoursFrom(october, hours), { freq: 3 }),
    }),
  },
);
type Wish = typeof wishes extends fc.Arbitrary<infer T> ? T : never;

const charge = {
  chargeId: 'chg_1',
  productId: 'fee',
  name: 'Fee',
  occurrences: [0, 1, 2].map((index) => ({
    timestamp: addHours(month(index), 7),
    quantity: '1',
    unitPrice: '1',
    amount: '1',
  })),
};

/** What comes of the wishes, one a fortnight: those that the decider refuses change nothing. */
function live(
  startingAt: Instant,
  statementSchedule: StatementSchedule,
  wanted: readonly Wish[],
): Contract {
  const terms = { startingAt, statementSchedule, scheduledCharges: [charge] };
  const history: ContractEvent[] = [created(terms)];
  wanted.forEach((wish, index) => {
    const contract = only(history);
    const now = addHours(october, (index + 1) * 14 * 24);
    const command = commandOf(wish, contract, now);
    if (command === undefined) return;
    const decision = contracts.decide(command, fold(contracts, history));
    if (!isRefused(decision)) history.push(...decision.events);
  });
  return only(history);
}

const only = (history: readonly ContractEvent[]): Contract =>
  present(fold(contracts, history).contracts[0], 'the first event creates it');

function commandOf(wish: Wish, contract: Contract, now: Instant) {
  switch (wish.wish) {
    case 'end':
      return { ...end(wish.endingBefore), now };
    case 'close': {
      const open = openPeriods(contract, now);
      const period = open[wish.pick % Math.max(open.length, 1)];
      return period && close(period.invoiceId, now, { early: true });
    }
    case 'void': {
      const closing = contract.closings[wish.pick % Math.max(contract.closings.length, 1)];
      return closing && reopen(closing.invoiceId, now);
    }
  }
}

const lives = fc
  .tuple(hoursFrom(october, 24 * 40), statementSchedules, fc.array(wishes, { maxLength: 25 }))
  .map(([startingAt, schedule, wanted]) => live(startingAt, schedule, wanted));

/** The open USAGE periods that start before the horizon. */
function open(contract: Contract): BillingPeriod[] {
  const periods: BillingPeriod[] = [];
  for (const period of openUsagePeriods(contract)) {
    if (period.periodStart >= horizon) break;
    periods.push(period);
  }
  return periods;
}

/** The first boundary of the contract's calendar after that instant, found by counting. */
function nextBoundary({ startingAt, statementSchedule: by }: Contract, after: Instant): Instant {
  const anchor = by.day === 'CONTRACT_START' ? startingAt : monthOf(startingAt);
  let step = 0;
  while (boundary(anchor, by.frequency, step) <= after) step += 1;
  return boundary(anchor, by.frequency, step);
}

const closedUsage = (contract: Contract) =>
  contract.closings.filter((one) => one.invoiceType === 'USAGE' && isStanding(one));

describe('whatever happens to a contract', () => {
  it('its closed and open periods together tile its time', () => {
    fc.assert(
      fc.property(lives, (contract) => {
        const periods = [...closedUsage(contract), ...open(contract)].sort((a, b) =>
          a.periodStart < b.periodStart ? -1 : 1,
        );
        let reached = contract.startingAt;
        for (const { periodStart, periodEnd } of periods) {
          expect(periodStart).toBe(reached);
          expect(periodEnd > periodStart).toBe(true);
          reached = periodEnd;
        }
        if (contract.endingBefore !== null) expect(reached).toBe(contract.endingBefore);
        else expect(reached >= horizon).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('no invoice id comes twice', () => {
    fc.assert(
      fc.property(lives, (contract) => {
        const ids = [
          ...contract.closings,
          ...open(contract),
          ...openScheduledPeriods(contract),
        ].map(({ invoiceId }) => invoiceId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 400 },
    );
  });

  it('the next due instants are the least of all its open periods', () => {
    fc.assert(
      fc.property(lives, (contract) => {
        const all = [...open(contract), ...openScheduledPeriods(contract)];
        const least = (graced: boolean) =>
          all
            .filter((period) => period.graced === graced)
            .reduce<Instant | null>((first, { dueFrom }) => earliest(dueFrom, first), null);
        expect(nextDue(contract)).toEqual({ graced: least(true), immediate: least(false) });
      }),
      { numRuns: 400 },
    );
  });

  it('nothing is due before it is over, nor before what made it was recorded', () => {
    fc.assert(
      fc.property(lives, (contract) => {
        for (const period of open(contract)) {
          const { createdAt, endUpdatedAt } = contract;
          const from = latest(period.periodEnd, latest(createdAt, endUpdatedAt ?? createdAt));
          expect(period.dueFrom >= from).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('no boundary inside it is off its calendar, but those that an end date once made', () => {
    fc.assert(
      fc.property(anyHours, statementSchedules, fc.integer({ min: 1, max: 40 }), (at, by, most) => {
        const periods: BillingPeriod[] = [];
        for (const period of openUsagePeriods(
          only([created({ startingAt: at, statementSchedule: by })]),
        )) {
          if (periods.length === most) break;
          periods.push(period);
        }
        const anchor = by.day === 'CONTRACT_START' ? at : monthOf(at);
        expect(periods.map(({ periodEnd }) => periodEnd)).toEqual(
          periods.map((_, step) => boundary(anchor, by.frequency, step + 1)),
        );
        expect(periods.at(0)?.periodStart).toBe(at);
      }),
      { numRuns: 300 },
    );
  });

  it('late usage after its end stands on periods of its calendar, one after the other', () => {
    const hoursAfter = fc.integer({ min: 1, max: 24 * 1000 });
    fc.assert(
      fc.property(anyHours, hoursAfter, statementSchedules, (startingAt, length, by) => {
        const endingBefore = addHours(startingAt, length);
        let history: ContractEvent[] = [
          created({ startingAt, endingBefore, statementSchedule: by }),
        ];
        for (const { periodStart, periodEnd, invoiceId } of openUsagePeriods(only(history))) {
          history = [...history, closed(periodStart, periodEnd, { invoiceId })];
        }
        let reached = endingBefore;
        for (let round = 0; round < 5; round += 1) {
          // Recorded when the last of them fell due: that one takes no more.
          const late = latePeriod(only(history), addHours(reached, 24), 24);
          if (late === undefined) throw new Error('an ended contract has a period for late usage');
          expect(late).toMatchObject({ periodStart: reached, lateOnly: true });
          expect(late.periodEnd).toBe(nextBoundary(only(history), reached));
          reached = late.periodEnd;
          const { periodStart, periodEnd, invoiceId } = late;
          history = [...history, closed(periodStart, periodEnd, { invoiceId, lateOnly: true })];
        }
        // Open again, its calendar goes on from its own last period, over those of late usage.
        const reopened = openUsagePeriods(only([...history, ended(null)])).next();
        expect(reopened.value).toMatchObject({ periodStart: endingBefore, lateOnly: false });
      }),
      { numRuns: 100 },
    );
  });

  it('the random lives reach every state that the laws speak of', () => {
    const sample = fc.sample(lives, { numRuns: 300, seed: 7 });
    expect(sample.some(({ endingBefore }) => endingBefore !== null)).toBe(true);
    expect(sample.some(({ closings }) => closings.some((one) => !isStanding(one)))).toBe(true);
    expect(sample.some((one) => closedUsage(one).length > 2)).toBe(true);
    expect(
      sample.some((one) => one.closings.some(({ periodEnd }) => !periodEnd.includes('-01T00:'))),
    ).toBe(true);
  });
});
