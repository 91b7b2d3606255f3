import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inFolder } from '../support/crash-walk.ts';
import { advance, invoiceFields, mutate, recordUsage, textOf } from '../support/crash.ts';
import { type Client } from '../support/client.ts';
import { startHere } from '../support/paygo.ts';

const env = { PAYGO_TEST_CLOCK: '2024-01-01T00:00:00Z' };
const senders = [1, 2, 3];
const [batches, batchSize] = [40, 250];
const all = `{ invoices(first: 100) { nodes { ${invoiceFields} position } } }`;

async function sign(client: Client): Promise<string> {
  const billableMetricId = await mutate(client, 'createBillableMetric', {
    name: 'calls',
    aggregation: 'COUNT',
    eventTypeFilter: { inValues: ['call'] },
  });
  const product = { name: 'calls', type: 'USAGE', billableMetricId };
  const productId = await mutate(client, 'createProduct', product);
  const startingAt = '2024-01-01T00:00:00Z';
  const pricing = { model: 'FLAT', unitPrice: '0.01' };
  const rates = [{ productId, pricing, entitled: true, startingAt }];
  const rateCardId = await mutate(client, 'createRateCard', { name: 'card', rates });
  const customerId = await mutate(client, 'createCustomer', { name: 'Busy' });
  await mutate(client, 'createContract', { customerId, rateCardId, startingAt });
  return customerId;
}

/** One sender's usage, spread over the days of the first half of the year again and again. */
async function send(client: Client, customerId: string, sender: number): Promise<void> {
  for (let batch = 0; batch < batches; batch += 1) {
    const events = Array.from({ length: batchSize }, (_, index) => {
      const day = (batch * batchSize + index) % 180;
      const timestamp = new Date(Date.UTC(2024, 0, 1 + day)).toISOString();
      const transactionId = `${String(sender)}-${String(batch)}-${String(index)}`;
      return { transactionId, customerId, eventType: 'call', timestamp };
    });
    await recordUsage(client, events);
  }
}

/** Finalizes each month as soon as it is over, without waiting for its usage to come in. */
async function closeMonths(client: Client, from: number, to: number): Promise<void> {
  for (let month = from; month <= to; month += 1) {
    const now = new Date(Date.UTC(2024, month, 1)).toISOString();
    await advance(client, now);
    const { invoices } = await client.ask<{ invoices: { nodes: { id: string }[] } }>(
      `query ($now: DateTime!) {
        invoices(filter: { statuses: [DRAFT], endingBefore: $now }) { nodes { id } } }`,
      { now },
    );
    for (const { id } of invoices.nodes) {
      await client.ask('mutation ($id: ID!) { finalizeInvoice(id: $id) { invoice { id } } }', {
        id,
      });
    }
  }
}

it(
  'bills a flood once that comes in while periods are closed, and tells the same when folded again',
  () =>
    inFolder(async (folder) => {
      let server = await startHere(folder, env);
      try {
        const customerId = await sign(server.client);
        await Promise.all([
          ...senders.map((sender) => send(server.client, customerId, sender)),
          closeMonths(server.client, 1, 6),
        ]);
        // What was late for the last of these stands on the next one.
        await closeMonths(server.client, 7, 8);
        const told = await textOf(server.url, all);
        const { data } = JSON.parse(told) as {
          data: { invoices: { nodes: { total: { amount: string } }[] } };
        };
        const cents = data.invoices.nodes.map(({ total }) => Number(total.amount.replace('.', '')));
        // 3 senders x 40 batches x 250 calls = 30,000 calls, a cent each.
        expect(cents.reduce((sum, one) => sum + one, 0)).toBe(30_000);
        await server.stop();
        rmSync(`${folder}/read-models`, { recursive: true });
        server = await startHere(folder, env);
        expect(await textOf(server.url, all)).toBe(told);
      } finally {
        await server.stop();
      }
    }),
  60_000,
);
