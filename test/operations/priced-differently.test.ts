import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { verifyLog } from '../../src/operations/verify-log.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';

const rule = vi.hoisted(() => ({ isBroken: false }));

/** Free units do not come off any more, once the rule is broken. */
vi.mock(import('../../src/invoices/pricing.ts'), async (original) => {
  const pricing = await original();
  return {
    ...pricing,
    pricer: ({ freeUnits, ...rest }, currency) =>
      pricing.pricer(
        rule.isBroken || freeUnits === undefined ? rest : { ...rest, freeUnits },
        currency,
      ),
  };
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const invoiceIds: Record<string, string> = {};

/** Four customers, of whom three have free units, in two currencies. */
beforeAll(async () => {
  folder = await temporaryFolder({ replays: false });
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const { productId, eventType } = await w.metered('emails');
  const customers: Record<string, string> = {};
  for (const [name, currency, freeUnits] of [
    ['One', 'USD', '2'],
    ['Two', 'USD', '3'],
    ['Three', 'JPY', '1'],
    ['Four', 'USD', undefined],
  ] as const) {
    const pricing = { model: 'FLAT', unitPrice: currency === 'JPY' ? '10' : '0.10', freeUnits };
    const rates = [{ productId, pricing, entitled: true, startingAt: at('2024-01') }];
    const rateCardId = await w.create('createRateCard', { name, currency, rates });
    const customerId = await w.customer(name);
    customers[name] = customerId;
    await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
    await w.useTimes(5, customerId, eventType, '2024-10-02');
  }
  await w.advance('2024-11-02');
  for (const [name, customerId] of Object.entries(customers)) {
    const [invoice] = await w.invoices(customerId, { statuses: ['FINALIZED'] });
    invoiceIds[name] = invoice?.id ?? '';
  }
  await paygo.stop();
}, 60_000);
afterAll(() => folder.remove());

async function verified(json: boolean) {
  const said: string[] = [];
  const log = openSqliteLog({ folder: folder.path });
  const { signal } = new AbortController();
  const call = {
    args: [],
    say: (line: string) => said.push(line),
    complain: () => undefined,
    signal,
  };
  const holds = await verifyLog(call, log, { json }).finally(() => log.close());
  return { holds, said: said.join('\n') };
}

describe('code that prices differently from the code that issued the invoices', () => {
  it('is the same code at first: all invoices are what the log says', async () => {
    expect(await verified(false)).toEqual({ holds: true, said: '4 invoices replayed, 0 differ' });
  });

  it('is told which invoices would change, by how much, and what that comes to', async () => {
    rule.isBroken = true;
    const { holds, said } = await verified(false);
    expect(holds).toBe(false);
    expect(said.split('\n').slice(-3)).toEqual([
      'JPY: 1 invoice: 40 JPY would be 50 JPY, 10 more',
      'USD: 2 invoices: 0.5 USD would be 1 USD, 0.5 more',
      '4 invoices replayed, 3 differ',
    ]);
    for (const [name, change] of [
      ['One', '0.3 USD would be 0.5 USD, 0.2 more'],
      ['Two', '0.2 USD would be 0.5 USD, 0.3 more'],
      ['Three', '40 JPY would be 50 JPY, 10 more'],
    ] as const) {
      expect(said).toContain(`${invoiceIds[name] ?? ''}: ${change}`);
    }
    expect(said).not.toContain(`${invoiceIds['Four'] ?? ''}:`);
  });

  it('is told the same in JSON', async () => {
    rule.isBroken = true;
    const { invoices, mismatches, totals } = JSON.parse((await verified(true)).said) as {
      invoices: number;
      mismatches: readonly { invoiceId: string; totals: object }[];
      totals: object;
    };
    expect(invoices).toBe(4);
    expect(totals).toEqual([
      { currency: 'JPY', invoices: 1, stored: '40', replayed: '50', difference: '10' },
      { currency: 'USD', invoices: 2, stored: '0.5', replayed: '1', difference: '0.5' },
    ]);
    expect(mismatches.find(({ invoiceId }) => invoiceId === invoiceIds['Two'])?.totals).toEqual({
      currency: 'USD',
      stored: '0.2',
      replayed: '0.5',
      difference: '0.3',
    });
  });
});
