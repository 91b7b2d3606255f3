import { expect, describe, it } from 'vitest';
import { at, story, type World } from '../support/scenario.ts';

type Lines = readonly {
  readonly groupValues: Readonly<Record<string, string | null>> | null;
  readonly quantity: string;
  readonly amount: { readonly amount: string };
}[];

const fields = 'lineItems { groupValues quantity amount { amount } }';

const told = (lines: Lines): string[] =>
  lines.map(({ groupValues, quantity, amount }) =>
    [JSON.stringify(groupValues), quantity, amount.amount].join(' '),
  );

/** Calls at 2 in Europe and 3 elsewhere. */
async function callsByRegion(w: World) {
  const billableMetricId = await w.create('createBillableMetric', {
    ...{ name: 'calls', aggregation: 'SUM', aggregationKey: 'n' },
    ...{ eventTypeFilter: { inValues: ['calls'] }, groupKeys: [['region']] },
  });
  const productId = await w.create('createProduct', {
    ...{ name: 'calls', type: 'USAGE', billableMetricId, pricingGroupKey: ['region'] },
  });
  const rate = { productId, entitled: true, startingAt: at('2024-01') };
  const flat = (unitPrice: string) => ({ pricing: { model: 'FLAT', unitPrice } });
  const rateCardId = await w.create('createRateCard', {
    name: 'By region',
    rates: [
      { ...rate, ...flat('2'), pricingGroupValues: { region: 'eu' } },
      { ...rate, ...flat('3') },
    ],
  });
  const customerId = await w.customer('Groups', ['groups@customer.com']);
  const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  const call = (transactionId: string, properties: object) => ({
    ...{ transactionId, customerId, eventType: 'calls' },
    ...{ timestamp: at('2024-10-02'), properties },
  });
  const preview = async (events: readonly object[]) => {
    const { previewInvoice } = await w.ask<{ previewInvoice: { lineItems: Lines } }>(
      `query ($contractId: ID!, $events: [UsageEventInput!]) {
        previewInvoice(contractId: $contractId, events: $events) { ${fields} } }`,
      { contractId, events },
    );
    return told(previewInvoice.lineItems);
  };
  const draft = async () => {
    const [bill] = await w.invoices(customerId);
    const { invoice } = await w.ask<{ invoice: { lineItems: Lines } }>(
      `query ($id: ID!) { invoice(id: $id) { ${fields} } }`,
      { id: bill?.id },
    );
    return told(invoice.lineItems);
  };
  return { call, preview, draft };
}

describe('a preview of usage that is priced by group', () => {
  it('adds to the groups that were recorded, and is the draft that comes of it', () =>
    story('2024-10', async (w) => {
      const { call, preview, draft } = await callsByRegion(w);
      await w.record([
        call('t1', { n: 1, region: 'eu' }),
        call('t2', { n: 4, region: 'us' }),
        call('t3', { n: 8 }),
      ]);
      const more = [
        call('t4', { n: '0.5', region: 'eu' }),
        call('t5', { n: 16, region: 'asia' }),
        call('t2', { n: 100, region: 'us' }),
      ];
      // 1.5 x 2; t2 is known, so 4 x 3; 8 x 3; 16 x 3.
      const expected = [
        '{"region":"asia"} 16 48.00',
        '{"region":"eu"} 1.5 3.00',
        '{"region":"us"} 4 12.00',
        '{"region":null} 8 24.00',
      ];
      expect((await preview(more)).sort()).toEqual(expected);
      await w.record(more);
      expect((await draft()).sort()).toEqual(expected);
    }));
});
