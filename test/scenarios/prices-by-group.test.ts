import { describe, expect, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

type Line = {
  readonly type: string;
  readonly groupValues: Readonly<Record<string, string | null>> | null;
  readonly quantity: string;
  readonly tier: number | null;
  readonly amount: { readonly amount: string };
};

const flat = (unitPrice: string) => ({ model: 'FLAT', unitPrice });

/** Calls by region, tier and model: priced by region and tier, listed by model beside. */
async function open(w: World, rates: readonly object[], aggregation = 'SUM') {
  const billableMetricId = await w.create('createBillableMetric', {
    ...{ name: 'calls', aggregation, aggregationKey: aggregation === 'COUNT' ? null : 'n' },
    ...{ eventTypeFilter: { inValues: ['calls'] }, groupKeys: [['region', 'tier'], ['model']] },
  });
  const productId = await w.create('createProduct', {
    ...{ name: 'calls', type: 'USAGE', billableMetricId },
    ...{ pricingGroupKey: ['region', 'tier'], presentationGroupKey: ['model'] },
  });
  const rateCardId = await w.create('createRateCard', {
    name: 'By region',
    rates: rates.map((rate) => ({ productId, entitled: true, startingAt: at('2024-01'), ...rate })),
  });
  const customerId = await w.customer('Groups', ['groups@customer.com']);
  const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  const use = (day: string, properties: object, key = customerId) =>
    w.use(key, 'calls', `${day}T10:00:00Z`, properties);
  /** The lines of the customer's invoices, newest first. */
  const lines = async (): Promise<readonly (readonly string[])[]> => {
    const bills = await w.invoices(customerId);
    return Promise.all(
      bills.map(async ({ id }) => {
        const { invoice } = await w.ask<{ invoice: { lineItems: readonly Line[] } }>(
          `query ($id: ID!) { invoice(id: $id) { lineItems {
            type groupValues quantity tier amount { amount } } } }`,
          { id },
        );
        return invoice.lineItems.map((line) =>
          [
            ...(line.type === 'LATE_USAGE' ? ['late'] : []),
            // In order of their names: model, region, tier.
            Object.values(line.groupValues ?? {}).join('/'),
            ...(line.tier === null ? [] : [`tier ${String(line.tier)}`]),
            `${line.quantity} = ${line.amount.amount}`,
          ].join(' '),
        );
      }),
    );
  };
  const unrated = async () => {
    const { contract } = await w.ask<{
      contract: { unratedUsage: readonly { groupValues: object; quantity: string }[] };
    }>('query ($id: ID!) { contract(id: $id) { unratedUsage { groupValues quantity } } }', {
      id: contractId,
    });
    return contract.unratedUsage.map(({ groupValues, quantity }) =>
      [...Object.values(groupValues), quantity].join('/'),
    );
  };
  return { productId, rateCardId, customerId, contractId, use, lines, unrated };
}

describe('a price by group values', () => {
  const rates = [
    { pricing: flat('2'), pricingGroupValues: { region: 'eu' } },
    { pricing: flat('3'), pricingGroupValues: { region: 'eu', tier: 1 } },
    { pricing: flat('5'), pricingGroupValues: { region: 'us' } },
  ];

  it('bills each combination by the rate that names most of it, and tells the rest', () =>
    story('2024-10', async (w) => {
      const { use, lines, unrated } = await open(w, rates);
      await use('2024-10-02', { n: 1, region: 'eu', tier: 1, model: 'm' });
      await use('2024-10-03', { n: 2, region: 'eu', tier: '1', model: 'm' });
      await use('2024-10-04', { n: 4, region: 'eu', tier: 2, model: 'm' });
      await use('2024-10-05', { n: 8, region: 'eu' });
      await use('2024-10-06', { n: 16, region: 'us', tier: true, model: 'm' });
      await use('2024-10-07', { n: 32, region: 'asia', model: 'm' });
      await use('2024-10-08', { n: 64, tier: 1 });
      // 8 x 2; (1 + 2) x 3; 4 x 2; 16 x 5.
      expect((await lines())[0]?.toSorted()).toEqual([
        '/eu/ 8 = 16.00',
        'm/eu/1 3 = 9.00',
        'm/eu/2 4 = 8.00',
        'm/us/true 16 = 80.00',
      ]);
      expect((await unrated()).toSorted()).toEqual(['//1/64', 'm/asia//32']);
    }));

  it('shows in the rate schedule, one entry for each set of values', () =>
    story('2024-10', async (w) => {
      const { contractId } = await open(w, [{ pricing: flat('1') }, ...rates]);
      const { contract } = await w.ask<{ contract: { rateSchedule: readonly object[] } }>(
        `query ($id: ID!) { contract(id: $id) {
          rateSchedule { pricingGroupValues pricing { unitPrice } source } } }`,
        { id: contractId },
      );
      const entry = (pricingGroupValues: object | null, unitPrice: string) => ({
        ...{ pricingGroupValues, pricing: { unitPrice }, source: 'RATE_CARD' },
      });
      expect(contract.rateSchedule).toEqual([
        entry(null, '1'),
        entry({ region: 'eu' }, '2'),
        entry({ region: 'eu', tier: '1' }, '3'),
        entry({ region: 'us' }, '5'),
      ]);
    }));

  it('settles late usage by combination, under the terms that its period was billed with', () =>
    story('2024-10', async (w) => {
      const { use, lines, unrated, rateCardId, productId } = await open(w, rates);
      await use('2024-10-02', { n: 1, region: 'eu', model: 'm' });
      await w.advance('2024-11-02');
      await use('2024-10-03', { n: 2, region: 'eu', model: 'm' });
      await use('2024-10-03', { n: 3, region: 'us' });
      await use('2024-10-03', { n: 4, region: 'asia' });
      await w.create('addRates', {
        rateCardId,
        rates: [
          {
            ...{ productId, entitled: true, startingAt: at('2024-01') },
            ...{ pricing: flat('7'), pricingGroupValues: { region: 'asia' } },
          },
        ],
      });
      await use('2024-11-03', { n: 1, region: 'asia' });
      // November: 1 x 7; late: 2 x 2 and 3 x 5. Asia had no rate when October was closed.
      const [november, october] = await lines();
      expect(november?.toSorted()).toEqual([
        '/asia/ 1 = 7.00',
        'late /us/ 3 = 15.00',
        'late m/eu/ 2 = 4.00',
      ]);
      expect(october).toEqual(['m/eu/ 1 = 2.00']);
      expect(await unrated()).toEqual(['/asia//4']);
    }));

  it('starts its tiers anew for each combination, and takes usage that was unclaimed', () =>
    story('2024-10', async (w) => {
      const tiers = [{ upTo: '10', unitPrice: '1', flatFee: '5' }, { unitPrice: '0.5' }];
      const { use, lines, customerId } = await open(w, [
        { pricing: { model: 'GRADUATED', tiers } },
      ]);
      await use('2024-10-02', { n: 12, region: 'eu' }, 'later@customer.com');
      await use('2024-10-02', { n: 12, region: 'us' }, 'groups@customer.com');
      await w.create('setIngestAliases', {
        customerId,
        ingestAliases: ['groups@customer.com', 'later@customer.com'],
      });
      expect((await lines())[0]).toEqual([
        '/eu/ tier 1 10 = 15.00',
        '/eu/ tier 2 2 = 1.00',
        '/us/ tier 1 10 = 15.00',
        '/us/ tier 2 2 = 1.00',
      ]);
    }));

  it.each([
    // The greatest, the last, and the distinct values of each region.
    ['MAX', ['/eu/ 7 = 14.00', '/us/ 9 = 45.00']],
    ['LATEST', ['/eu/ 3 = 6.00', '/us/ 9 = 45.00']],
    ['UNIQUE', ['/eu/ 2 = 4.00', '/us/ 1 = 5.00']],
    ['COUNT', ['/eu/ 3 = 6.00', '/us/ 1 = 5.00']],
  ])('of %s is metered for each combination by itself', (aggregation, expected) =>
    story('2024-10', async (w) => {
      const { use, lines } = await open(w, rates, aggregation);
      await use('2024-10-02', { n: 7, region: 'eu' });
      await use('2024-10-03', { n: 3, region: 'eu' });
      await use('2024-10-01', { n: 7, region: 'eu' });
      await use('2024-10-04', { n: 9, region: 'us' });
      expect((await lines())[0]).toEqual(expected);
    }),
  );
});
