import { describe, expect, it } from 'vitest';
import { billedBy } from '../support/billed-by.ts';
import { story } from '../support/scenario.ts';

describe('late usage', () => {
  it('of a closed week stands on the week that is open', () =>
    story('2024-10', async (w) => {
      const schedule = { frequency: 'WEEKLY', day: 'CONTRACT_START' };
      const { customerId } = await billedBy(w, schedule, '2024-10-02T06:00:00Z');
      await w.useTimes(2, customerId, 'rows', '2024-10-03');
      await w.advance('2024-10-10T06:00:00Z');
      await w.useTimes(3, customerId, 'rows', '2024-10-04');
      await w.useTimes(1, customerId, 'rows', '2024-10-11');
      expect(await w.bills(customerId)).toEqual([
        // 1 x 2, and 3 more of the week before.
        'USAGE DRAFT 2024-10-09T06:00Z..2024-10-16T06:00Z 8.00: rows 1 x 2 = 2.00; ' +
          'late rows 3 x 2 = 6.00 (2024-10-02T06:00Z..2024-10-09T06:00Z)',
        'USAGE FINALIZED 2024-10-02T06:00Z..2024-10-09T06:00Z 4.00: rows 2 x 2 = 4.00',
      ]);
    }));

  it('after the end of a contract stands on the next period of its calendar', () =>
    story('2024-10', async (w) => {
      const quarterly = { frequency: 'QUARTERLY' };
      const { customerId } = await billedBy(w, quarterly, '2024-10', '2024-11-20');
      await w.advance('2024-11-22');
      await w.useTimes(2, customerId, 'rows', '2024-10-05');
      const late = 'late rows 2 x 2 = 4.00 (2024-10-01..2024-11-20)';
      expect((await w.bills(customerId))[0]).toBe(
        `USAGE DRAFT 2024-11-20..2025-01-01 4.00: ${late}`,
      );
      await w.advance('2025-01-02');
      // What comes still later stands on the quarter that ends next.
      await w.useTimes(1, customerId, 'rows', '2024-10-05');
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2025-01-01..2025-04-01 2.00: late rows 1 x 2 = 2.00 (2024-10-01..2024-11-20)',
        `USAGE FINALIZED 2024-11-20..2025-01-01 4.00: ${late}`,
        'USAGE FINALIZED 2024-10-01..2024-11-20 0.00:',
      ]);
    }));

  it('of a year that was voided is billed with it again', () =>
    story('2024-02-29', async (w) => {
      const annual = { frequency: 'ANNUAL', day: 'CONTRACT_START' };
      const { customerId } = await billedBy(w, annual, '2024-02-29');
      await w.useTimes(2, customerId, 'rows', '2024-12-31');
      await w.advance('2025-03-01');
      await w.useTimes(3, customerId, 'rows', '2025-02-27');
      const { id } = await w.bill(customerId, { status: 'FINALIZED' });
      await w.voided(id);
      // 2 + 3.
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2025-02-28..2026-02-28 0.00:',
        'USAGE DRAFT 2024-02-29..2025-02-28 10.00: rows 5 x 2 = 10.00',
      ]);
    }));
});

describe('a contract that is reopened', () => {
  it('goes on where its last period ended, through the end of its quarter', () =>
    story('2024-10', async (w) => {
      const quarterly = { frequency: 'QUARTERLY', day: 'CONTRACT_START' };
      const { customerId, contractId } = await billedBy(w, quarterly, '2024-10-15', '2024-12-10');
      await w.useTimes(2, customerId, 'rows', '2024-12-09');
      await w.useTimes(3, customerId, 'rows', '2024-12-10');
      await w.advance('2024-12-11');
      await w.end(customerId, contractId, null);
      await w.advance('2025-01-16');
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2025-01-15..2025-04-15 0.00:',
        'USAGE FINALIZED 2024-12-10..2025-01-15 6.00: rows 3 x 2 = 6.00',
        'USAGE FINALIZED 2024-10-15..2024-12-10 4.00: rows 2 x 2 = 4.00',
      ]);
    }));
});
