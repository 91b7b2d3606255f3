import { describe, expect, it } from 'vitest';
import { story } from '../support/scenario.ts';

describe('late usage on the next invoice', () => {
  it('stands on the earliest invoice that is not final, dated with the period it is late for', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails');
      const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('Late');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.useTimes(12, customerId, 'emails', '2024-10-05');
      await w.advance('2024-11-01T12:00:00Z');
      // Within the day of grace, so on time: October has 12 + 1 = 13 emails, 1.30.
      await w.use(customerId, 'emails', '2024-10-31T23:59:59.999Z');
      await w.advance('2024-11-02');
      // Late for October: 7 emails, 0.70. November itself: 20 emails, 2.00.
      await w.useTimes(7, customerId, 'emails', '2024-10-20');
      await w.useTimes(20, customerId, 'emails', '2024-11-03');
      const october = 'USAGE FINALIZED 2024-10-01..2024-11-01 1.30: emails 13 x 0.1 = 1.30';
      const lines = 'emails 20 x 0.1 = 2.00; late emails 7 x 0.1 = 0.70 (2024-10-01..2024-11-01)';
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT 2024-11-01..2024-12-01 2.70: ${lines}`,
        october,
      ]);
      await w.advance('2024-12-02');
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.00:',
        `USAGE FINALIZED 2024-11-01..2024-12-01 2.70: ${lines}`,
        october,
      ]);
      // October and November are final: what comes for both now stands on December, a line each.
      await w.useTimes(3, customerId, 'emails', '2024-10-21');
      await w.useTimes(4, customerId, 'emails', '2024-11-21');
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.70: ' +
          'late emails 3 x 0.1 = 0.30 (2024-10-01..2024-11-01); ' +
          'late emails 4 x 0.1 = 0.40 (2024-11-01..2024-12-01)',
      ]);
      // Late once more for October, two months back, after December is final: only the 5 that are
      // new.
      await w.advance('2025-01-02');
      await w.useTimes(5, customerId, 'emails', '2024-10-22');
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2025-01-01..2025-02-01 0.50: late emails 5 x 0.1 = 0.50 (2024-10-01..2024-11-01)',
      ]);
      // 13 + 7 + 20 + 3 + 4 + 5 = 52 emails, 5.20.
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      expect(await w.usage(customerId, emails)).toEqual(['52']);
    }));

  it('charges the difference of rounded amounts, which is not rounded again', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows', 'SUM', 'count');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '0.15' }]);
      const customerId = await w.customer('Rounding');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      // 0.5 x 0.15 = 0.075, rounded half away from zero: 0.08.
      await w.use(customerId, 'rows', '2024-10-05', { count: '0.5' });
      await w.advance('2024-11-02');
      // 0.6 x 0.15 = 0.09; 0.09 - 0.08 = 0.01. On its own 0.1 x 0.15 = 0.015 would be 0.02.
      await w.use(customerId, 'rows', '2024-10-06', { count: '0.1' });
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 0.01: late rows 0.1 x 0.15 = 0.01 (2024-10-01..2024-11-01)',
        'USAGE FINALIZED 2024-10-01..2024-11-01 0.08: rows 0.5 x 0.15 = 0.08',
      ]);
      await w.advance('2024-12-02');
      // 0.61 x 0.15 = 0.0915, rounded 0.09: nothing more to pay for the 0.01, but the quantity is
      // told.
      await w.use(customerId, 'rows', '2024-10-07', { count: '0.01' });
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.00: late rows 0.01 x 0.15 = 0.00 (2024-10-01..2024-11-01)',
      ]);
    }));

  it('may take something back, when a correction comes late', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows', 'SUM', 'count');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '0.15' }]);
      const customerId = await w.customer('Correction');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(customerId, 'rows', '2024-10-05', { count: '100' });
      await w.advance('2024-11-02');
      // 100 - 40 = 60 rows at 0.15 are 9.00; charged were 15.00; -6.00 comes off the 10 rows of
      // November, 1.50.
      await w.use(customerId, 'rows', '2024-10-05', { count: '-40' });
      await w.use(customerId, 'rows', '2024-11-05', { count: '10' });
      await w.advance('2024-12-02');
      expect(await w.bills(customerId, { statuses: ['FINALIZED'] })).toEqual([
        'USAGE FINALIZED 2024-11-01..2024-12-01 -4.50: ' +
          'rows 10 x 0.15 = 1.50; late rows -40 x 0.15 = -6.00 (2024-10-01..2024-11-01)',
        'USAGE FINALIZED 2024-10-01..2024-11-01 15.00: rows 100 x 0.15 = 15.00',
      ]);
      await w.expectAllBilledOnce(customerId, rows, '0.15');
      // A correction and its reversal leave nothing to say.
      await w.use(customerId, 'rows', '2024-11-06', { count: '-3' });
      await w.use(customerId, 'rows', '2024-11-06', { count: '3' });
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.00:',
      ]);
    }));

  it('is rated with the terms that its period was billed with, not with those of today', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails');
      const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('Terms');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.useTimes(10, customerId, 'emails', '2024-10-05');
      await w.advance('2024-11-02');
      // The price is doubled from October on: October is final, so this changes November alone.
      await w.addRates(rateCardId, [
        { productId: emails.productId, unitPrice: '0.20', startingAt: '2024-10' },
      ]);
      await w.useTimes(5, customerId, 'emails', '2024-10-06');
      await w.useTimes(6, customerId, 'emails', '2024-11-06');
      // November: 6 x 0.20 = 1.20; late: 15 x 0.10 - 10 x 0.10 = 0.50.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 1.70: ' +
          'emails 6 x 0.2 = 1.20; late emails 5 x 0.1 = 0.50 (2024-10-01..2024-11-01)',
        'USAGE FINALIZED 2024-10-01..2024-11-01 1.00: emails 10 x 0.1 = 1.00',
      ]);
    }));

  it('of a metric that takes the maximum charges what the maximum rose by', () =>
    story('2024-10', async (w) => {
      const seats = await w.metered('seats', 'MAX', 'count');
      const rateCardId = await w.card([{ productId: seats.productId, unitPrice: '2.00' }]);
      const customerId = await w.customer('Maximum');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(customerId, 'seats', '2024-10-05', { count: 10 });
      await w.advance('2024-11-02');
      // Below the maximum: nothing. Then 13: 13 x 2.00 - 10 x 2.00 = 6.00 for 3.
      await w.use(customerId, 'seats', '2024-10-06', { count: 9 });
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 0.00:',
      ]);
      await w.use(customerId, 'seats', '2024-10-07', { count: 13 });
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 6.00: late seats 3 x 2 = 6.00 (2024-10-01..2024-11-01)',
      ]);
    }));
});
