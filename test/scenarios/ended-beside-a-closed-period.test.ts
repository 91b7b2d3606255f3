import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

/**
 * A quarterly contract from October with the product x alone, and a monthly one, created later,
 * with p at 1.00. Then the first one's card gains p at 2.00, and October is closed for the second:
 * without p, which is the first one's since.
 */
async function leftToTheFirst(w: World) {
  const x = await w.metered('x');
  const p = await w.metered('p');
  const card = await w.card([{ productId: x.productId, unitPrice: '1' }]);
  const other = await w.card([{ productId: p.productId, unitPrice: '1' }]);
  const customerId = await w.customer('Common');
  const firstId = await w.contract({
    ...{ customerId, rateCardId: card, startingAt: '2024-10' },
    usageStatementSchedule: { frequency: 'QUARTERLY' },
  });
  const secondId = await w.contract({ customerId, rateCardId: other, startingAt: '2024-10' });
  await w.useTimes(10, customerId, 'p', '2024-10-20');
  await w.addRates(card, [{ productId: p.productId, unitPrice: '2' }]);
  await w.advance('2024-11-10');
  const billsOf = (contractId: string) => w.bills(customerId, { contractId });
  expect(await billsOf(firstId)).toEqual([
    // 10 x 2.
    'USAGE DRAFT 2024-10-01..2025-01-01 20.00: p 10 x 2 = 20.00',
  ]);
  expect(await billsOf(secondId)).toEqual([
    'USAGE DRAFT 2024-11-01..2024-12-01 0.00:',
    'USAGE FINALIZED 2024-10-01..2024-11-01 0.00:',
  ]);
  return { customerId, firstId, secondId, billsOf };
}

describe('a contract to which a closed period of a later one left its usage', () => {
  it('is not ended before the end of that period: the usage would be on no invoice', () =>
    story('2024-10', async (w) => {
      const { customerId, firstId, billsOf } = await leftToTheFirst(w);
      const end = (endingBefore: string) =>
        w.refusal('updateContractEndDate', {
          ...{ customerId, contractId: firstId, endingBefore: at(endingBefore) },
        });
      expect(await end('2024-10-15')).toBe('invoice_already_finalized input endingBefore');
      expect(await end('2024-10-31T23:00:00Z')).toBe(
        'invoice_already_finalized input endingBefore',
      );
      expect(await end('2024-11-01')).toBeUndefined();
      expect(await billsOf(firstId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 20.00: p 10 x 2 = 20.00',
      ]);
    }));

  it('is, once that invoice is void, which then bills the usage itself', () =>
    story('2024-10', async (w) => {
      const { customerId, firstId, secondId, billsOf } = await leftToTheFirst(w);
      const { id } = await w.bill(customerId, { status: 'FINALIZED' });
      await w.voided(id);
      await w.end(customerId, firstId, '2024-10-15');
      expect(await billsOf(firstId)).toEqual(['USAGE DRAFT 2024-10-01..2024-10-15 0.00:']);
      const open = await w.bills(customerId, { contractId: secondId, statuses: ['DRAFT'] });
      expect(open).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 0.00:',
        // Since the 15th it bills p itself: 10 x 1.
        'USAGE DRAFT 2024-10-01..2024-11-01 10.00: p 10 x 1 = 10.00 (2024-10-15..2024-11-01)',
      ]);
    }));

  it('is not changed for another plan before the end of that period either', () =>
    story('2024-10', async (w) => {
      const { customerId, firstId } = await leftToTheFirst(w);
      const rateCardId = await w.card([]);
      const contract = { customerId, rateCardId, startingAt: at('2024-10-15') };
      expect(await w.refusal('changePlan', { fromContractId: firstId, contract })).toBe(
        'invoice_already_finalized input contract startingAt',
      );
    }));
});
