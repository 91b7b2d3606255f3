import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

const event = (transactionId: string, customerId: string, change: object = {}) => ({
  ...{ transactionId, customerId, eventType: 'rows', timestamp: '2024-10-05T12:00:00Z' },
  ...change,
});

type Page<Node> = {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
};

/** All of a list, in pages of so many, told as text. */
async function listed<Node>(
  { ask }: Pick<World, 'ask'>,
  [list, fields, args = '']: readonly [list: string, fields: string, args?: string],
  first: number,
  tell: (node: Node) => string,
): Promise<readonly string[]> {
  // It waits until all that is recorded is counted.
  await ask('{ usageTrace(transactionId: "none") { fate } }');
  const told: string[] = [];
  let after: string | null = null;
  do {
    const data: Record<string, Page<Node>> = await ask(
      `query ($first: Int, $after: String) { list: ${list}(first: $first, after: $after ${args}) {
        nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`,
      { first, after },
    );
    const page = data['list'];
    if (page === undefined) throw new Error(`${list} answered nothing`);
    expect(page.nodes.length).toBeLessThanOrEqual(first);
    told.push(...page.nodes.map(tell));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return told;
}

type Conflict = {
  readonly transactionId: string;
  readonly recorded: { readonly customerId: string; readonly properties: object };
  readonly repeated: { readonly customerId: string; readonly properties: object };
};

const conflicts = (w: World, first: number) =>
  listed<Conflict>(
    w,
    [
      'usageConflicts',
      'transactionId recorded { customerId properties } repeated { customerId properties }',
    ],
    first,
    ({ transactionId, recorded, repeated }) =>
      [transactionId, recorded, repeated].map((one) => JSON.stringify(one)).join(' '),
  );

describe('the lists of an operator', () => {
  it('show what came again with other content, newest first, both contents beside one another', () =>
    story('2024-10', async (w) => {
      const count = (n: string) => ({ properties: { count: n } });
      await w.record([event('a', 'k', count('1')), event('b', 'k', count('1'))]);
      await w.record([event('a', 'k', count('2')), event('b', 'k', count('1'))]);
      await w.record([event('b', 'other', count('1')), event('a', 'k', count('3'))]);
      const text = (id: string, to: string, n: string) =>
        `"${id}" {"customerId":"k","properties":{"count":"1"}} {"customerId":"${to}","properties":{"count":"${n}"}}`;
      const all = [text('a', 'k', '3'), text('b', 'other', '1'), text('a', 'k', '2')];
      const expected = expect.arrayContaining(all) as unknown;
      const [one, two] = [await conflicts(w, 1), await conflicts(w, 1000)];
      expect(one).toEqual(expected);
      expect(one).toHaveLength(3);
      // Those of one call are recorded in one moment, by their keys.
      expect(one.at(-1)).toBe(all[2]);
      expect(two).toEqual(one);
      expect(await w.ask('{ duplicateUsageCount }')).toEqual({ duplicateUsageCount: 1 });
    }));

  it('show the keys that nobody holds, counted or not, until somebody claims them', () =>
    story('2024-10', async (w) => {
      const customerId = await w.customer('Ann');
      const keys = (first: number) =>
        listed<{
          customerId: string;
          events: number;
          firstRecordedAt: string;
          lastRecordedAt: string;
        }>(
          w,
          ['unclaimedUsage', 'customerId events firstRecordedAt lastRecordedAt'],
          first,
          (one) =>
            `${one.customerId}: ${String(one.events)}, ${one.firstRecordedAt.slice(0, 10)}..${one.lastRecordedAt.slice(0, 10)}`,
        );
      await w.record([event('1', 'zed'), event('2', 'zed')]);
      await w.record([event('3', customerId)]);
      await w.advance('2024-10-03');
      await w.record([event('4', 'zed', { eventType: 'unseen' }), event('1', 'zed')]);
      await w.record([event('5', 'bob')]);
      await w.record([event('6', 'ann')]);
      const [zed, bob, ann] = [
        'zed: 3, 2024-10-01..2024-10-03',
        'bob: 1, 2024-10-03..2024-10-03',
        'ann: 1, 2024-10-03..2024-10-03',
      ];
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
      await w.record([event('bare', 'k', value('x')), event('other', 'k', { eventType: 'else' })]);
      await w.record([event('word', 'k', value('many'))]);
      const passed = (first: number) =>
        listed<{ reason: string; event: { transactionId: string } }>(
          w,
          ['passedOverUsage', 'reason event { transactionId }', `billableMetricId: "${metricId}"`],
          first,
          ({ reason, event: { transactionId } }) => `${transactionId} ${reason}`,
        );
      const all = ['word NO_DECIMAL', 'true NO_DECIMAL', 'bare NO_PROPERTY', 'early NO_DECIMAL'];
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
      const { unclaimedUsage } = await w.ask<{ unclaimedUsage: Page<unknown> }>(
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
