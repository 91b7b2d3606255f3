import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

/**
 * October final with 10 emails, November final with 20 and 7 late ones for October; the clock at 5
 * December.
 */
async function twoMonths(w: World) {
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('Voided');
  const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.useTimes(10, customerId, 'emails', '2024-10-05');
  await w.advance('2024-11-02');
  await w.useTimes(7, customerId, 'emails', '2024-10-06');
  await w.useTimes(20, customerId, 'emails', '2024-11-05');
  await w.advance('2024-12-05');
  const [, november, october] = await w.invoices(customerId);
  expect([november?.total.amount, october?.total.amount]).toEqual(['2.70', '1.00']);
  const ids = { october: october?.id ?? '', november: november?.id ?? '' };
  return { emails, customerId, contractId, rateCardId, ids };
}

const decemberDraft = 'USAGE DRAFT 2024-12-01..2025-01-01 0.00:';
const lateFor = (quantity: number, amount: string) =>
  `late emails ${String(quantity)} x 0.1 = ${amount} (2024-10-01..2024-11-01)`;
const octoberAgain = 'emails 17 x 0.1 = 1.70; late emails -7 x 0.1 = -0.70';

describe('void and bill again with a late line standing', () => {
  it('bills the whole period and takes off what the standing late line has charged', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, ids } = await twoMonths(w);
      const november = `USAGE FINALIZED 2024-11-01..2024-12-01 2.70: emails 20 x 0.1 = 2.00; ${lateFor(7, '0.70')}`;
      const voided = 'USAGE VOID 2024-10-01..2024-11-01 1.00: emails 10 x 0.1 = 1.00';
      expect(await w.voided(ids.october)).toMatchObject({ id: ids.october, status: 'VOID' });
      // 17 emails 1.70, less the 7 that November charged, 0.70: as before 1.00.
      const draft = await w.bill(customerId, {
        status: 'DRAFT',
        periodStart: '2024-10-01T00:00:00.000Z',
      });
      expect((await w.bills(customerId)).toSorted()).toEqual(
        [
          decemberDraft,
          november,
          `USAGE DRAFT 2024-10-01..2024-11-01 1.00: ${octoberAgain}`,
          voided,
        ].toSorted(),
      );
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      await w.advance('2024-12-05T23:59:59.999Z');
      expect((await w.bill(customerId, { id: draft.id })).status).toBe('DRAFT');
      // Due a grace period after the void, under the id that its draft had.
      await w.advance('2024-12-06');
      expect(await w.bill(customerId, { id: draft.id })).toMatchObject({
        status: 'FINALIZED',
        issuedAt: '2024-12-06T00:00:00.000Z',
        total: { amount: '1.00' },
      });
      expect(draft.id).not.toBe(ids.october);
      await w.expectAllBilledOnce(customerId, emails, '0.1');

      // Then November is voided as well: its late line is charged by the next one again, 27 emails
      // in all.
      await w.voided(ids.november);
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        decemberDraft,
        `USAGE DRAFT 2024-11-01..2024-12-01 2.70: emails 20 x 0.1 = 2.00; ${lateFor(7, '0.70')}`,
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      await w.advance('2025-01-02');
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      expect((await w.invoices(customerId)).map(({ number }) => number)).toEqual([
        null,
        5,
        2,
        4,
        1,
        3,
      ]);
    }));

  it('leaves nothing to take off when the late line is voided first', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, ids } = await twoMonths(w);
      await w.voided(ids.november);
      await w.voided(ids.october);
      // October whole: 17 emails, 1.70; November: 20 emails, 2.00, and nothing late.
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        decemberDraft,
        'USAGE DRAFT 2024-11-01..2024-12-01 2.00: emails 20 x 0.1 = 2.00',
        'USAGE DRAFT 2024-10-01..2024-11-01 1.70: emails 17 x 0.1 = 1.70',
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      // The later period may be billed again before the earlier one.
      const [, november] = await w.invoices(customerId, { statuses: ['DRAFT'] });
      await w.finalize(november?.id ?? '');
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      await w.advance('2025-01-02');
      await w.expectAllBilledOnce(customerId, emails, '0.1');
    }));

  it("rates the period with today's terms, and with today's usage", () =>
    story('2024-10', async (w) => {
      const { emails, customerId, rateCardId, ids } = await twoMonths(w);
      await w.addRates(rateCardId, [
        { productId: emails.productId, unitPrice: '0.20', startingAt: '2024-10' },
      ]);
      await w.voided(ids.october);
      await w.useTimes(3, customerId, 'emails', '2024-10-30');
      // 10 + 7 + 3 = 20 emails at 0.20 are 4.00; the late line stands with 0.70: 3.30.
      expect(
        (await w.bill(customerId, { status: 'DRAFT', periodStart: '2024-10-01T00:00:00.000Z' }))
          .total.amount,
      ).toBe('3.30');
      await w.advance('2024-12-07');
      // 2 more: 22 x 0.20 - (4.00 - 0.70 + 0.70) = 0.40.
      await w.useTimes(2, customerId, 'emails', '2024-10-31');
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toEqual([
        'USAGE DRAFT 2024-12-01..2025-01-01 0.40: late emails 2 x 0.2 = 0.40 (2024-10-01..2024-11-01)',
      ]);
    }));

  it('may be done over and over, each time under the next id', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, ids } = await twoMonths(w);
      const seen = [ids.october];
      for (const _again of [1, 2, 3]) {
        await w.voided(seen.at(-1) ?? '');
        const draft = await w.bill(customerId, {
          status: 'DRAFT',
          periodStart: '2024-10-01T00:00:00.000Z',
        });
        expect(draft.total.amount).toBe('1.00');
        seen.push((await w.finalize(draft.id)).id);
      }
      expect(new Set(seen).size).toBe(4);
      const october = { startingAt: '2024-10-01T00:00:00Z', endingBefore: '2024-11-01T00:00:00Z' };
      const statuses = (await w.invoices(customerId, october)).map(({ status }) => status);
      expect(statuses).toEqual(['VOID', 'VOID', 'VOID', 'FINALIZED']);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
    }));

  it('changes nothing the second time, and is refused for a draft', () =>
    story('2024-10', async (w) => {
      const { customerId, ids } = await twoMonths(w);
      const voided = await w.voided(ids.october);
      const before = await w.invoices(customerId);
      expect(await w.voided(ids.october)).toEqual(voided);
      expect(await w.invoices(customerId)).toEqual(before);
      const draft = before.find(({ status }) => status === 'DRAFT');
      expect(await w.refusalOfInvoice('voidInvoice', draft?.id ?? '')).toBe('invoice_not_final id');
      expect(await w.refusalOfInvoice('finalizeInvoice', ids.october)).toBe('invoice_not_draft id');
    }));
});
