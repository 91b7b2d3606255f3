import { describe, expect, it } from 'vitest';
import { decimal, printDecimal, sum } from '../../src/kernel/decimal.ts';
import { playAutoSales, storyStartsAt } from '../support/autosales.ts';
import { eventOf, explainAll, told, type Explanation } from '../support/explaining.ts';
import { at, story } from '../support/scenario.ts';

/** What the usage behind the line comes to, by the metric of its product. */
function metered({ lineItem, usage: { nodes }, usageCount }: Explanation): string {
  switch (lineItem.name) {
    case 'Spreadsheet updates':
      return printDecimal(sum(nodes.map(({ properties }) => decimal(String(properties['rows'])))));
    case 'Slack integration':
      return String(new Set(nodes.map(({ properties }) => properties['room'])).size);
    default:
      return String(usageCount);
  }
}

describe('every line of the year of AutoSales', () => {
  it('is explained, and its usage comes to its quantity', { timeout: 120_000 }, () =>
    story(storyStartsAt, async (w) => {
      const { invoices } = await playAutoSales(w);
      const explained = { USAGE: 0, SCHEDULED: 0, LATE_USAGE: 0 };
      for (const { id } of invoices) {
        for (const explanation of await explainAll(w, id)) {
          const { lineItem, arithmetic, source, pricedBy } = explanation;
          const words = arithmetic.replace(/ \(price .*\)$/, '');
          expect(words).toMatch(new RegExp(`(= |to )${lineItem.amount.amount} USD$`));
          const created = source === 'RATE_CARD' ? 'RatesAdded' : 'ContractCreated';
          expect(pricedBy.map(({ type }) => type)).toContain(created);
          const quantity = lineItem.type === 'SCHEDULED' ? '1' : metered(explanation);
          expect(quantity).toBe(lineItem.quantity);
          explained[lineItem.type as keyof typeof explained] += 1;
        }
      }
      expect(explained).toEqual({ USAGE: 32, SCHEDULED: 6, LATE_USAGE: 1 });
    }),
  );
});

describe('a line of usage with group values', () => {
  const flat = (unitPrice: string) => ({ model: 'FLAT', unitPrice });

  it('is explained by the usage and the rate of these values', () =>
    story('2024-10', async (w) => {
      const billableMetricId = await w.create('createBillableMetric', {
        ...{ name: 'calls', aggregation: 'SUM', aggregationKey: 'n' },
        ...{ eventTypeFilter: { inValues: ['calls'] }, groupKeys: [['region'], ['model']] },
      });
      const productId = await w.create('createProduct', {
        ...{ name: 'calls', type: 'USAGE', billableMetricId },
        ...{ pricingGroupKey: ['region'], presentationGroupKey: ['model'] },
      });
      const rate = { productId, entitled: true, startingAt: at('2024-01') };
      const rateCardId = await w.create('createRateCard', {
        name: 'By region',
        rates: [{ ...rate, pricing: flat('1') }],
      });
      await w.create('addRates', {
        rateCardId,
        rates: [{ ...rate, pricing: flat('2'), pricingGroupValues: { region: 'eu' } }],
      });
      const customerId = await w.customer('Groups');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      for (const properties of [
        { n: 1, region: 'eu', model: 'a' },
        { n: 2, region: 'eu' },
        { n: 4, model: 'a' },
        { n: 8, region: 'us', model: 'a' },
        { n: 16, region: 'eu', model: 'a' },
      ]) {
        await w.use(customerId, 'calls', '2024-10-02', properties);
      }
      await w.advance('2024-11-02');
      await w.use(customerId, 'calls', '2024-10-03', { n: 32, region: 'eu', model: 'a' });
      const bills = await w.invoices(customerId);
      const all = await Promise.all(bills.map(({ id }) => explainAll(w, id)));
      const lines = all.flat().map((one) => [told(one), ...one.pricedBy.map(eventOf)].join(' < '));
      expect(lines.toSorted()).toEqual([
        '17 x 2.00 USD = 34.00 USD | t-1 | t-5 < RatesAdded rateCard 2',
        '2 x 2.00 USD = 4.00 USD | t-2 < RatesAdded rateCard 2',
        '4 x 1.00 USD = 4.00 USD | t-3 < RatesAdded rateCard 1',
        '49 x 2.00 USD = 98.00 USD, less 34.00 USD charged before = 64.00 USD | t-6 < RatesAdded rateCard 2',
        '8 x 1.00 USD = 8.00 USD | t-4 < RatesAdded rateCard 1',
      ]);
    }));
});

describe('a line for late usage', () => {
  it('in tiers is explained by all of them, and of MAX by what came late', () =>
    story('2024-10', async (w) => {
      const emails = await w.metered('emails', 'SUM', 'n');
      const rooms = await w.metered('rooms', 'MAX', 'n');
      const tiers = [
        { upTo: '10', unitPrice: '1' },
        { unitPrice: '0.5', flatFee: '3' },
      ];
      const from = { entitled: true, startingAt: at('2024-01') };
      const rateCardId = await w.create('createRateCard', {
        name: 'Tiers',
        rates: [
          { ...from, productId: emails.productId, pricing: { model: 'GRADUATED', tiers } },
          { ...from, productId: rooms.productId, pricing: { model: 'FLAT', unitPrice: '7' } },
        ],
      });
      const customerId = await w.customer('Tiers');
      await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      await w.use(customerId, 'emails', '2024-10-02', { n: 8 });
      await w.use(customerId, 'rooms', '2024-10-02', { n: 2 });
      await w.advance('2024-11-02');
      await w.use(customerId, 'emails', '2024-10-03', { n: 6 });
      await w.use(customerId, 'rooms', '2024-10-03', { n: 1 });
      await w.use(customerId, 'rooms', '2024-10-04', { n: 3 });
      const { id } = await w.bill(customerId, { status: 'DRAFT' });
      const late = (await explainAll(w, id)).filter(
        ({ lineItem }) => lineItem.type === 'LATE_USAGE',
      );
      // 10 x 1 + 4 x 0.5 + 3, less 8 x 1; and 3 x 7, less 2 x 7.
      expect(late.map(told)).toEqual([
        'tier 1 (up to 10): 10 x 1.00 USD = 10.00 USD; ' +
          'tier 2 (above 10): 4 x 0.50 USD + 3.00 USD flat = 5.00 USD; together 15.00 USD, ' +
          'less 8.00 USD charged before = 7.00 USD | t-3',
        '3 x 7.00 USD = 21.00 USD, less 14.00 USD charged before = 7.00 USD | t-4 | t-5',
      ]);
    }));
});
