import { describe, expect, it } from 'vitest';
import { billedBy, type Schedule } from '../support/billed-by.ts';
import { at, story } from '../support/scenario.ts';

type Case = Schedule & {
  readonly from: string;
  readonly to?: string;
  /** So many rows at an instant. */
  readonly uses: readonly (readonly [number, string])[];
  readonly until: string;
  /** Without USAGE, newest first. */
  readonly bills: readonly string[];
};

const cases: readonly Case[] = [
  {
    // Weeks of Wednesday 06:00, and a last one of two days and six hours.
    frequency: 'WEEKLY',
    day: 'CONTRACT_START',
    from: '2024-10-02T06:00:00Z',
    to: '2024-10-18T12:00:00Z',
    uses: [
      [3, '2024-10-02T06:00:00Z'],
      [1, '2024-10-09T05:59:59.999Z'],
      [2, '2024-10-09T06:00:00Z'],
      [4, '2024-10-18T11:59:59.999Z'],
    ],
    until: '2024-10-19T12:00:00Z',
    bills: [
      'FINALIZED 2024-10-16T06:00Z..2024-10-18T12:00Z 8.00: rows 4 x 2 = 8.00',
      'FINALIZED 2024-10-09T06:00Z..2024-10-16T06:00Z 4.00: rows 2 x 2 = 4.00',
      // 3 + 1.
      'FINALIZED 2024-10-02T06:00Z..2024-10-09T06:00Z 8.00: rows 4 x 2 = 8.00',
    ],
  },
  {
    // From 31 January: the leap February has 29 days, April 30, and March has its 31st again.
    frequency: 'MONTHLY',
    day: 'CONTRACT_START',
    from: '2024-01-31',
    uses: [
      [1, '2024-02-28T23:59:59.999Z'],
      [2, '2024-02-29'],
      [3, '2024-03-31'],
      [4, '2024-04-30'],
    ],
    until: '2024-05-01',
    bills: [
      'DRAFT 2024-04-30..2024-05-31 8.00: rows 4 x 2 = 8.00',
      'FINALIZED 2024-03-31..2024-04-30 6.00: rows 3 x 2 = 6.00',
      'FINALIZED 2024-02-29..2024-03-31 4.00: rows 2 x 2 = 4.00',
      'FINALIZED 2024-01-31..2024-02-29 2.00: rows 1 x 2 = 2.00',
    ],
  },
  {
    // Quarters from November on: the first and the last are short.
    frequency: 'QUARTERLY',
    from: '2024-11-15',
    to: '2025-05-10T07:00:00Z',
    uses: [
      [1, '2024-11-15'],
      [2, '2025-01-31T23:59:59.999Z'],
      [3, '2025-02-01'],
      [4, '2025-05-10T06:59:59.999Z'],
    ],
    until: '2025-05-12',
    bills: [
      'FINALIZED 2025-05-01..2025-05-10T07:00Z 8.00: rows 4 x 2 = 8.00',
      'FINALIZED 2025-02-01..2025-05-01 6.00: rows 3 x 2 = 6.00',
      'FINALIZED 2024-11-15..2025-02-01 6.00: rows 3 x 2 = 6.00',
    ],
  },
  {
    frequency: 'QUARTERLY',
    day: 'CONTRACT_START',
    from: '2024-11-30',
    uses: [
      [1, '2025-02-27T23:00:00Z'],
      [2, '2025-02-28'],
      [3, '2025-05-30'],
    ],
    until: '2025-06-01',
    bills: [
      'DRAFT 2025-05-30..2025-08-30 6.00: rows 3 x 2 = 6.00',
      'FINALIZED 2025-02-28..2025-05-30 4.00: rows 2 x 2 = 4.00',
      'FINALIZED 2024-11-30..2025-02-28 2.00: rows 1 x 2 = 2.00',
    ],
  },
  {
    frequency: 'SEMI_ANNUAL',
    day: 'CONTRACT_START',
    from: '2024-08-31',
    uses: [
      [1, '2025-02-27T23:00:00Z'],
      [2, '2025-02-28'],
      [3, '2025-08-31'],
    ],
    until: '2025-09-02',
    bills: [
      'DRAFT 2025-08-31..2026-02-28 6.00: rows 3 x 2 = 6.00',
      'FINALIZED 2025-02-28..2025-08-31 4.00: rows 2 x 2 = 4.00',
      'FINALIZED 2024-08-31..2025-02-28 2.00: rows 1 x 2 = 2.00',
    ],
  },
  {
    frequency: 'SEMI_ANNUAL',
    day: 'FIRST_OF_MONTH',
    from: '2024-08-31',
    uses: [[1, '2025-01-31T23:00:00Z']],
    until: '2025-02-03',
    bills: [
      'DRAFT 2025-02-01..2025-08-01 0.00:',
      'FINALIZED 2024-08-31..2025-02-01 2.00: rows 1 x 2 = 2.00',
    ],
  },
  {
    // From 29 February: the 28th in other years, the 29th again in the next leap year.
    frequency: 'ANNUAL',
    day: 'CONTRACT_START',
    from: '2024-02-29',
    uses: [
      [1, '2025-02-27T23:59:59.999Z'],
      [2, '2025-02-28'],
      [3, '2028-02-28T23:59:59.999Z'],
      [4, '2028-02-29'],
    ],
    until: '2028-03-02',
    bills: [
      'DRAFT 2028-02-29..2029-02-28 8.00: rows 4 x 2 = 8.00',
      'FINALIZED 2027-02-28..2028-02-29 6.00: rows 3 x 2 = 6.00',
      'FINALIZED 2026-02-28..2027-02-28 0.00:',
      'FINALIZED 2025-02-28..2026-02-28 4.00: rows 2 x 2 = 4.00',
      'FINALIZED 2024-02-29..2025-02-28 2.00: rows 1 x 2 = 2.00',
    ],
  },
  {
    frequency: 'ANNUAL',
    from: '2024-10-17T05:00:00Z',
    uses: [
      [2, '2025-09-30T23:59:59.999Z'],
      [1, '2025-10-01'],
    ],
    until: '2025-10-03',
    bills: [
      'DRAFT 2025-10-01..2026-10-01 2.00: rows 1 x 2 = 2.00',
      'FINALIZED 2024-10-17T05:00Z..2025-10-01 4.00: rows 2 x 2 = 4.00',
    ],
  },
];

const named = cases.map((one) => ({ ...one, on: one.day ?? 'the first of the month' }));

describe('a contract that is billed', () => {
  it.each(named)('$frequency from $on, since $from', ({ frequency, day, ...rest }) =>
    story(rest.from.slice(0, 10), async (w) => {
      const schedule = { frequency, ...(day === undefined ? {} : { day }) };
      const { customerId } = await billedBy(w, schedule, rest.from, rest.to);
      for (const [times, timestamp] of rest.uses) {
        await w.useTimes(times, customerId, 'rows', timestamp);
      }
      await w.advance(rest.until);
      expect(await w.bills(customerId)).toEqual(rest.bills.map((bill) => `USAGE ${bill}`));
    }),
  );

  it('has a draft until a grace period after the end of each of its periods', () =>
    story('2024-10', async (w) => {
      const schedule = { frequency: 'WEEKLY', day: 'CONTRACT_START' };
      const { customerId } = await billedBy(w, schedule, '2024-10-02T06:00:00Z');
      await w.advance('2024-10-10T05:59:59.999Z');
      expect(await w.bills(customerId, { statuses: ['FINALIZED'] })).toEqual([]);
      await w.advance('2024-10-30');
      const issued = await w.invoices(customerId, { statuses: ['FINALIZED'] });
      expect(issued.map(({ issuedAt }) => issuedAt)).toEqual([
        '2024-10-24T06:00:00.000Z',
        '2024-10-17T06:00:00.000Z',
        '2024-10-10T06:00:00.000Z',
      ]);
    }));

  it('is rated in segments where a price changes inside a quarter', () =>
    story('2024-10', async (w) => {
      const quarterly = { frequency: 'QUARTERLY' };
      const { customerId, rateCardId, productId } = await billedBy(w, quarterly, '2024-10');
      await w.addRates(rateCardId, [{ productId, unitPrice: '3', startingAt: '2024-11-20' }]);
      await w.useTimes(5, customerId, 'rows', '2024-11-19T23:59:59.999Z');
      await w.useTimes(7, customerId, 'rows', '2024-11-20');
      await w.advance('2025-01-02');
      // 5 x 2 + 7 x 3.
      expect(await w.bill(customerId, { status: 'FINALIZED' })).toMatchObject({
        total: { amount: '31.00' },
        lineItems: [
          { startingAt: '2024-10-01T00:00:00.000Z', endingBefore: '2024-11-20T00:00:00.000Z' },
          { startingAt: '2024-11-20T00:00:00.000Z', endingBefore: '2025-01-01T00:00:00.000Z' },
        ],
      });
    }));

  it('by the default calendar is asked for alike, whether that is said or not', () =>
    story('2024-10', async (w) => {
      const rateCardId = await w.card([]);
      const customerId = await w.customer('Any');
      const asked = { customerId, rateCardId, startingAt: '2024-10', idempotencyKey: 'key' };
      const id = await w.contract(asked);
      for (const usageStatementSchedule of [{}, { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' }]) {
        expect(await w.contract({ ...asked, usageStatementSchedule })).toBe(id);
      }
      const other = { ...asked, startingAt: at('2024-10') };
      expect(
        await w.refusal('createContract', {
          ...{ ...other, usageStatementSchedule: { day: 'CONTRACT_START' } },
        }),
      ).toBe('idempotency_key_reused input idempotencyKey');
    }));

  it('weekly needs to be counted from its start', () =>
    story('2024-10', async (w) => {
      const { customerId, rateCardId, contractId } = await billedBy(w, {}, '2024-10');
      const other = await w.customer('Other');
      const asked = { customerId: other, rateCardId, startingAt: at('2024-10') };
      for (const schedule of [
        { frequency: 'WEEKLY' },
        { frequency: 'WEEKLY', day: 'FIRST_OF_MONTH' },
      ]) {
        const contract = { ...asked, usageStatementSchedule: schedule };
        expect(await w.refusal('createContract', contract)).toBe(
          'weekly_needs_contract_start input usageStatementSchedule day',
        );
        const plan = { ...contract, customerId, startingAt: at('2024-11') };
        expect(await w.refusal('changePlan', { fromContractId: contractId, contract: plan })).toBe(
          'weekly_needs_contract_start input contract usageStatementSchedule day',
        );
      }
    }));
});
