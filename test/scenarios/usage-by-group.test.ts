import { describe, expect, it } from 'vitest';
import { story } from '../support/scenario.ts';

type Points = {
  readonly usage: {
    readonly nodes: readonly {
      readonly startingAt: string;
      readonly groupValues: Readonly<Record<string, string | null>> | null;
      readonly value: string;
    }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
};

const document = `query ($customer: ID!, $metric: ID!, $window: UsageWindow!, $groupBy: [String!], $first: Int, $after: String) {
  usage(customerId: $customer, billableMetricId: $metric, startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z",
    window: $window, groupBy: $groupBy, first: $first, after: $after) {
    nodes { startingAt groupValues value } pageInfo { hasNextPage endCursor } } }`;

describe('usage by group', () => {
  it('is told by any of the properties, in any window, and adds up', async () => {
    await story('2024-10', async (w) => {
      const metric = await w.create('createBillableMetric', {
        ...{ name: 'calls', aggregation: 'SUM', aggregationKey: 'n' },
        ...{ eventTypeFilter: { inValues: ['calls'] }, groupKeys: [['region', 'tier'], ['model']] },
      });
      const customer = await w.customer('Groups', ['groups@customer.com']);
      const use = (day: string, properties: object) =>
        w.use(customer, 'calls', `2024-10-${day}T10:00:00Z`, properties);
      await use('01', { n: 1, region: 'eu', tier: 1, model: 'a' });
      await use('01', { n: '0.5', region: 'eu', tier: '1', model: 'b' });
      await use('02', { n: 4, region: 'us', model: 'a' });
      await use('02', { n: 8, tier: true, model: 'a' });
      const ask = (window: string, groupBy: readonly string[] | null, more: object = {}) =>
        w.ask<Points>(document, { customer, metric, window, groupBy, first: 100, ...more });
      const told = async (window: string, groupBy: readonly string[] | null) =>
        (await ask(window, groupBy)).usage.nodes.map(
          ({ startingAt, groupValues, value }) =>
            `${startingAt.slice(8, 10)} ${JSON.stringify(groupValues)} ${value}`,
        );

      expect(await told('NONE', null)).toEqual(['01 null 13.5']);
      expect(await told('NONE', ['region'])).toEqual([
        '01 {"region":"eu"} 1.5',
        '01 {"region":"us"} 4',
        '01 {"region":null} 8',
      ]);
      // A number and the text that says the same are one value (billing rule 10).
      expect(await told('DAY', ['tier'])).toEqual([
        '01 {"tier":"1"} 1.5',
        '02 {"tier":"true"} 8',
        '02 {"tier":null} 4',
      ]);
      expect(await told('HOUR', ['model', 'region'])).toEqual([
        '01 {"model":"a","region":"eu"} 1',
        '01 {"model":"b","region":"eu"} 0.5',
        '02 {"model":"a","region":"us"} 4',
        '02 {"model":"a","region":null} 8',
      ]);

      const pages: string[] = [];
      for (let after: string | null = null, isMore = true; isMore;) {
        const { usage }: Points = await ask('DAY', ['region', 'model'], { first: 1, after });
        pages.push(...usage.nodes.map(({ value }) => value));
        after = usage.pageInfo.endCursor;
        isMore = usage.pageInfo.hasNextPage;
      }
      expect(pages).toEqual(['1', '0.5', '4', '8']);
    });
  });
});
