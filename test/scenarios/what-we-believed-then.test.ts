import { describe, expect, it } from 'vitest';
import { story, type World } from '../support/scenario.ts';

const february = '{ startingAt: "2024-02-01T00:00:00Z", endingBefore: "2024-03-01T00:00:00Z" }';
const believed = `query ($customer: ID!, $asOf: AsOfInput) {
  customer(id: $customer, asOf: $asOf) {
    id name ingestAliases
    entitlements { pricing { unitPrice } contract { id } }
    contracts { id endingBefore customer { id } rateCard { id rates { totalCount } } }
    invoices(filter: ${february}) {
      nodes { id status position voidReason total { amount }
        lineItems { id quantity amount { amount } product { id } } }
    }
  }
}`;

type Believed = {
  customer: {
    id: string;
    invoices: { nodes: readonly { id: string; total: { amount: string }; status: string }[] };
  } | null;
};

/** Emails in February at 0.10, of which 7 come on 5 March, and a void on 10 March. */
async function february2024(w: World) {
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First', ['team']);
  const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-02' });
  await w.useTimes(10, customerId, 'emails', '2024-02-05');
  await w.advance('2024-03-01T12:00:00Z');
  await w.useTimes(2, 'team', 'emails', '2024-02-20');
  await w.advance('2024-03-03T00:00:00Z');
  await w.advance('2024-03-05');
  await w.useTimes(7, customerId, 'emails', '2024-02-21');
  await w.advance('2024-03-10');
  const [bill] = await w.invoices(customerId, { statuses: ['FINALIZED'] });
  await w.voided(bill?.id ?? '');
  await w.addRates(rateCardId, [
    { productId: emails.productId, unitPrice: '0.20', startingAt: '2024-02' },
  ]);
  await w.create('setIngestAliases', { customerId, ingestAliases: ['others'] });
  await w.advance('2024-03-20');
  return { emails, rateCardId, customerId, contractId, id: bill?.id ?? '' };
}

const asOf = (w: World, customer: string, recordedAt: string) =>
  w.ask<Believed>(believed, { customer, asOf: { recordedAt } });

describe('what we believed on 3 March about February', () => {
  it('is one query', () =>
    story('2024-02', async (w) => {
      const { customerId, contractId, rateCardId, id, emails } = await february2024(w);
      const { customer } = await asOf(w, customerId, '2024-03-03T00:00:00Z');
      const suffix = /@\d+$/.exec(customer?.id ?? '')?.[0] ?? 'none';
      expect(customer).toEqual({
        id: `${customerId}${suffix}`,
        name: 'First',
        ingestAliases: ['team'],
        entitlements: [
          { pricing: { unitPrice: '0.1' }, contract: { id: `${contractId}${suffix}` } },
        ],
        contracts: [
          {
            id: `${contractId}${suffix}`,
            endingBefore: null,
            customer: { id: `${customerId}${suffix}` },
            rateCard: { id: `${rateCardId}${suffix}`, rates: { totalCount: 1 } },
          },
        ],
        invoices: {
          nodes: [
            {
              id: `${id}${suffix}`,
              status: 'FINALIZED',
              position: expect.stringMatching(/^\d+$/),
              voidReason: null,
              total: { amount: '1.20' },
              lineItems: [
                {
                  id: expect.stringMatching(new RegExp(`^lin_\\w+${suffix}$`)),
                  quantity: '12',
                  amount: { amount: '1.20' },
                  product: { id: emails.productId },
                },
              ],
            },
          ],
        },
      });
    }));

  it('differs from what was believed before, and from what is known today', () =>
    story('2024-02', async (w) => {
      const { customerId } = await february2024(w);
      const bills = async (recordedAt: string) => {
        const { customer } = await asOf(w, customerId, recordedAt);
        return customer?.invoices.nodes.map(({ status, total }) => `${status} ${total.amount}`);
      };
      expect(await bills('2024-01-31T00:00:00Z')).toBeUndefined();
      expect(await bills('2024-02-10T00:00:00Z')).toEqual(['DRAFT 1.00']);
      expect(await bills('2024-03-01T12:00:00Z')).toEqual(['DRAFT 1.20']);
      expect(await bills('2024-03-09T00:00:00Z')).toEqual(['FINALIZED 1.20']);
      // Voided on the 10th, and finalized again, at the new price, with the late ones in it.
      expect(await bills('2024-03-10T00:00:00Z')).toEqual(['VOID 1.20', 'DRAFT 3.80']);
      expect(await bills('2024-03-20T00:00:00Z')).toEqual(['VOID 1.20', 'FINALIZED 3.80']);
      const { customer } = await w.ask<Believed>(believed, { customer: customerId });
      expect(customer?.invoices.nodes.map(({ id }) => id.includes('@'))).toEqual([false, false]);
    }));

  it('is asked of one invoice, of usage, of its price and of a list, too', () =>
    story('2024-02', async (w) => {
      const { customerId, contractId, emails, id } = await february2024(w);
      const asked = { recordedAt: '2024-03-01T12:00:00Z' };
      const answer = await w.ask(
        `query ($id: ID!, $contract: ID!, $customer: ID!, $metric: ID!, $asOf: AsOfInput) {
          invoice(id: $id, asOf: $asOf) { status total { amount } contract { createdAt } }
          contract(id: $contract, asOf: $asOf) { rateSchedule { pricing { unitPrice } } }
          invoices(asOf: $asOf, filter: { contractId: $contract }) { totalCount nodes { status } }
          customer(id: $customer) { entitlements(asOf: $asOf) { pricing { unitPrice } } }
          usage(customerId: $customer, billableMetricId: $metric, asOf: $asOf, window: DAY,
            startingAt: "2024-02-01T00:00:00Z", endingBefore: "2024-03-01T00:00:00Z") {
            nodes { startingAt value } }
          ratedUsage(contractId: $contract, asOf: $asOf, window: DAY,
            startingAt: "2024-02-01T00:00:00Z", endingBefore: "2024-03-01T00:00:00Z") {
            nodes { startingAt quantity amount { amount } } }
        }`,
        { id, contract: contractId, customer: customerId, metric: emails.metricId, asOf: asked },
      );
      expect(answer).toEqual({
        invoice: {
          status: 'DRAFT',
          total: { amount: '1.20' },
          contract: { createdAt: '2024-02-01T00:00:00.000Z' },
        },
        contract: { rateSchedule: [{ pricing: { unitPrice: '0.1' } }] },
        invoices: { totalCount: 2, nodes: [{ status: 'DRAFT' }, { status: 'DRAFT' }] },
        customer: { entitlements: [{ pricing: { unitPrice: '0.1' } }] },
        usage: {
          nodes: [
            { startingAt: '2024-02-05T00:00:00.000Z', value: '10' },
            { startingAt: '2024-02-20T00:00:00.000Z', value: '2' },
          ],
        },
        ratedUsage: {
          nodes: [
            {
              startingAt: '2024-02-05T00:00:00.000Z',
              quantity: '10',
              amount: { amount: '1.00' },
            },
            {
              startingAt: '2024-02-20T00:00:00.000Z',
              quantity: '2',
              amount: { amount: '0.20' },
            },
          ],
        },
      });
    }));

  it('is nothing of what came later', () =>
    story('2024-02', async (w) => {
      const { customerId, contractId, id } = await february2024(w);
      const answer = await w.ask(
        `query ($id: ID!, $contract: ID!, $customer: ID!, $asOf: AsOfInput) {
          invoice(id: $id, asOf: $asOf) { id } contract(id: $contract, asOf: $asOf) { id }
          customer(id: $customer, asOf: $asOf) { id }
          invoices(asOf: $asOf, customerId: $customer) { totalCount } }`,
        { id, contract: contractId, customer: customerId, asOf: { position: '1' } },
      );
      expect(answer).toEqual({
        invoice: null,
        contract: null,
        customer: null,
        invoices: { totalCount: 0 },
      });
    }));
});
