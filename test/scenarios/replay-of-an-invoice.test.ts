import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replayInvoice } from '../../src/audit/replay.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, story, worldOf, type World } from '../support/scenario.ts';

const asked = `query ($id: ID!) { replayInvoice(id: $id) {
  matches differences eventsReplayed
  stored { id total { amount } lineItems { id } }
  replayed { id total { amount } position lineItems { id quantity } } } }`;

/** An October of three emails, finalized, and the ids of it. */
async function october(w: World) {
  const emails = await w.metered('emails', 'SUM', 'n');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First', ['team']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.use(customerId, 'emails', '2024-10-02', { n: 5 });
  await w.use('team', 'emails', '2024-10-03', { n: 7 });
  await w.record([
    { ...w.event(customerId, 'emails', '2024-10-04', { n: 9 }), transactionId: 't-2' },
  ]);
  await w.advance('2024-11-02');
  const { id } = await w.bill(customerId, { status: 'FINALIZED' });
  return { customerId, id };
}

describe('a finalized invoice', () => {
  it('is computed again by replayInvoice, as another object', () =>
    story('2024-10', async (w) => {
      const { id } = await october(w);
      const { replayInvoice: replay } = await w.ask<{ replayInvoice: object }>(asked, { id });
      expect(replay).toMatchObject({
        matches: true,
        differences: [],
        stored: { id, total: { amount: '1.20' } },
        replayed: {
          id: `${id}@replay`,
          total: { amount: '1.20' },
          lineItems: [{ id: expect.stringMatching(/^lin_.*@replay$/), quantity: '12' }],
        },
      });
    }));

  it('can be replayed, and a draft as it is, but nothing that is not there', () =>
    story('2024-10', async (w) => {
      const { customerId } = await october(w);
      await w.use('team', 'emails', '2024-11-01', { n: 5 });
      const { id } = await w.bill(customerId, { status: 'DRAFT' });
      const { replayInvoice: replay } = await w.ask<{ replayInvoice: object }>(asked, { id });
      expect(replay).toMatchObject({
        matches: true,
        differences: [],
        eventsReplayed: expect.any(Number),
        stored: { id, total: { amount: '0.50' } },
        replayed: { id: `${id}@replay`, total: { amount: '0.50' } },
      });
      for (const other of [`inv_${'0'.repeat(32)}_usage_20241001T00_0`, 'inv_nothing']) {
        const answer = await w.ask<{ replayInvoice: object | null }>(asked, { id: other });
        expect(answer.replayInvoice).toBeNull();
      }
    }));
});

const tamperings = {
  'a quantity of usage is changed': `
    UPDATE event SET data = replace(data, '"n":7', '"n":8') WHERE type = 'UsageRecorded'`,
  'an event of usage is emptied': `
    UPDATE event SET data = '{"key":"team","lines":[]}'
    WHERE type = 'UsageRecorded' AND data LIKE '%"n":7%'`,
  'a repeat is no repeat any more': `
    UPDATE event SET data = replace(data, '"t-2"', '"t-3"')
    WHERE type = 'UsageRecorded' AND data LIKE '%"n":7%'`,
  'an amount of the invoice is changed': `
    UPDATE event SET data = replace(data, '"amount":"1.2"', '"amount":"1.3"')
    WHERE type = 'InvoiceFinalized'`,
  'a price is changed': `
    UPDATE event SET data = replace(data, '"unitPrice":"0.1"', '"unitPrice":"0.2"')
    WHERE type = 'RatesAdded'`,
} as const;

describe('a log that somebody has changed', () => {
  it.each(Object.entries(tamperings))('shows it in the replay: %s', async (_what, change) => {
    const folder = await temporaryFolder({ replays: false });
    try {
      const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
      const { id } = await october(worldOf(paygo.client)).finally(() => paygo.stop());
      const db = new Sqlite(join(folder.path, 'log.db'));
      const { changes } = db.prepare(change).run();
      db.close();
      expect(changes).toBeGreaterThan(0);
      const log = openSqliteLog({ folder: folder.path });
      const replay = await replayInvoice(log, id).finally(() => log.close());
      expect(replay?.differences.join('\n')).toMatch(/amount: stored "1.\d*", replayed "\d/);
    } finally {
      await folder.remove();
    }
  });
});
