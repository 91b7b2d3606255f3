import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';
import { called } from './called.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let invoiceId = '';

beforeAll(async () => {
  folder = await temporaryFolder({ replays: false });
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First');
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.useTimes(3, customerId, 'emails', '2024-10-02');
  await w.advance('2024-12-02');
  const invoices = await w.invoices(customerId, { statuses: ['FINALIZED'] });
  invoiceId = invoices.at(-1)?.id ?? '';
  await paygo.stop();
});
afterAll(() => folder.remove());

const run = (...args: readonly string[]) => called({ PAYGO_DATA_DIR: folder.path }, ...args);

const onLog = (change: string): number => {
  const db = new Sqlite(join(folder.path, 'log.db'));
  const { changes } = db.prepare(change).run();
  db.close();
  return changes;
};

describe('paygo', () => {
  it('replays one invoice, and says whether it matches', async () => {
    expect(await run('replay', invoiceId)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/stored 0.3 USD, replayed 0.3 USD\nit matches; \d+ events read$/),
    });
    const { code, said } = await run('replay', invoiceId, '--json');
    expect([code, JSON.parse(said)]).toMatchObject([0, { invoiceId, matches: true }]);
    expect(await run('replay', 'inv_nothing')).toEqual({
      code: 1,
      said: '',
      complained: 'paygo: no invoice inv_nothing was finalized',
    });
  });

  it('tells how it is called, and ends with 2 when it is called wrongly', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      said: expect.stringContaining('replay [options] <invoice>'),
    });
    expect(await run('verfiy')).toMatchObject({
      code: 2,
      complained: expect.stringContaining('Did you mean verify?'),
    });
    expect((await run('replay')).code).toBe(2);
  });

  it('verifies every finalized invoice, and names those that differ', async () => {
    expect(await run('verify')).toEqual({
      code: 0,
      said: '2 invoices replayed, 0 differ',
      complained: '',
    });
    const price = (from: string, to: string) => `
      UPDATE event SET data = replace(data, '"amount":"${from}"', '"amount":"${to}"')
      WHERE type = 'InvoiceFinalized'`;
    expect(onLog(price('0.3', '0.4'))).toBeGreaterThan(0);
    const { code, said } = await run('verify');
    expect(code).toBe(1);
    expect(said).toMatch(/^inv_.*: lines\[lin_.*\]\.amount: stored "0.4", replayed "0.3"$/m);
    // The next invoice has the digest of the one that was changed.
    expect(said).toMatch(/^inv_.*: proof.previous: stored "\w{64}", replayed "\w{64}"$/m);
    expect(said).toMatch(/2 invoices replayed, 2 differ$/);
    const { mismatches } = JSON.parse((await run('verify', '--json')).said) as {
      mismatches: readonly object[];
    };
    expect(mismatches).toMatchObject([{ invoiceId, failure: null }, { failure: null }]);
  });

  it('goes on with the other invoices when one cannot be computed', async () => {
    expect(onLog(`DELETE FROM event WHERE type = 'ProductCreated'`)).toBeGreaterThan(0);
    const { code, said } = await run('verify');
    expect(code).toBe(1);
    expect(said).toContain(`${invoiceId}: cannot be computed: `);
    expect(said).toMatch(/2 invoices replayed, 2 differ$/);
  });
});
