import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

const event = (transactionId: string, customerId: string, change: object = {}) => ({
  ...{ transactionId, customerId, eventType: 'rows', timestamp: '2024-10-05T12:00:00Z' },
  ...change,
});

type Page = {
  readonly nodes: readonly object[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

/** All of a list, in pages of so many. */
async function listed(
  { ask }: Pick<World, 'ask'>,
  [list, fields, args = '']: readonly [list: string, fields: string, args?: string],
  first: number,
): Promise<readonly object[]> {
  // It waits until all that is recorded is counted.
  await ask('{ usageTrace(transactionId: "none") { fate } }');
  const found: object[] = [];
  let after: string | null = null;
  do {
    const data: Record<string, Page> = await ask(
      `query ($first: Int, $after: String) { list: ${list}(first: $first, after: $after ${args}) {
        nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`,
      { first, after },
    );
    const page = data['list'];
    if (page === undefined) throw new Error(`${list} answered nothing`);
    expect(page.nodes.length).toBeLessThanOrEqual(first);
    found.push(...page.nodes);
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

const both = 'customerId properties';
const conflicts = (w: World, first: number) =>
  listed(w, ['usageConflicts', `transactionId recorded { ${both} } repeated { ${both} }`], first);

describe('the lists of an operator', () => {
  it('show what came again with other content, newest first, both contents beside one another', () =>
    story('2024-10', async (w) => {
      const count = (n: string) => ({ properties: { count: n } });
      await w.record([event('a', 'k', count('1')), event('b', 'k', count('1'))]);
      await w.record([event('a', 'k', count('2')), event('b', 'k', count('1'))]);
      await w.record([event('b', 'other', count('1')), event('a', 'k', count('3'))]);
      const conflict = (transactionId: string, customerId: string, n: string) => ({
        transactionId,
        recorded: { customerId: 'k', ...count('1') },
        repeated: { customerId, ...count(n) },
      });
      const oldest = conflict('a', 'k', '2');
      // Those of one call are recorded at one moment, each under its key.
      const newer = [conflict('a', 'k', '3'), conflict('b', 'other', '1')];
      const one = await conflicts(w, 1);
      expect(one).toHaveLength(3);
      expect(one.slice(0, 2)).toEqual(expect.arrayContaining(newer));
      expect(one.at(-1)).toEqual(oldest);
      expect(await conflicts(w, 1000)).toEqual(one);
      expect(await w.ask('{ duplicateUsageCount }')).toEqual({ duplicateUsageCount: 1 });
    }));

  it('show the keys that nobody holds, counted or not, until somebody claims them', () =>
    story('2024-10', async (w) => {
      const customerId = await w.customer('Ann');
      const keys = (first: number) =>
        listed(w, ['unclaimedUsage', 'customerId events firstRecordedAt lastRecordedAt'], first);
      await w.record([event('1', 'zed'), event('2', 'zed')]);
      await w.record([event('3', customerId)]);
      await w.advance('2024-10-03');
      await w.record([event('4', 'zed', { eventType: 'unseen' }), event('1', 'zed')]);
      await w.record([event('5', 'bob')]);
      await w.record([event('6', 'ann')]);
      const waits = (key: string, events: number, from: string, to: string) => ({
        ...{ customerId: key, events },
        ...{ firstRecordedAt: `${from}T00:00:00.000Z`, lastRecordedAt: `${to}T00:00:00.000Z` },
      });
      const zed = waits('zed', 3, '2024-10-01', '2024-10-03');
      const bob = waits('bob', 1, '2024-10-03', '2024-10-03');
      const ann = waits('ann', 1, '2024-10-03', '2024-10-03');
      expect(await keys(2)).toEqual([zed, bob, ann]);
      await w.mutate('setIngestAliases', { customerId, ingestAliases: ['bob'] });
      expect(await keys(1)).toEqual([zed, ann]);
      // Given back: what comes then waits again.
      await w.mutate('setIngestAliases', { customerId, ingestAliases: ['zed'] });
      await w.record([event('7', 'bob')]);
      expect(await keys(1000)).toEqual([ann, bob]);
    }));

  it('show the events that a metric passes over, newest first, and why', () =>
    story('2024-10', async (w) => {
      const value = (count: unknown) => ({ properties: { count } });
      await w.record([event('early', 'k', value('none')), event('fine', 'k', value('1'))]);
      const { metricId } = await w.metered('rows', 'SUM', 'count');
      await w.record([
        event('bare', 'k'),
        event('true', 'k', value(true)),
        event('ok', 'k', value(2)),
      ]);
      await w.record([event('other', 'k', { eventType: 'else' })]);
      // The first of these is a repeat, which no metric looks at.
      await w.record([event('bare', 'k', value('x')), event('word', 'k', value('many'))]);
      const passed = (first: number) =>
        listed(
          w,
          ['passedOverUsage', 'reason event { transactionId }', `billableMetricId: "${metricId}"`],
          first,
        );
      const all = [
        { reason: 'NO_DECIMAL', event: { transactionId: 'word' } },
        { reason: 'NO_DECIMAL', event: { transactionId: 'true' } },
        { reason: 'NO_PROPERTY', event: { transactionId: 'bare' } },
        { reason: 'NO_DECIMAL', event: { transactionId: 'early' } },
      ];
      // The metric counts what was recorded before it behind.
      await w.usage(await w.customer('Any'), { metricId, productId: '', eventType: 'rows' });
      for (const first of [1, 2, 3, 1000]) expect(await passed(first)).toEqual(all);
      const { billableMetric } = await w.ask<{ billableMetric: { passedOver: number } }>(
        'query ($metricId: ID!) { billableMetric(id: $metricId) { passedOver } }',
        { metricId },
      );
      expect(billableMetric.passedOver).toBe(4);
    }));

  it('refuse cursors of one another, and pages of no size', () =>
    story('2024-10', async (w) => {
      const { metricId } = await w.metered('rows', 'SUM', 'count');
      await w.record([event('1', 'k'), event('2', 'l')]);
      const { unclaimedUsage } = await w.ask<{ unclaimedUsage: Page }>(
        '{ unclaimedUsage(first: 1) { pageInfo { endCursor } } }',
      );
      const after = unclaimedUsage.pageInfo.endCursor;
      for (const [list, args] of [
        ['usageConflicts', ''],
        ['passedOverUsage', `billableMetricId: "${metricId}",`],
      ] as const) {
        const ask = (page: string) =>
          w.send(`{ ${list}(${args} ${page}) { nodes { __typename } } }`);
        const reasonsOf = async (page: string) =>
          (await ask(page)).errors.map(({ extensions }) => extensions.reason);
        expect(await reasonsOf(`after: "${String(after)}"`)).toEqual(['invalid_cursor']);
        expect(await reasonsOf('first: 0')).toEqual(['first_out_of_range']);
        expect(await reasonsOf('first: 1001')).toEqual(['first_out_of_range']);
      }
      const none = await w.send('{ passedOverUsage(billableMetricId: "no") { nodes { reason } } }');
      expect(none.errors.map(({ extensions }) => extensions.reason)).toEqual(['metric_not_found']);
    }));
});
