import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Database } from 'better-sqlite3';
import { type Fault } from '../../src/operations/inspect-log.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';
import { called } from './called.ts';

/**
 * The log of two customers: one has invoices of three months, the first of them voided and billed
 * again; the other closed one month.
 */
export async function billedLog() {
  const folder = await temporaryFolder();
  const paygo = await startHere(folder.path, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  const customer = await w.customer('First');
  const another = await w.customer('Another');
  await w.contract({ customerId: customer, rateCardId, startingAt: '2024-10' });
  const short = { startingAt: '2024-10', endingBefore: '2024-11' };
  await w.contract({ customerId: another, rateCardId, ...short });
  for (const times of [1, 2, 3]) await w.useTimes(times, customer, 'emails', '2024-10-02');
  await w.useTimes(4, another, 'emails', '2024-10-02');
  await w.advance('2024-11-02');
  const { id: october } = await w.bill(customer, { status: 'FINALIZED' });
  const { id: other } = await w.bill(another, { status: 'FINALIZED' });
  await w.voided(october);
  await w.advance('2025-01-02');
  const bills = await w.invoices(customer, { statuses: ['FINALIZED'] });
  const [december = '', november = ''] = bills.map(({ id }) => id);
  await paygo.stop();
  return { folder, ids: { customer, october, november, december, other } };
}

export type Billed = Awaited<ReturnType<typeof billedLog>>;
export type Change = (db: Database) => void;

let copies = 0;

/** The folder of a copy of the log in which this was done. */
export function changedCopy(folder: { readonly path: string }, change: Change): string {
  copies += 1;
  const copy = join(folder.path, `copy-${String(copies)}`);
  mkdirSync(copy);
  copyFileSync(join(folder.path, 'log.db'), join(copy, 'log.db'));
  const db = new Sqlite(join(copy, 'log.db'));
  change(db);
  db.close();
  return copy;
}

/** What verify says of such a copy. */
export async function verified({ folder }: Billed, change: Change) {
  const env = { PAYGO_DATA_DIR: changedCopy(folder, change) };
  const { code, said } = await called(env, 'verify', '--json');
  const found = JSON.parse(said) as Record<'faults' | 'unfinished', readonly Fault[]> & {
    readonly recordedLate: { readonly events: number };
  };
  return { code, ...found, text: (await called(env, 'verify')).said };
}

/** What changes at least one row. */
export const run =
  (text: string, ...values: readonly unknown[]): Change =>
  (db) => {
    expect(db.prepare(text).run(...values).changes).toBeGreaterThan(0);
  };

export const all =
  (...changes: readonly Change[]): Change =>
  (db) => {
    for (const change of changes) change(db);
  };

/** Takes events out so that neither positions nor the revisions of indexed streams tell of it. */
export const takeOut =
  (where: string): Change =>
  (db) => {
    const rows = db.prepare(
      `SELECT position, stream_id AS stream, revision FROM event WHERE ${where}
       ORDER BY position DESC`,
    );
    const taken = rows.all();
    expect(taken).not.toEqual([]);
    for (const at of taken) {
      db.prepare('DELETE FROM event WHERE position = @position').run(at);
      const later = 'previous IS NULL AND stream_id = @stream';
      for (const [column, more] of [
        ['revision', later],
        ['position', 'TRUE'],
        ['previous', 'TRUE'],
      ] as const) {
        const moved = `${more} AND ${column} > @${column === 'revision' ? column : 'position'}`;
        db.prepare(`UPDATE event SET ${column} = -${column} WHERE ${moved}`).run(at);
        db.prepare(`UPDATE event SET ${column} = -1 - ${column} WHERE ${column} < 0`).run();
      }
      db.prepare(
        'UPDATE stream SET last_position = last_position - 1 WHERE last_position > @position',
      ).run(at);
    }
    db.exec('DELETE FROM stream WHERE id NOT IN (SELECT stream_id FROM event)');
  };
