import type { Database } from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from '../../src/kernel/ids.ts';
import { usageStreamOf } from '../../src/usage/events.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';
import { called } from './called.ts';
import { changedCopy, run, type Change } from './tampered.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let invoiceId = '';
const team = usageStreamOf(fingerprint('team'), '2024-10');

/** An October under an alias: five events; the last repeats what a stranger sent, and the first. */
beforeAll(async () => {
  folder = await temporaryFolder();
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails', 'SUM', 'n');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customerId = await w.customer('First', ['team']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  await w.record([
    { ...w.event('stranger', 'emails', '2024-10-01', { n: 1 }), transactionId: 's' },
  ]);
  for (const n of [1, 2, 3, 4]) await w.use('team', 'emails', '2024-10-02', { n });
  const again = (transactionId: string) => ({
    ...w.event('team', 'emails', '2024-10-03', { n: 5 }),
    transactionId,
  });
  await w.record([again('s'), again('t-2')]);
  await w.advance('2024-11-02');
  ({ id: invoiceId } = await w.bill(customerId, { status: 'FINALIZED' }));
  await paygo.stop();
}, 60_000);
afterAll(() => folder.remove());

const event = `(SELECT position FROM event JOIN stream ON stream.id = stream_id
  WHERE name = '${team}' AND revision = ?)`;

/** What verify says of a copy of the log in which this was done. */
const verified = (change: Change) =>
  called({ PAYGO_DATA_DIR: changedCopy(folder, change) }, 'verify');

describe('verify, in a copy of the log', () => {
  it('finds nothing where nobody has changed anything', async () => {
    const { code, said } = await verified(() => undefined);
    expect({ code, said }).toEqual({ code: 0, said: '1 invoice replayed, 0 differ' });
  });

  it.each([
    [
      'changed',
      [1],
      run(`UPDATE event SET data = replace(data, '"n":2', '"n":7') WHERE position = ${event}`, 1),
    ],
    [
      'changed without a figure',
      [2],
      run(`UPDATE event SET data = replace(data, '02T00', '02T01') WHERE position = ${event}`, 2),
    ],
    ['removed', [1], run(`DELETE FROM event WHERE position = ${event}`, 1)],
    ['made unreadable', [3], run(`UPDATE event SET data = '{"key":' WHERE position = ${event}`, 3)],
    [
      'swapped with another',
      [0, 3],
      (db: Database) => {
        const texts = db.prepare(`SELECT data FROM event WHERE position = ${event}`).pluck();
        const [first, last] = [texts.get(0), texts.get(3)];
        run(`UPDATE event SET data = ? WHERE position = ${event}`, last, 0)(db);
        run(`UPDATE event SET data = ? WHERE position = ${event}`, first, 3)(db);
      },
    ],
    [
      'put in at the end',
      [5],
      (db: Database) => {
        // In the place of the stranger's event, which nobody covers; the stream's chain ends there.
        const cut = `(SELECT position FROM event WHERE type = 'PeriodClosed')`;
        run(`UPDATE event SET position = -position WHERE position >= ${cut}`)(db);
        run(`UPDATE event SET position = 1 - position WHERE position < 0`)(db);
        run(
          `INSERT INTO event SELECT ${cut} - 1, stream_id, 5, position, category_id, 'new', type,
          metadata, replace(data, '"s"', '"new"') FROM event WHERE position = ${event}`,
          4,
        )(db);
        run(
          `UPDATE stream SET last_revision = 5, last_position = ${cut} - 1 WHERE name = '${team}'`,
        )(db);
      },
    ],
  ] as const)('names the invoice and the event that was %s', async (_how, revisions, change) => {
    const { code, said } = await verified(change);
    expect(code).toBe(1);
    for (const revision of revisions) {
      expect(said).toContain(`${invoiceId}: UsageRecorded ${team}@${String(revision)}: `);
    }
    expect(said).toMatch(/1 invoice replayed, 1 differ$/);
  });

  it('names the invoice whose amount was changed, and the amount', async () => {
    const { code, said } = await verified(
      run(`UPDATE event SET data = replace(data, '"amount":"1"', '"amount":"2"')
        WHERE type = 'InvoiceFinalized'`),
    );
    expect(code).toBe(1);
    expect(said).toMatch(
      new RegExp(`^${invoiceId}: lines\\[lin_.*\\]\\.amount: stored "2", replayed "1"$`, 'm'),
    );
  });

  it('names the event of which an invoice says wrongly what was recorded before it', async () => {
    for (const listed of ['[]', `[{"lines":[0],"revision":3,"stream":"${team}"}]`]) {
      const { code, said } = await verified(
        run(
          `UPDATE event SET data = json_set(data, '$.proof.usage.elsewhere', json(?))
           WHERE type = 'InvoiceFinalized'`,
          listed,
        ),
      );
      expect(code).toBe(1);
      expect(said).toMatch(
        new RegExp(`^${invoiceId}: UsageRecorded ${team}@4: .*in the log it is \\[0\\]$`, 'm'),
      );
    }
  });

  it('finds what was recorded elsewhere for an invoice that does not list it', async () => {
    const old = `UPDATE event SET data = json_remove(data, '$.proof'),
      metadata = json_set(metadata, '$.version', 1) WHERE type = 'InvoiceFinalized'`;
    const { code, said } = await verified(run(old));
    expect({ code, said }).toEqual({ code: 0, said: '1 invoice replayed, 0 differ' });
    const differs = await verified((db) => {
      run(old)(db);
      run(
        `UPDATE event SET data = replace(data, '"s"', '"other"') WHERE position = ${event}`,
        4,
      )(db);
    });
    expect(differs.code).toBe(1);
    expect(differs.said).toContain('1 USD would be 1.5 USD, 0.5 more');
  });
});
