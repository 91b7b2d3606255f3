import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';
import { fatesOf, tracesOf } from '../support/traces.ts';

/** A customer whose emails cost 0.10 each from October on. */
async function emailing(w: World) {
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('Ann', ['ann@example.com']);
  const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  return { emails, rateCardId, customerId, contractId };
}

const email = (transactionId: string, customerId: string, day: string, change: object = {}) => ({
  ...{ transactionId, customerId, eventType: 'emails', timestamp: `${day}T12:00:00Z` },
  ...change,
});

describe('an event that somebody asks about', () => {
  it('is told as it was sent, with whose it is and the invoice that it is on', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailing(w);
      const sent = email('e1', 'ann@example.com', '2024-10-05', {
        properties: { to: 'Bob', n: 1 },
      });
      await w.record([email('e0', customerId, '2024-10-04'), sent]);
      expect(await tracesOf(w, 'e1')).toMatchObject([
        {
          fate: 'COUNTED',
          event: { ...sent, timestamp: '2024-10-05T12:00:00.000Z' },
          customer: { id: customerId },
          invoices: [{ status: 'DRAFT', periodStart: '2024-10-01T00:00:00.000Z' }],
          countedBy: [{ name: 'emails' }],
          passedOverBy: [],
        },
      ]);
      expect(await tracesOf(w, 'e2')).toEqual([]);
    }));

  it('keeps its first recording, whatever is sent under its id later', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailing(w);
      const first = email('e1', customerId, '2024-10-05');
      await w.record([first]);
      await w.record([first, { ...first, eventType: 'letters' }]);
      await w.record([
        { ...first, customerId: 'ann@example.com' },
        { ...first, customerId: 'Bob' },
      ]);
      expect(await fatesOf(w, 'e1')).toEqual([
        'COUNTED, Ann, DRAFT 2024-10-01',
        'DUPLICATE, Ann',
        'CONFLICT, Ann',
        'DUPLICATE, Ann',
        'CONFLICT',
      ]);
    }));

  it('waits for whoever claims its key, and is late usage where the period is closed by then', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailing(w);
      await w.record([email('e1', 'bob', '2024-10-05'), email('e2', 'bob', '2024-11-05')]);
      expect(await fatesOf(w, 'e1')).toEqual(['UNCLAIMED']);
      await w.advance('2024-11-06');
      await w.mutate('setIngestAliases', { customerId, ingestAliases: ['bob'] });
      // Counted in October, which is final, and charged on November.
      expect(await fatesOf(w, 'e1')).toEqual(['COUNTED, Ann, DRAFT 2024-11-01']);
      expect(await fatesOf(w, 'e2')).toEqual(['COUNTED, Ann, DRAFT 2024-11-01']);
    }));

  it('is unrated outside of contracts and rates, and where no metric counts it', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await emailing(w);
      await w.metered('rows', 'SUM', 'count');
      await w.record([
        email('before', customerId, '2024-09-05'),
        email('letter', customerId, '2024-10-05', { eventType: 'letters' }),
        email('rows', customerId, '2024-10-05', { eventType: 'rows', properties: { count: '2' } }),
        email('empty', customerId, '2024-10-05', { eventType: 'rows' }),
        email('ahead', customerId, '2024-12-05'),
      ]);
      for (const id of ['before', 'letter', 'rows', 'empty']) {
        expect([id, await fatesOf(w, id)]).toEqual([id, ['UNRATED, Ann']]);
      }
      expect(await tracesOf(w, 'letter')).toMatchObject([{ countedBy: [], passedOverBy: [] }]);
      expect(await tracesOf(w, 'rows')).toMatchObject([{ countedBy: [{ name: 'rows' }] }]);
      expect(await tracesOf(w, 'empty')).toMatchObject([
        { countedBy: [], passedOverBy: [{ name: 'rows' }] },
      ]);
      // Its period has not begun: no invoice is shown yet.
      expect(await fatesOf(w, 'ahead')).toEqual(['COUNTED, Ann']);
      await w.end(customerId, contractId, '2024-12');
      expect(await fatesOf(w, 'ahead')).toEqual(['UNRATED, Ann']);
    }));
});

describe('the invoices of an event', () => {
  it('are the one of its period, draft and final, and after a void also the next', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailing(w);
      await w.record([email('e1', customerId, '2024-10-05')]);
      await w.advance('2024-11-02');
      expect(await fatesOf(w, 'e1')).toEqual(['COUNTED, Ann, FINALIZED 2024-10-01']);
      const { id } = await w.bill(customerId, { status: 'FINALIZED' });
      await w.voided(id);
      const again = 'COUNTED, Ann, VOID 2024-10-01, DRAFT 2024-10-01';
      expect(await fatesOf(w, 'e1')).toEqual([again]);
    }));

  it('are, of late usage, the one that charges it, and no later one', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailing(w);
      await w.advance('2024-11-02');
      await w.record([email('late', customerId, '2024-10-05')]);
      await w.advance('2024-12-02');
      // Late for October once more: December rates October again, and charges the second one only.
      await w.record([email('later', customerId, '2024-10-06')]);
      expect(await fatesOf(w, 'late')).toEqual(['COUNTED, Ann, FINALIZED 2024-11-01']);
      expect(await fatesOf(w, 'later')).toEqual(['COUNTED, Ann, DRAFT 2024-12-01']);
    }));

  it('are also those that take it back, once its period is billed again', () =>
    story('2024-10', async (w) => {
      const { customerId } = await emailing(w);
      await w.advance('2024-11-02');
      const { id } = await w.bill(customerId, { status: 'FINALIZED' });
      await w.record([email('late', customerId, '2024-10-05')]);
      await w.advance('2024-12-02');
      await w.voided(id);
      // November has charged it, and stands: October bills it anew and takes that back.
      expect(await fatesOf(w, 'late')).toEqual([
        'COUNTED, Ann, FINALIZED 2024-11-01, DRAFT 2024-10-01',
      ]);
      expect(await w.bills(customerId, { statuses: ['DRAFT'] })).toContain(
        'USAGE DRAFT 2024-10-01..2024-11-01 0.00: emails 1 x 0.1 = 0.10; late emails -1 x 0.1 = -0.10',
      );
      // Billed once in the end: nothing is left to later invoices.
      await w.advance('2024-12-04');
      expect(await fatesOf(w, 'late')).toEqual([
        'COUNTED, Ann, FINALIZED 2024-11-01, FINALIZED 2024-10-01',
      ]);
    }));

  it('are, after the end of the contract, the one that exists for late usage alone', () =>
    story('2024-10', async (w) => {
      const { customerId, contractId } = await emailing(w);
      await w.end(customerId, contractId, '2024-11');
      await w.advance('2024-11-03');
      await w.record([email('late', customerId, '2024-10-05')]);
      expect(await fatesOf(w, 'late')).toEqual(['COUNTED, Ann, DRAFT 2024-11-01']);
      await w.advance('2024-12-02');
      expect(await fatesOf(w, 'late')).toEqual(['COUNTED, Ann, FINALIZED 2024-11-01']);
    }));
});
