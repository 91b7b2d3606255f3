import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

const alias = 'team@example.com';

async function catalog(w: World) {
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const join = async (name: string, aliases: readonly string[] = []) => {
    const customerId = await w.customer(name, aliases);
    await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
    return customerId;
  };
  const setAliases = (customerId: string, ingestAliases: readonly string[]) =>
    w.mutate('setIngestAliases', { customerId, ingestAliases });
  return { emails, join, setAliases };
}

describe('usage under an alias', () => {
  it('that nobody holds waits, and belongs to the first customer that claims it', () =>
    story('2024-10', async (w) => {
      const { emails, join, setAliases } = await catalog(w);
      await w.useTimes(3, alias, 'emails', '2024-10-02');
      const customerId = await join('First');
      expect(await w.usage(customerId, emails)).toEqual(['0']);
      await setAliases(customerId, [alias]);
      // 3 that waited, 1 by alias, 1 by id: 5 emails, 0.50.
      await w.use(alias, 'emails', '2024-10-03');
      await w.use(customerId, 'emails', '2024-10-03');
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-10-01..2024-11-01 0.50: emails 5 x 0.1 = 0.50',
      ]);
    }));

  it('is late for a period that was closed when the alias was claimed', () =>
    story('2024-10', async (w) => {
      const { emails, join, setAliases } = await catalog(w);
      const customerId = await join('Late');
      await w.useTimes(3, alias, 'emails', '2024-10-02');
      await w.useTimes(2, alias, 'emails', '2024-11-01');
      await w.advance('2024-11-02');
      await setAliases(customerId, [alias]);
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 0.50: ' +
          'emails 2 x 0.1 = 0.20; late emails 3 x 0.1 = 0.30 (2024-10-01..2024-11-01)',
        'USAGE FINALIZED 2024-10-01..2024-11-01 0.00:',
      ]);
      await w.expectAllBilledOnce(customerId, emails, '0.1');
    }));

  it('stays with the customer that held it when it was recorded, when the alias is moved', () =>
    story('2024-10', async (w) => {
      const { emails, join, setAliases } = await catalog(w);
      const from = await join('From', [alias]);
      const to = await join('To');
      await w.useTimes(3, alias, 'emails', '2024-10-02');
      expect(await w.refusal('setIngestAliases', { customerId: to, ingestAliases: [alias] })).toBe(
        'alias_taken input ingestAliases 0',
      );
      await setAliases(from, []);
      // Nobody holds it for a moment: what comes now goes to whoever claims it next, whatever its
      // timestamp.
      await w.useTimes(4, alias, 'emails', '2024-10-01');
      await setAliases(to, [alias]);
      await w.useTimes(5, alias, 'emails', '2024-10-02');
      const counted = async () => [await w.usage(from, emails), await w.usage(to, emails)];
      expect(await counted()).toEqual([['3'], ['9']]);
      // And back again: what was recorded never changes hands.
      await setAliases(to, []);
      await setAliases(from, [alias]);
      await w.useTimes(6, alias, 'emails', '2024-10-03');
      expect(await counted()).toEqual([['9'], ['9']]);
      for (const customerId of [from, to]) {
        expect(await w.bills(customerId)).toEqual([
          'USAGE DRAFT 2024-10-01..2024-11-01 0.90: emails 9 x 0.1 = 0.90',
        ]);
      }
    }));

  it('counts once, whatever it is sent under the second time', () =>
    story('2024-10', async (w) => {
      const { emails, join } = await catalog(w);
      const customerId = await join('Twice', [alias]);
      const other = await join('Other');
      const event = w.event(alias, 'emails', '2024-10-02');
      await w.record([event, event]);
      await w.record([{ ...event, customerId }]);
      await w.record([{ ...event, customerId: other }]);
      await w.record([{ ...event, timestamp: '2024-10-09T00:00:00Z' }]);
      const october = { window: 'DAY', from: '2024-10', to: '2024-11' };
      expect(await w.usage(customerId, emails, october)).toEqual(['2024-10-02: 1']);
      expect(await w.usage(other, emails)).toEqual(['0']);
    }));
});

describe('a metric that is created after usage was recorded', () => {
  it('counts that usage, in the periods that are open', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '1' }]);
      const customerId = await w.customer('Early bird', [alias]);
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.useTimes(2, customerId, 'pings', '2024-10-05');
      await w.advance('2024-11-02');
      await w.useTimes(3, alias, 'pings', '2024-11-02');
      const repeated = w.event(customerId, 'pings', '2024-11-02');
      await w.record([repeated, repeated]);
      const pings = await w.metered('pings');
      await w.addRates(rateCardId, [{ productId: pings.productId, unitPrice: '0.50' }]);
      await w.use(customerId, 'pings', '2024-11-03');
      expect(await w.usage(customerId, pings)).toEqual(['7']);
      // November: 3 + 1 + 1 at 0.50. October is final, and did not bill pings.
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 2.50: pings 5 x 0.5 = 2.50',
        'USAGE FINALIZED 2024-10-01..2024-11-01 0.00:',
      ]);
    }));
});

describe('usage', () => {
  it('belongs to the period of its own instant, whatever offset it is written with', () =>
    story('2024-10', async (w) => {
      const { join } = await catalog(w);
      const customerId = await join('Bounds');
      const october = [
        '2024-10-01T00:00:00Z',
        '2024-10-31T23:59:59.999Z',
        '2024-11-01T00:30:00+01:00',
      ];
      const november = ['2024-11-01T00:00:00Z', '2024-10-31T20:00:00-05:00'];
      // Cut to milliseconds, not rounded up into November.
      await w.use(customerId, 'emails', '2024-10-31T23:59:59.9999Z');
      for (const timestamp of [...october, ...november]) {
        await w.use(customerId, 'emails', timestamp);
      }
      await w.use(customerId, 'emails', '2024-09-30T23:59:59.999Z');
      await w.advance('2024-11-01T12:00:00Z');
      expect(await w.bills(customerId)).toEqual([
        'USAGE DRAFT 2024-11-01..2024-12-01 0.20: emails 2 x 0.1 = 0.20',
        'USAGE DRAFT 2024-10-01..2024-11-01 0.40: emails 4 x 0.1 = 0.40',
      ]);
    }));

  it('of the far past and the far future is recorded, and billed when its period comes', () =>
    story('2024-10', async (w) => {
      const { emails, join } = await catalog(w);
      const customerId = await join('Far');
      await w.use(customerId, 'emails', '2000-01-01');
      await w.use(customerId, 'emails', '2100-12-31T23:59:59.999Z');
      await w.useTimes(2, customerId, 'emails', '2024-12-15');
      expect(await w.bills(customerId)).toEqual(['USAGE DRAFT 2024-10-01..2024-11-01 0.00:']);
      expect(await w.usage(customerId, emails, { window: 'MONTH' })).toEqual([
        '2000-01-01: 1',
        '2024-12-01: 2',
        '2100-12-01: 1',
      ]);
      const { recordUsage } = await w.ask<{
        recordUsage: { accepted: number; rejected: readonly { reason: string }[] };
      }>(
        `mutation ($events: [UsageEventInput!]!) {
          recordUsage(events: $events) { accepted rejected { index reason } } }`,
        {
          events: [
            w.event(customerId, 'emails', '1999-12-31T23:59:59.999Z'),
            w.event(customerId, 'emails', '2101-01-01'),
          ],
        },
      );
      expect(recordUsage).toEqual({
        accepted: 0,
        rejected: [
          { index: 0, reason: 'timestamp_out_of_range' },
          { index: 1, reason: 'timestamp_out_of_range' },
        ],
      });
      await w.advance('2025-01-02');
      expect((await w.bills(customerId))[1]).toBe(
        'USAGE FINALIZED 2024-12-01..2025-01-01 0.20: emails 2 x 0.1 = 0.20',
      );
    }));

  it('is shown by hour, day and month, for the range that is asked for', () =>
    story('2024-10', async (w) => {
      const { emails, join } = await catalog(w);
      const customerId = await join('Windows');
      for (const timestamp of [
        '2024-10-01T00:59:59.999Z',
        '2024-10-01T01:00:00Z',
        '2024-10-01T01:30:00Z',
        '2024-10-02T00:00:00Z',
        '2024-11-30T23:00:00Z',
      ]) {
        await w.use(customerId, 'emails', timestamp);
      }
      const windows = (window: string, from: string, to: string) =>
        w.usage(customerId, emails, { window, from, to });
      expect(await windows('HOUR', '2024-10-01', '2024-10-02')).toEqual([
        '2024-10-01: 1',
        '2024-10-01T01:00Z: 2',
      ]);
      expect(await windows('DAY', '2024-10-01T01:00:00Z', '2024-12-01')).toEqual([
        '2024-10-01T01:00Z: 2',
        '2024-10-02: 1',
        '2024-11-30: 1',
      ]);
      expect(await windows('MONTH', '2024-10-01', '2024-11-30T23:00:00Z')).toEqual([
        '2024-10-01: 4',
      ]);
    }));
});
