import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/paygo.ts';
import { at, story } from '../support/scenario.ts';

/** As a projector leaves it that has measured a round which is not given out yet. */
function measureAhead(folder: string, transactionId: string): void {
  const models = join(folder, 'read-models');
  const file = readdirSync(models).find((name) => /^usage-\w+\.db$/.test(name)) ?? '';
  const database = new Database(join(models, file));
  try {
    database
      .prepare('insert into usage_id (transaction_id, position, line) values (?, ?, 0)')
      .run(transactionId, 1_000_000);
  } finally {
    database.close();
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
        measureAhead(folder.path, 't-1');
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
