import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mutate } from '../support/crash.ts';
import { type Client } from '../support/client.ts';
import { startFleet, type Fleet } from '../support/processes.ts';

const customers = 4;
const longerThanALeaseMs = 9000;

/** Customers whose contracts began two years ago: twenty-four fees of each are due at once. */
async function signUp(client: Client, batch: string): Promise<void> {
  const productId = await mutate(client, 'createProduct', { name: 'Fee', type: 'FIXED' });
  const rateCardId = await mutate(client, 'createRateCard', { name: 'Card', rates: [] });
  await Promise.all(
    Array.from({ length: customers }, async (_none, index) => {
      const name = `${batch} ${String(index)}`;
      const customerId = await mutate(client, 'createCustomer', { name });
      await mutate(client, 'createContract', {
        ...{ customerId, rateCardId, startingAt: '2023-01-01T00:00:00Z' },
        endingBefore: '2025-01-01T00:00:00Z',
        scheduledCharges: [
          {
            productId,
            schedule: {
              recurringSchedule: {
                ...{ startingAt: '2023-01-01T00:00:00Z', endingBefore: '2025-01-01T00:00:00Z' },
                ...{ frequency: 'MONTHLY', amount: '10.00' },
              },
            },
          },
        ],
      });
    }),
  );
}

type Invoices = {
  readonly totalCount: number;
  readonly nodes: readonly { readonly id: string; readonly number: string }[];
};

/** The final invoices, once there are so many, or no more come. */
async function finalInvoices(client: Client, count: number): Promise<Invoices> {
  const givenUpAt = performance.now() + 90_000;
  for (;;) {
    const { invoices } = await client.ask<{ invoices: Invoices }>(
      '{ invoices(filter: { statuses: [FINALIZED] }, first: 1) { totalCount nodes { id number } } }',
    );
    if (invoices.totalCount >= count || performance.now() > givenUpAt) return invoices;
    await delay(100);
  }
}

/** How often each invoice was finalized, and each period closed, says the log. */
function inLog({ double }: Fleet): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, data } of double.store.all) {
    if (type !== 'InvoiceFinalized' && type !== 'PeriodClosed') continue;
    const { invoiceId } = JSON.parse(Buffer.from(data).toString()) as { invoiceId: string };
    const name = `${type} ${invoiceId}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

describe('two billers of which the one that bills stands still, longer than its lease lives', () => {
  it('issue every invoice once', async () => {
    const fleet = await startFleet({ api: 1, projector: 1, biller: 2 });
    const [api] = fleet.api;
    if (api === undefined) throw new Error('there is an api process');
    let expected = 0;
    for (const [turn, stopped] of fleet.biller.entries()) {
      const signingUp = signUp(api.client, `batch ${String(turn)}`);
      await delay(1000);
      stopped.freeze();
      await signingUp;
      // 24 months of a fee on the first; usage invoices wait for the day of grace.
      expected += customers * 24;
      const before = await finalInvoices(api.client, expected);
      expect(before.totalCount).toBe(expected);
      await delay(longerThanALeaseMs);
      stopped.thaw();
      await delay(1000);
    }
    expect((await finalInvoices(api.client, expected)).totalCount).toBe(expected);
    const counts = inLog(fleet);
    expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
    expect([...counts.keys()].filter((name) => name.startsWith('InvoiceF'))).toHaveLength(expected);
  }, 250_000);
});
