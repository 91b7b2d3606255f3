import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

const november = 'USAGE FINALIZED 2024-11-01..2024-11-15 0.30: emails 3 x 0.1 = 0.30';
const october = 'USAGE FINALIZED 2024-10-01..2024-11-01 0.20: emails 2 x 0.1 = 0.20';
const fee = (status: string, day: string) => `SCHEDULED ${status} ${day} 10.00: fee 1 x 10 = 10.00`;

/**
 * A contract from October with a fee on each 5th, ended at 15 November while it ran, all closed by
 * then.
 */
async function endedEarly(w: World) {
  const emails = await w.metered('emails');
  const product = await w.fixed('fee');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('Reopened');
  const recurringSchedule = {
    startingAt: at('2024-10-05'),
    endingBefore: at('2025-02-05'),
    frequency: 'MONTHLY',
    amount: '10',
  };
  const scheduledCharges = [{ productId: product, schedule: { recurringSchedule } }];
  const terms = { customerId, rateCardId, startingAt: '2024-10', scheduledCharges };
  const contractId = await w.contract(terms);
  await w.useTimes(2, customerId, 'emails', '2024-10-20');
  await w.useTimes(3, customerId, 'emails', '2024-11-14T23:59:59.999Z');
  await w.useTimes(4, customerId, 'emails', '2024-11-15');
  await w.advance('2024-11-10');
  await w.end(customerId, contractId, '2024-11-15');
  await w.advance('2024-11-20');
  expect(await w.bills(customerId)).toEqual([
    fee('FINALIZED', '2024-11-05'),
    november,
    fee('FINALIZED', '2024-10-05'),
    october,
  ]);
  return { emails, customerId, contractId, rateCardId };
}

describe('a reopened contract', () => {
  it('goes on where its last closed period ended, with the charges that were dropped', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, contractId } = await endedEarly(w);
      // While it is ended no charge falls due and the 4 emails from the 15th on are not billed.
      await w.advance('2024-12-10');
      expect(await w.invoices(customerId)).toHaveLength(4);
      await w.end(customerId, contractId, null);
      expect((await w.bills(customerId)).slice(0, 3)).toEqual([
        fee('DRAFT', '2024-12-05'),
        'USAGE DRAFT 2024-12-01..2025-01-01 0.00:',
        'USAGE DRAFT 2024-11-15..2024-12-01 0.40: emails 4 x 0.1 = 0.40',
      ]);
      // Due a grace period after the end date was recorded.
      await w.advance('2024-12-10T23:59:59Z');
      expect(
        await w.bill(customerId, { periodStart: at('2024-11-15').replace('Z', '.000Z') }),
      ).toMatchObject({
        status: 'DRAFT',
      });
      await w.advance('2025-03');
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2025-03-01..2025-04-01 0.00:',
        'USAGE DRAFT 2025-02-01..2025-03-01 0.00:',
        fee('FINALIZED', '2025-01-05'),
        'USAGE FINALIZED 2025-01-01..2025-02-01 0.00:',
        fee('FINALIZED', '2024-12-05'),
        'USAGE FINALIZED 2024-12-01..2025-01-01 0.00:',
        'USAGE FINALIZED 2024-11-15..2024-12-01 0.40: emails 4 x 0.1 = 0.40',
        fee('FINALIZED', '2024-11-05'),
        november,
        fee('FINALIZED', '2024-10-05'),
        october,
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
    }));

  it('that had issued an invoice for late usage alone bills the same time as its own period too', () =>
    story('2024-10', async (w) => {
      const { emails, customerId, contractId } = await endedEarly(w);
      await w.use(customerId, 'emails', '2024-10-21');
      await w.advance('2024-12-05T01:00:00Z');
      const late =
        'USAGE FINALIZED 2024-11-15..2024-12-01 0.10: late emails 1 x 0.1 = 0.10 (2024-10-01..2024-11-01)';
      expect((await w.bills(customerId))[0]).toBe(late);
      await w.end(customerId, contractId, '2024-12-01');
      expect((await w.bills(customerId, { startingAt: at('2024-11-15') })).toSorted()).toEqual([
        'USAGE DRAFT 2024-11-15..2024-12-01 0.40: emails 4 x 0.1 = 0.40',
        late,
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      await w.advance('2025-02');
      await w.expectAllBilledOnce(customerId, emails, '0.1');
      expect(await w.invoices(customerId, { statuses: ['DRAFT'] })).toEqual([]);
    }));

  it('is refused an end in a closed period, one at its start, and one in the time of another contract', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId, rateCardId } = await endedEarly(w);
      const ending = (day: string | null) =>
        w.refusal('updateContractEndDate', {
          customerId,
          contractId,
          endingBefore: day === null ? null : at(day),
        });
      expect(await ending('2024-11-14T23:00:00Z')).toBe(
        'invoice_already_finalized input endingBefore',
      );
      expect(await ending('2024-10-15')).toBe('invoice_already_finalized input endingBefore');
      expect(await ending('2024-10-01')).toBe('ends_before_start input endingBefore');
      expect(await ending('2024-11-15T00:30:00Z')).toBe('not_on_hour input endingBefore');
      await w.contract({ customerId, rateCardId, startingAt: '2025-01' });
      expect(await ending(null)).toBe('contract_overlaps input endingBefore');
      expect(await ending('2025-01-01T01:00:00Z')).toBe('contract_overlaps input endingBefore');
      expect(await ending('2025-01')).toBeUndefined();
    }));

  it('may end earlier once the invoices behind the new end are void', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await endedEarly(w);
      const closed = await w.bill(customerId, { periodStart: '2024-11-01T00:00:00.000Z' });
      await w.voided(closed.id);
      await w.end(customerId, contractId, '2024-11-05');
      // The fee of the 5th stands although it lies behind the end now; the emails of the 14th are
      // not billed.
      expect(await w.bills(customerId, { statuses: ['DRAFT', 'FINALIZED'] })).toEqual([
        fee('FINALIZED', '2024-11-05'),
        'USAGE DRAFT 2024-11-01..2024-11-05 0.00:',
        fee('FINALIZED', '2024-10-05'),
        october,
      ]);
      // Voided, it is dropped for good.
      const standing = await w.bill(customerId, { periodStart: '2024-11-05T00:00:00.000Z' });
      await w.voided(standing.id);
      await w.advance('2024-12-31');
      expect(await w.bills(customerId, { statuses: ['DRAFT', 'FINALIZED'] })).toEqual([
        'USAGE FINALIZED 2024-11-01..2024-11-05 0.00:',
        fee('FINALIZED', '2024-10-05'),
        october,
      ]);
    }));

  it('bills a voided charge again under the next id, a grace period after the void', () =>
    story('2024-10', async (w) => {
      const { customerId } = await endedEarly(w);
      const first = await w.bill(customerId, { periodStart: '2024-10-05T00:00:00.000Z' });
      expect(first.issuedAt).toBe('2024-10-05T00:00:00.000Z');
      await w.voided(first.id);
      await w.advance('2024-11-20T23:00:00Z');
      const again = await w.bill(customerId, { status: 'DRAFT' });
      expect(again).toMatchObject({ type: 'SCHEDULED', total: { amount: '10.00' } });
      expect(again.id).not.toBe(first.id);
      await w.advance('2024-11-21');
      expect(await w.bill(customerId, { id: again.id })).toMatchObject({
        status: 'FINALIZED',
        issuedAt: '2024-11-21T00:00:00.000Z',
      });
    }));
});
