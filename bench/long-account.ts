import { createClient, type Client } from '../test/support/client.ts';
import { eventType } from './usage.ts';

/** A customer whose usage is billed by the piece. */
export type Billed = { readonly customerId: string; readonly invoiceId: string };

const start = '2025-02-01T00:00:00Z';

/** Creates a contract for each of the keys, and what it bills; the drafts of its first month. */
export async function createBilled(
  url: string,
  keys: readonly string[],
): Promise<readonly Billed[]> {
  const client = createClient(`${url}/graphql`);
  const billableMetricId = await create(client, 'BillableMetric', {
    ...{ name: 'Emails sent', aggregation: 'SUM', aggregationKey: 'count' },
    eventTypeFilter: { inValues: [eventType] },
  });
  const productId = await create(client, 'Product', {
    ...{ name: 'Emails', type: 'USAGE', billableMetricId },
  });
  const pricing = { model: 'FLAT', unitPrice: '0.001' };
  const rateCardId = await create(client, 'RateCard', {
    ...{ name: 'Standard', currency: 'USD' },
    rates: [{ productId, pricing, entitled: true, startingAt: start }],
  });
  const billed: Billed[] = [];
  for (const key of keys) {
    const customerId = await create(client, 'Customer', { name: key, ingestAliases: [key] });
    await create(client, 'Contract', { customerId, rateCardId, startingAt: start });
    billed.push({ customerId, invoiceId: await draftOf(client, customerId) });
  }
  return billed;
}

type Noun = 'BillableMetric' | 'Product' | 'RateCard' | 'Customer' | 'Contract';

export async function create(client: Client, noun: Noun, input: object): Promise<string> {
  const created = await client.ask<{ payload: { made: { id: string } } }>(
    `mutation ($input: Create${noun}Input!) {
      payload: create${noun}(input: $input) { made: ${noun.charAt(0).toLowerCase()}${noun.slice(1)} { id } }
    }`,
    { input },
  );
  return created.payload.made.id;
}

async function draftOf(client: Client, customerId: string): Promise<string> {
  const { invoices } = await client.ask<{ invoices: { nodes: readonly { id: string }[] } }>(
    `query ($customerId: ID!) {
      invoices(customerId: $customerId, filter: { statuses: [DRAFT] }) { nodes { id } }
    }`,
    { customerId },
  );
  const [draft] = invoices.nodes;
  if (draft === undefined) throw new Error('a new contract has no draft');
  return draft.id;
}
