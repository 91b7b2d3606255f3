import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

const october = 'USAGE FINALIZED 2024-10-01..2024-11-01 1.00: emails 10 x 0.1 = 1.00';
const november = 'USAGE FINALIZED 2024-11-01..2024-11-15 0.00:';

/**
 * A contract from October that ends on 15 November, both periods final, and the clock at 20
 * November.
 */
async function ended(w: World) {
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('Ended', ['ended@example.com']);
  const terms = { customerId, rateCardId, startingAt: '2024-10', endingBefore: '2024-11-15' };
  const contractId = await w.contract(terms);
  await w.useTimes(10, customerId, 'emails', '2024-10-05');
  await w.advance('2024-11-20');
  expect(await w.bills(customerId)).toEqual([november, october]);
  return { emails, customerId, contractId, rateCardId };
}

describe("late usage after the contract's end", () => {
  it('stands on the period of its calendar whose due instant is ahead', () =>
    story('2024-10', async (w) => {
      const { emails, customerId } = await ended(w);
      // The first period behind the end goes from there to the calendar's next boundary, and is due
      // on 2 December.
      await w.useTimes(7, customerId, 'emails', '2024-11-14');
      const first = 'late emails 7 x 0.1 = 0.70 (2024-11-01..2024-11-15)';
      expect(await w.bills(customerId)).toEqual([
        `USAGE DRAFT 2024-11-15..2024-12-01 0.70: ${first}`,
        november,
        october,
      ]);
      // Still before 2 December: the same draft takes what comes for another period.
      await w.advance('2024-12-01T23:00:00Z');
      await w.useTimes(3, customerId, 'emails', '2024-10-06');
      await w.advance('2024-12-02');
      const late =
        'USAGE FINALIZED 2024-11-15..2024-12-01 1.00: ' +
        `late emails 3 x 0.1 = 0.30 (2024-10-01..2024-11-01); ${first}`;
      expect(await w.bills(customerId)).toEqual([late, november, october]);
      // A second one: what comes now is due on 2 January, and nothing is charged twice.
      await w.advance('2024-12-20');
      await w.useTimes(2, customerId, 'emails', '2024-10-07');
      await w.advance('2025-06');
      expect(await w.bills(customerId)).toEqual([
        'USAGE FINALIZED 2024-12-01..2025-01-01 0.20: late emails 2 x 0.1 = 0.20 (2024-10-01..2024-11-01)',
        late,
        november,
        october,
      ]);
      // 10 + 7 + 3 + 2 = 22 emails.
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      expect(await w.usage(customerId, emails)).toEqual(['22']);
    }));

  it('passes over the periods that were due before it came', () =>
    story('2024-10', async (w) => {
      const { customerId } = await ended(w);
      // January's period is over on 1 February, but due a day later only.
      await w.advance('2025-02-01T12:00:00Z');
      await w.use(customerId, 'emails', '2024-10-06');
      expect((await w.bills(customerId))[0]).toBe(
        'USAGE DRAFT 2025-01-01..2025-02-01 0.10: late emails 1 x 0.1 = 0.10 (2024-10-01..2024-11-01)',
      );
      await w.advance('2025-02-02');
      await w.use(customerId, 'emails', '2024-10-07');
      expect((await w.bills(customerId)).slice(0, 2)).toEqual([
        'USAGE DRAFT 2025-02-01..2025-03-01 0.10: late emails 1 x 0.1 = 0.10 (2024-10-01..2024-11-01)',
        'USAGE FINALIZED 2025-01-01..2025-02-01 0.10: late emails 1 x 0.1 = 0.10 (2024-10-01..2024-11-01)',
      ]);
    }));

  it('makes no invoice without a line: after the end, or when it comes to nothing', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows', 'SUM', 'count');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '1' }]);
      const customerId = await w.customer('Nothing');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10', endingBefore: '2024-11' });
      await w.use(customerId, 'rows', '2024-10-05', { count: 5 });
      await w.advance('2024-11-10');
      const only = ['USAGE FINALIZED 2024-10-01..2024-11-01 5.00: rows 5 x 1 = 5.00'];
      await w.use(customerId, 'rows', '2024-11-05', { count: 100 });
      expect(await w.bills(customerId)).toEqual(only);
      await w.use(customerId, 'rows', '2024-10-06', { count: 3 });
      expect(await w.bills(customerId)).toHaveLength(2);
      await w.use(customerId, 'rows', '2024-10-06', { count: -3 });
      expect(await w.bills(customerId)).toEqual(only);
      await w.advance('2025-03');
      expect(await w.bills(customerId)).toEqual(only);
    }));

  it('may be finalized before its grace has passed, once its period is over', () =>
    story('2024-10', async (w) => {
      const { customerId } = await ended(w);
      await w.use(customerId, 'emails', '2024-10-06');
      const { id } = await w.bill(customerId, { status: 'DRAFT' });
      expect(await w.refusalOfInvoice('finalizeInvoice', id)).toBe('period_not_over id');
      await w.advance('2024-12-01');
      expect(await w.finalize(id)).toMatchObject({
        id,
        status: 'FINALIZED',
        total: { amount: '0.10' },
      });
      await w.use(customerId, 'emails', '2024-10-06');
      expect(await w.bill(customerId, { status: 'DRAFT' })).toMatchObject({
        periodStart: '2024-12-01T00:00:00.000Z',
        total: { amount: '0.10' },
      });
    }));

  it('that has come to nothing since its draft was read is not finalized', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows', 'SUM', 'n');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '1' }]);
      const customerId = await w.customer('Taken back');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10', endingBefore: '2024-11' });
      await w.advance('2024-11-20');
      await w.use(customerId, 'rows', '2024-10-06', { n: 5 });
      const { id } = await w.bill(customerId, { status: 'DRAFT' });
      await w.advance('2024-12-01');
      await w.use(customerId, 'rows', '2024-10-06', { n: -5 });
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([]);
      expect(await w.refusalOfInvoice('finalizeInvoice', id)).toBe('invoice_not_found id');
    }));

  it('is billed again when its invoice is voided, later ones standing or not', () =>
    story('2024-10', async (w) => {
      const { emails, customerId } = await ended(w);
      await w.useTimes(7, customerId, 'emails', '2024-10-06');
      await w.advance('2024-12-10');
      await w.useTimes(2, customerId, 'emails', '2024-10-07');
      await w.advance('2025-01-10');
      const [second, first] = await w.invoices(customerId);
      expect([second?.total.amount, first?.total.amount]).toEqual(['0.20', '0.70']);
      await w.voided(first?.id ?? '');
      // Only the 7 that no standing invoice charges any more, due a day after the void.
      const lines = 'late emails 7 x 0.1 = 0.70 (2024-10-01..2024-11-01)';
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        `USAGE DRAFT 2024-11-15..2024-12-01 0.70: ${lines}`,
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      await w.advance('2025-01-11');
      const again = await w.bill(customerId, { issuedAt: '2025-01-11T00:00:00.000Z' });
      expect(again.total.amount).toBe('0.70');
      expect(again.id).not.toBe(first?.id);
      await w.advance('2025-06');
      expect(await w.invoices(customerId)).toHaveLength(5);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
    }));

  it('of another contract of the customer is no matter to it', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId, rateCardId } = await ended(w);
      const next = await w.contract({ customerId, rateCardId, startingAt: '2024-11-15' });
      await w.advance('2024-12-20');
      await w.useTimes(4, customerId, 'emails', '2024-10-06');
      const own = { contractId, statuses: ['DRAFT', 'FINALIZED'] };
      const behind = 'late emails 4 x 0.1 = 0.40 (2024-10-01..2024-11-01)';
      const waits = `2024-12-01..2025-01-01 0.40: ${behind}`;
      expect(await w.bills(customerId, own)).toEqual([`USAGE DRAFT ${waits}`, november, october]);
      // The next contract's December is closed on 2 January with 6; 5 more come after that.
      await w.useTimes(6, customerId, 'emails', '2024-12-21');
      await w.advance('2025-01-02');
      expect(await w.bills(customerId, own)).toEqual([
        `USAGE FINALIZED ${waits}`,
        november,
        october,
      ]);
      await w.useTimes(5, customerId, 'emails', '2024-12-22');
      await w.advance('2025-03');
      expect(await w.bills(customerId, own)).toEqual([
        `USAGE FINALIZED ${waits}`,
        november,
        october,
      ]);
      expect(await w.bills(customerId, { contractId: next, statuses: ['FINALIZED'] })).toEqual([
        'USAGE FINALIZED 2025-01-01..2025-02-01 0.50: late emails 5 x 0.1 = 0.50 (2024-12-01..2025-01-01)',
        'USAGE FINALIZED 2024-12-01..2025-01-01 0.60: emails 6 x 0.1 = 0.60',
        'USAGE FINALIZED 2024-11-15..2024-12-01 0.00:',
      ]);
    }));

  it('goes on to a period that is not due yet when its invoice was void and came to nothing', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows', 'SUM', 'n');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '1' }]);
      const customerId = await w.customer('Void');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10', endingBefore: '2024-11' });
      await w.use(customerId, 'rows', '2024-10-05', { n: 5 });
      await w.advance('2024-11-10');
      await w.use(customerId, 'rows', '2024-10-06', { n: 3 });
      await w.advance('2024-12-10');
      const late = await w.bill(customerId, { periodStart: '2024-11-01T00:00:00.000Z' });
      expect(late).toMatchObject({ status: 'FINALIZED', total: { amount: '3.00' } });
      // Taken back, then void: 3 - 3 is nothing to bill again.
      await w.use(customerId, 'rows', '2024-10-06', { n: -3 });
      await w.voided(late.id);
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([]);
      await w.advance('2025-03-10');
      await w.use(customerId, 'rows', '2024-10-07', { n: 4 });
      const waits = '2025-03-01..2025-04-01 4.00: late rows 4 x 1 = 4.00 (2024-10-01..2024-11-01)';
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([`USAGE DRAFT ${waits}`]);
      await w.advance('2025-04-01T23:00:00Z');
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([`USAGE DRAFT ${waits}`]);
      await w.advance('2025-04-02');
      expect((await w.bills(customerId))[0]).toBe(`USAGE FINALIZED ${waits}`);
      await w.expectAllBilledOnce(customerId, rows, '1');
    }));
});
