import { describe, expect, it } from 'vitest';
import { billOf } from '../support/bills.ts';
import { at, story } from '../support/scenario.ts';

const sixth = '2024-12-10T06:00:00.000Z';

describe('a backdated contract', () => {
  it('has all its periods due a grace period after its creation, and its charges at once', () =>
    story(sixth, async (w) => {
      const emails = await w.metered('emails');
      const fee = await w.fixed('fee');
      const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('Backdated');
      // Recorded before there is a contract, and before it starts.
      await w.useTimes(1, customerId, 'emails', '2024-09-14T23:59:59.999Z');
      await w.useTimes(3, customerId, 'emails', '2024-09-15');
      await w.useTimes(4, customerId, 'emails', '2024-10-31T23:00:00Z');
      const recurringSchedule = {
        startingAt: at('2024-09-15'),
        endingBefore: at('2025-01-15'),
        frequency: 'MONTHLY',
        amount: '10',
      };
      await w.contract({
        customerId,
        rateCardId,
        startingAt: '2024-09-15',
        scheduledCharges: [{ productId: fee, schedule: { recurringSchedule } }],
      });
      await w.useTimes(5, customerId, 'emails', '2024-11-10');
      await w.advance(sixth);
      const scheduled = (status: string, day: string) =>
        `SCHEDULED ${status} ${day} 10.00: fee 1 x 10 = 10.00`;
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.00:',
        scheduled('FINALIZED', '2024-11-15'),
        'USAGE DRAFT 2024-11-01..2024-12-01 0.50: emails 5 x 0.1 = 0.50',
        scheduled('FINALIZED', '2024-10-15'),
        'USAGE DRAFT 2024-10-01..2024-11-01 0.40: emails 4 x 0.1 = 0.40',
        scheduled('FINALIZED', '2024-09-15'),
        'USAGE DRAFT 2024-09-15..2024-10-01 0.30: emails 3 x 0.1 = 0.30',
      ]);
      await w.advance('2024-12-11T05:59:59.999Z');
      expect(await w.invoices(customerId, { statuses: ['FINALIZED'], types: ['USAGE'] })).toEqual(
        [],
      );
      await w.advance('2024-12-11T06:00:00Z');
      const issued = await w.invoices(customerId, { statuses: ['FINALIZED'] });
      // Oldest first, all at one instant; the charges came before.
      expect(
        issued
          .toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0))
          .map(
            (invoice) => `${String(invoice.number)} ${invoice.issuedAt ?? ''} ${billOf(invoice)}`,
          ),
      ).toEqual([
        `1 ${sixth} ${scheduled('FINALIZED', '2024-09-15')}`,
        `2 ${sixth} ${scheduled('FINALIZED', '2024-10-15')}`,
        `3 ${sixth} ${scheduled('FINALIZED', '2024-11-15')}`,
        '4 2024-12-11T06:00:00.000Z USAGE FINALIZED 2024-09-15..2024-10-01 0.30: emails 3 x 0.1 = 0.30',
        '5 2024-12-11T06:00:00.000Z USAGE FINALIZED 2024-10-01..2024-11-01 0.40: emails 4 x 0.1 = 0.40',
        '6 2024-12-11T06:00:00.000Z USAGE FINALIZED 2024-11-01..2024-12-01 0.50: emails 5 x 0.1 = 0.50',
      ]);
      // The charge ahead comes on its own instant, and December on its own.
      await w.advance('2025-01-02');
      expect((await w.bills(customerId)).slice(0, 3)).toEqual([
        'USAGE DRAFT 2025-01-01..2025-02-01 0.00:',
        scheduled('FINALIZED', '2024-12-15'),
        'USAGE FINALIZED 2024-12-01..2025-01-01 0.00:',
      ]);
    }));

  it('that is over already has but the periods until its end', () =>
    story('2024-12-10', async (w) => {
      const emails = await w.metered('emails');
      const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '1' }]);
      const customerId = await w.customer('Over');
      const terms = {
        customerId,
        rateCardId,
        startingAt: '2024-10-31',
        endingBefore: '2024-11-02T01:00:00Z',
      };
      await w.contract(terms);
      await w.useTimes(2, customerId, 'emails', '2024-10-31');
      await w.useTimes(3, customerId, 'emails', '2024-11-02T00:59:59.999Z');
      await w.use(customerId, 'emails', '2024-11-02T01:00:00Z');
      await w.advance('2024-12-11');
      expect(await w.bills(customerId)).toEqual([
        'USAGE FINALIZED 2024-11-01..2024-11-02T01:00Z 3.00: emails 3 x 1 = 3.00',
        'USAGE FINALIZED 2024-10-31..2024-11-01 2.00: emails 2 x 1 = 2.00',
      ]);
    }));

  it('finalizes its periods one after the other: an earlier one first', () =>
    story('2024-12-10', async (w) => {
      const emails = await w.metered('emails');
      const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '1' }]);
      const customerId = await w.customer('In order');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      const [december, november, october] = await w.invoices(customerId);
      expect(await w.refusalOfInvoice('finalizeInvoice', november?.id ?? '')).toBe(
        'earlier_period_open id',
      );
      expect(await w.refusalOfInvoice('finalizeInvoice', december?.id ?? '')).toBe(
        'period_not_over id',
      );
      await w.finalize(october?.id ?? '');
      expect((await w.finalize(november?.id ?? '')).status).toBe('FINALIZED');
    }));
});
