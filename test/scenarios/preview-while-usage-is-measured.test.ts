import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openStore } from '../../projections/store.ts';
import { keepIds } from '../../projections/usage-ids.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { at, story } from '../support/scenario.ts';
import { logOf } from '../support/usage-log.ts';

/** As a projector leaves it that has measured a round which is not given out yet. */
async function measureAhead(folder: string, transactionId: string): Promise<void> {
  const store = await openStore<UsageTables>({
    folder: join(folder, 'read-models'),
    name: 'usage',
    projections: [usageProjection(logOf(() => []))],
  });
  try {
    const ahead = { transactionId, position: 1_000_000, line: 0 };
    await store.writer.transaction().execute(async (db) => {
      await keepIds([ahead], db);
    });
  } finally {
    await store.close();
  }
}

it('a preview counts an event that the draft at its position does not hold yet', async () => {
  const folder = await temporaryFolder();
  try {
    await story(
      '2024-10',
      async (w) => {
        const { productId } = await w.metered('rows', 'SUM', 'n');
        const rateCardId = await w.card([{ productId, unitPrice: '2' }]);
        const customerId = await w.customer('Any');
        const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
        const event = {
          ...{ transactionId: 't-1', customerId, eventType: 'rows' },
          ...{ timestamp: at('2024-10-05'), properties: { n: 3 } },
        };
        // The server's own thread may still be folding what came before.
        await vi.waitFor(() => measureAhead(folder.path, 't-1'), 10_000);
        const { previewInvoice } = await w.ask<{
          previewInvoice: { total: { amount: string } };
        }>(
          `query ($contractId: ID!, $events: [UsageEventInput!]) {
            previewInvoice(contractId: $contractId, events: $events) { total { amount } } }`,
          { contractId, events: [event] },
        );
        // 3 x 2.
        expect(previewInvoice.total.amount).toBe('6.00');
      },
      { PAYGO_DATA_DIR: folder.path },
    );
  } finally {
    await folder.remove();
  }
});
