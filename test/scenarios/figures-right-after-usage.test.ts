import { expect, it } from 'vitest';
import { at, story } from '../support/scenario.ts';

const record = `mutation ($events: [UsageEventInput!]!) { recordUsage(events: $events) { accepted } }`;
const total = `query ($customerId: ID!) {
  customer(id: $customerId) { invoices { nodes { total { amount } } } } }`;

type Totals = {
  customer: { invoices: { nodes: readonly { total: { amount: string } }[] } };
};

it('a draft that is asked for right after usage was recorded has it, position or not', () =>
  story('2024-10', async (w) => {
    const { productId } = await w.metered('rows');
    const rateCardId = await w.card([{ productId, unitPrice: '1' }]);
    const customerId = await w.customer('Any');
    await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
    for (let count = 1; count <= 40; count += 1) {
      const event = {
        ...{ transactionId: `t-${String(count)}`, customerId, eventType: 'rows' },
        timestamp: at('2024-10-05'),
      };
      await w.ask(record, { events: [event] });
      const { customer } = await w.ask<Totals>(total, { customerId });
      expect(customer.invoices.nodes[0]?.total.amount).toBe(`${String(count)}.00`);
    }
  }));
