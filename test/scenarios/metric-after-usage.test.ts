import { describe, expect, it } from 'vitest';
import { story } from '../support/scenario.ts';

const calls = 25;
const perCall = 1000;
const all = String(calls * perCall);

type Counted = { billableMetric: { countedThrough: string; passedOver: number } };

describe('a metric that is created after the usage it counts', () => {
  it('counts it behind, while whoever asks for what rests on it waits, and gets it all', async () => {
    await story('2024-10-20', async (w) => {
      const customerId = await w.customer('Late Metrics');
      for (let call = 0; call < calls; call += 1) {
        await w.useTimes(perCall, customerId, 'rows', '2024-10-05');
      }
      const rows = await w.metered('rows');
      const counted = async (): Promise<number> => {
        const { billableMetric } = await w.ask<Counted>(
          'query ($id: ID!) { billableMetric(id: $id) { countedThrough passedOver } }',
          { id: rows.metricId },
        );
        return Number(billableMetric.countedThrough);
      };
      const before = await counted();
      const rateCardId = await w.card([
        { productId: rows.productId, unitPrice: '0.01', startingAt: '2024-01' },
      ]);
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      const draft = await w.bill(customerId, { status: 'DRAFT' });
      expect(draft).toMatchObject({ total: { amount: '250.00' } });
      expect(draft.lineItems.map(({ quantity }) => quantity)).toEqual([all]);
      expect(await counted()).toBeGreaterThan(Math.max(before, calls));
      expect(await w.usage(customerId, rows)).toEqual([all]);
      await w.use(customerId, 'rows', '2024-10-21');
      await w.expectAllBilledOnce(customerId, rows, '0.01', { contractId });

      const parts = await w.metered('parts of rows', 'COUNT');
      expect(await w.usage(customerId, parts)).toEqual(['0']);
      await w.advance('2024-11-03');
      expect(await w.bills(customerId, { statuses: ['FINALIZED'] })).toHaveLength(1);
      await w.expectAllBilledOnce(customerId, rows, '0.01', { contractId });
    });
  }, 60_000);

  it('is waited for by the usage query, too, that comes right after it', async () => {
    await story('2024-10-20', async (w) => {
      const customerId = await w.customer('Late Metrics');
      for (let call = 0; call < calls; call += 1) {
        await w.useTimes(perCall, customerId, 'rows', '2024-10-05');
      }
      const rows = await w.metered('rows');
      expect(await w.usage(customerId, rows)).toEqual([all]);
    });
  }, 60_000);
});
