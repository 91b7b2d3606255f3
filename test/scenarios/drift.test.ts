import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { startPaygo } from '../../src/paygo.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { temporaryFolder, startHere } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';

type Health = Readonly<Record<string, string>>;

/** What the server says of its health, once the watch has looked at so many invoices. */
async function healthAfter(url: string, verified: number): Promise<Health> {
  for (;;) {
    const health = (await (await fetch(`${url}/health`)).json()) as Health;
    if (Number(health['invoicesVerified']) >= verified) return health;
    await delay(250);
  }
}

it('an invoice that somebody changed in the log is drift, in /health and in what the server logs', async () => {
  const folder = await temporaryFolder({ replays: false });
  const env = { PAYGO_TEST_CLOCK: at('2024-10') };
  const first = await startHere(folder.path, env);
  const w = worldOf(first.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First');
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.use(customerId, 'emails', '2024-10-02');
  await w.advance('2024-11-02');
  const [invoice] = await w.invoices(customerId, { statuses: ['FINALIZED'] });
  const healthy = await healthAfter(new URL(first.url).origin, 1);
  expect(healthy).toMatchObject({ status: 'ok', drift: '0', invoicesTooLargeToVerify: '0' });
  expect(healthy).not.toHaveProperty('lastDriftingInvoice');
  await first.stop();

  const db = new Sqlite(join(folder.path, 'log.db'));
  const { changes } = db
    .prepare(
      `UPDATE event SET data = json_set(data, '$.total', '9.99') WHERE type = 'InvoiceFinalized'`,
    )
    .run();
  db.close();
  expect(changes).toBe(1);

  const lines = new PassThrough();
  const config = loadConfig({ PAYGO_DATA_DIR: folder.path, PORT: '0', ...env });
  const paygo = await startPaygo(config, pino(lines));
  expect(await healthAfter(paygo.url, 1)).toMatchObject({
    status: 'ok',
    drift: '1',
    lastDriftingInvoice: invoice?.id,
  });
  await paygo.close();
  lines.end();
  const said: Readonly<Record<string, unknown>>[] = [];
  for await (const chunk of lines) {
    for (const line of String(chunk).trim().split('\n')) {
      said.push(JSON.parse(line) as Readonly<Record<string, unknown>>);
    }
  }
  expect(said.filter(({ level }) => level === 50)).toMatchObject([
    {
      msg: 'an invoice is not what the log says',
      invoiceId: invoice?.id,
      differences: ['total: stored "9.99", replayed "0.1"'],
    },
  ]);
  await folder.remove();
}, 180_000);
