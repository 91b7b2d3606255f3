import { describe, expect, it } from 'vitest';
import { add, decimal, printDecimal } from '../../src/kernel/decimal.ts';
import { short } from '../support/bills.ts';
import { at, story, type World } from '../support/scenario.ts';

type Point = {
  readonly product: { readonly name: string };
  readonly startingAt: string;
  readonly quantity: string;
  readonly amount: { readonly amount: string };
};

async function rated(
  w: World,
  contractId: string,
  range: { readonly window: string; readonly from: string; readonly to: string },
): Promise<readonly Point[]> {
  const { ratedUsage } = await w.ask<{ ratedUsage: { nodes: readonly Point[] } }>(
    `query ($contractId: ID!, $from: DateTime!, $to: DateTime!, $window: UsageWindow!) {
      ratedUsage(contractId: $contractId, startingAt: $from, endingBefore: $to, window: $window) {
        nodes { product { name } startingAt quantity amount { amount } } } }`,
    { contractId, window: range.window, from: at(range.from), to: at(range.to) },
  );
  return ratedUsage.nodes;
}

const text = (points: readonly Point[]): readonly string[] =>
  points.map(({ product, startingAt, quantity, amount }) =>
    [short(startingAt), product.name, quantity, amount.amount].join(' '),
  );

const sums = (points: readonly Point[]) =>
  points.reduce(
    (sum, { quantity, amount }) => ({
      quantity: printDecimal(add(decimal(sum.quantity), decimal(quantity))),
      amount: printDecimal(add(decimal(sum.amount), decimal(amount.amount))),
    }),
    { quantity: '0', amount: '0' },
  );

const october = { window: 'DAY', from: '2024-10', to: '2024-11' };

describe('rated usage', () => {
  it('of every day adds up to the line, although each day alone would round otherwise', () =>
    story('2024-10', async (w) => {
      const rows = await w.metered('rows', 'SUM', 'n');
      const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '0.15' }]);
      const customerId = await w.customer('Days');
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      for (const day of ['01', '02', '03']) {
        await w.use(customerId, 'rows', `2024-10-${day}T10:00:00Z`, { n: '0.5' });
      }
      // Through the 1st 0.075 is 0.08, through the 2nd 0.15, through the 3rd 0.225 is 0.23: 0.08,
      // 0.07, 0.08.
      expect((await w.bills(customerId))[0]).toBe(
        'USAGE DRAFT 2024-10-01..2024-11-01 0.23: rows 1.5 x 0.15 = 0.23',
      );
      expect(text(await rated(w, contractId, october))).toEqual([
        '2024-10-01 rows 0.5 0.08',
        '2024-10-02 rows 0.5 0.07',
        '2024-10-03 rows 0.5 0.08',
      ]);
    }));

  it('under a price change, a maximum and distinct values adds up to the lines of each product', () =>
    story('2024-10', async (w) => {
      const products = [
        await w.metered('calls'),
        await w.metered('seats', 'MAX', 'n'),
        await w.metered('rooms', 'UNIQUE', 'n'),
        await w.metered('level', 'LATEST', 'n'),
      ];
      const rateCardId = await w.card(
        products.flatMap(({ productId }) => [
          { productId, unitPrice: '0.10' },
          { productId, unitPrice: '0.25', startingAt: '2024-10-16T06:00:00Z' },
        ]),
      );
      const customerId = await w.customer('Products');
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
      const events = [
        ['2024-10-02T01:00:00Z', 5],
        ['2024-10-16T05:00:00Z', 9],
        ['2024-10-16T07:00:00Z', 9],
        ['2024-10-20T00:00:00Z', 11],
        ['2024-10-31T23:59:59.999Z', 3],
      ] as const;
      for (const { eventType } of products) {
        await w.record(events.map(([when, n]) => w.event(customerId, eventType, when, { n })));
      }
      const [bill] = await w.invoices(customerId);
      const days = await rated(w, contractId, october);
      const months = await rated(w, contractId, { ...october, window: 'MONTH' });
      for (const { eventType } of products) {
        const lines = sums(
          (bill?.lineItems ?? [])
            .filter(({ name }) => name === eventType)
            .map((line) => ({ ...line, product: { name: eventType } })),
        );
        const ofProduct = ({ product }: Point) => product.name === eventType;
        expect([eventType, sums(days.filter(ofProduct))]).toEqual([eventType, lines]);
        expect([eventType, sums(months.filter(ofProduct))]).toEqual([eventType, lines]);
      }
      // calls 2 x 0.10 + 3 x 0.25; seats 11 x 0.25; rooms 5 and 9 at 0.10, 11 and 3 at 0.25; level
      // 3 x 0.25.
      expect(sums(months)).toEqual({ quantity: '23', amount: '5.15' });
    }));

  it('of a closed period includes what came late, on the terms of its invoice', () =>
    story('2024-10', async (w) => {
      const calls = await w.metered('calls');
      const { productId } = calls;
      const rateCardId = await w.card([{ productId, unitPrice: '0.10' }]);
      const customerId = await w.customer('Closed');
      const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10-10' });
      await w.useTimes(3, customerId, 'calls', '2024-10-10');
      await w.advance('2024-11-02');
      await w.addRates(rateCardId, [{ productId, unitPrice: '0.50', startingAt: '2024-10-10' }]);
      await w.useTimes(2, customerId, 'calls', '2024-10-11');
      await w.useTimes(4, customerId, 'calls', '2024-11-01');
      // Not of the contract: before its start.
      await w.use(customerId, 'calls', '2024-10-09');
      await w.bills(customerId);
      expect(
        text(await rated(w, contractId, { window: 'MONTH', from: '2024-10', to: '2024-12' })),
      ).toEqual(['2024-10-01 calls 5 0.50', '2024-11-01 calls 4 2.00']);
    }));
});
