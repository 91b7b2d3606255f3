import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from 'better-sqlite3';
import { replayInvoice } from '../../src/audit/replay.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { type InvoiceFinalized } from '../../src/invoices/events.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { usageStreamOf } from '../../src/usage/events.ts';
import { fingerprint } from '../../src/kernel/ids.ts';
import { startHere, temporaryFolder } from '../support/paygo.ts';
import { at, worldOf } from '../support/scenario.ts';

let source: string;
let remove: () => Promise<void>;
let invoiceIds: readonly string[] = [];
let customerId = '';

/** October and November, finalized; some of October's usage came late, and under an alias. */
beforeAll(async () => {
  const folder = await temporaryFolder();
  source = folder.path;
  remove = folder.remove;
  const paygo = await startHere(source, { PAYGO_TEST_CLOCK: at('2024-10') });
  const w = worldOf(paygo.client);
  const emails = await w.metered('emails', 'SUM', 'n');
  const rateCardId = await w.card([{ productId: emails.productId, unitPrice: '0.10' }]);
  customerId = await w.customer('First', ['team']);
  await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
  const use = (key: string, transactionId: string, timestamp: string, n: number) =>
    w.record([{ ...w.event(key, 'emails', timestamp, { n }), transactionId }]);
  await use('stranger', 'elsewhere', '2024-10-01', 1);
  for (const [index, key] of ['team', customerId, 'team', customerId, 'team', 'team'].entries()) {
    await use(key, `t-${String(index)}`, '2024-10-02', 10 + index);
  }
  const repeated = w.event('team', 'emails', '2024-10-03', { n: 50 });
  const fresh = { ...w.event('team', 'emails', '2024-10-03', { n: 3 }), transactionId: 'fresh' };
  await w.record([fresh, { ...repeated, transactionId: 'elsewhere' }]);
  await w.advance('2024-11-02');
  await use(customerId, 'late', '2024-10-30', 7);
  await use(customerId, 'november', '2024-11-03', 9);
  await w.advance('2024-12-02');
  const bills = await w.invoices(customerId, { statuses: ['FINALIZED'] });
  invoiceIds = bills.map(({ id }) => id).reverse();
  await paygo.stop();
}, 60_000);
afterAll(() => remove());

const streamOf = (key: string, month = '2024-10') => usageStreamOf(fingerprint(key), month);

/** A copy of the log that somebody has changed. */
function changedBy(change: (db: Database) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'paygo-changed-'));
  copyFileSync(join(source, 'log.db'), join(folder, 'log.db'));
  const db = new Sqlite(join(folder, 'log.db'));
  db.transaction(() => {
    change(db);
  })();
  db.close();
  const log = openSqliteLog({ folder });
  onTestFinished(async () => {
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return log;
}

/** What the replays of both invoices find. */
async function foundIn(change: (db: Database) => void) {
  const log = changedBy(change);
  const found = [];
  for (const id of invoiceIds) found.push((await replayInvoice(log, id))?.differences.join('\n'));
  return found;
}

const placed = `WHERE stream_id = (SELECT id FROM stream WHERE name = ?) AND revision = ?`;
const set =
  (what: string, ...where: readonly [stream: string, revision: number]) =>
  (db: Database) => {
    expect(db.prepare(`UPDATE event SET ${what} ${placed}`).run(...where).changes).toBe(1);
  };
type Row = { readonly position: number; readonly data: string; readonly stream_id: number };
const rowAt = (db: Database, stream: string, revision: number): Row =>
  db.prepare(`SELECT * FROM event ${placed}`).get(stream, revision) as Row;

describe('an invoice that was finalized', () => {
  it('proves the events that it was computed from, and the invoice before it', async () => {
    expect(await foundIn(() => undefined)).toEqual(['', '']);
    const log = changedBy(() => undefined);
    const [october, november] = await Promise.all(
      invoiceIds.map(async (id) => (await replayInvoice(log, id))?.stored.event),
    );
    const usageOf = (event: InvoiceFinalized | undefined) => event?.proof?.usage;
    const places = (event: InvoiceFinalized | undefined) =>
      usageOf(event)?.covered.map(({ stream, from, through }) => [stream, from, through]);
    const [team, own] = [streamOf('team'), streamOf(customerId)];
    expect(october?.proof?.previous).toBeNull();
    expect(usageOf(october)).toMatchObject({ months: ['2024-10'], events: 7, each: 1 });
    expect(usageOf(october)?.elsewhere).toEqual([{ stream: team, revision: 4, lines: [1] }]);
    expect(places(october)).toEqual([
      [team, 0, 4],
      [own, 0, 1],
    ]);
    expect(november?.proof?.previous).toMatch(/^[0-9a-f]{64}$/);
    expect(usageOf(november)).toMatchObject({ months: ['2024-10', '2024-11'], events: 9 });
    expect(places(november)).toEqual([
      [team, 0, 4],
      [own, 0, 2],
      [streamOf(customerId, '2024-11'), 0, 0],
    ]);
  });

  it.each(['team', 'own'])(
    'names an event that was changed, though no figure is: %s',
    async (of) => {
      const stream = streamOf(of === 'own' ? customerId : 'team');
      const [first, second] = await foundIn(
        set(`data = replace(data, '02T00', '02T01')`, stream, 1),
      );
      for (const found of [first, second]) {
        expect(found?.split('\n')).toEqual([
          expect.stringMatching(/^proof\.usage\.root: stored "\w{64}", replayed "\w{64}"$/),
          `UsageRecorded ${stream}@1: changed since`,
        ]);
      }
    },
  );

  it('names an event whose text, id or metadata is another', async () => {
    const stream = streamOf('team');
    for (const what of [`data = data || ' '`, `id = 'x'`, `metadata = metadata || ' '`]) {
      const [first] = await foundIn(set(what, stream, 2));
      expect(first).toContain(`UsageRecorded ${stream}@2: changed since`);
    }
  });

  it.each([0, 2, 4])('names an event that is gone: %i', async (revision) => {
    const stream = streamOf('team');
    const remove = (db: Database) => {
      db.prepare(`DELETE FROM event ${placed}`).run(stream, revision);
    };
    for (const found of await foundIn(remove)) {
      expect(found?.match(/UsageRecorded .*/g)).toContain(
        `UsageRecorded ${stream}@${String(revision)}: missing`,
      );
      expect(found).not.toContain('changed since');
    }
  });

  it('names an event that cannot be read', async () => {
    const stream = streamOf('team');
    const [first] = await foundIn(set(`data = '{"key":'`, stream, 3));
    expect(first).toContain(`UsageRecorded ${stream}@3: cannot be read`);
    expect(first).toContain(`UsageRecorded ${stream}@3: changed since`);
  });

  it('names both events whose content was swapped', async () => {
    const [team, own] = [streamOf('team'), streamOf(customerId)];
    const [first] = await foundIn((db) => {
      const [one, other] = [rowAt(db, team, 0), rowAt(db, team, 2)];
      set(`data = '${other.data}'`, team, 0)(db);
      set(`data = '${one.data}'`, team, 2)(db);
    });
    expect(first).toContain(`UsageRecorded ${team}@0: changed since`);
    expect(first).toContain(`UsageRecorded ${team}@2: changed since`);
    expect(first).not.toContain(`${team}@1`);
    expect(first).not.toContain(own);
  });

  it('is told from one whose events stand in another order', async () => {
    const [team, own] = [streamOf('team'), streamOf(customerId)];
    const [first] = await foundIn((db) => {
      const [one, other] = [rowAt(db, team, 0).position, rowAt(db, own, 0).position];
      db.pragma('defer_foreign_keys = on');
      const move = (from: number, to: number) => {
        db.prepare('UPDATE event SET position = ? WHERE position = ?').run(to, from);
        db.prepare('UPDATE event SET previous = ? WHERE previous = ?').run(to, from);
      };
      move(one, 1_000_000);
      move(other, one);
      move(1_000_000, other);
    });
    expect(first).toMatch(/^proof\.usage\.root: .*\nUsageRecorded: the same, in another order$/);
  });

  it('names an event that stands behind one that followed it', async () => {
    const stream = streamOf('team');
    const [first] = await foundIn((db) => {
      const [one, other] = [rowAt(db, stream, 1).position, rowAt(db, stream, 2).position];
      const move = db.prepare('UPDATE event SET position = ? WHERE position = ?');
      move.run(1_000_000, one);
      move.run(one, other);
      move.run(other, 1_000_000);
    });
    expect(first).toContain(`UsageRecorded ${stream}@1: out of order`);
    expect(first).not.toContain('missing');
  });

  it('names an event that somebody put in, with all numbers made to fit', async () => {
    const stream = streamOf('team');
    const [first] = await foundIn((db) => {
      const { position, stream_id } = rowAt(db, stream, 4);
      for (const [table, column] of [
        ['event', 'position'],
        ['event', 'previous'],
        ['stream', 'last_position'],
      ] as const) {
        const move = (by: string) =>
          db.prepare(`UPDATE ${table} SET ${column} = ${by} WHERE ${column}`);
        move(`-${column} - 1`).run();
        db.prepare(
          `UPDATE ${table} SET ${column} =
             CASE WHEN -${column} - 1 > ? THEN -${column} ELSE -${column} - 1 END
           WHERE ${column} < 0`,
        ).run(position);
      }
      db.prepare(
        `INSERT INTO event SELECT ?, stream_id, 5, ?, category_id, 'put-in', type, metadata,
           '{"key":"team","lines":[]}' FROM event WHERE position = ?`,
      ).run(position + 1, position, position);
      db.prepare('UPDATE stream SET last_revision = 5, last_position = ? WHERE id = ?').run(
        position + 1,
        stream_id,
      );
    });
    expect(first).toContain('proof.usage.events: stored 7, replayed 8');
    expect(first).toContain(`UsageRecorded ${stream}@5: not there then`);
  });

  it('is named where another stands in its place, or its proof is gone', async () => {
    const invoice = (what: string) => (db: Database) => {
      const where = `WHERE type = 'InvoiceFinalized' ORDER BY position LIMIT 1`;
      db.prepare(
        `UPDATE event SET ${what} WHERE position IN (SELECT position FROM event ${where})`,
      ).run();
    };
    const [, second] = await foundIn(
      invoice(`data = replace(data, '"daysUntilDue":30', '"daysUntilDue":31')`),
    );
    expect(second).toMatch(/^proof\.previous: stored "\w{64}", replayed "\w{64}"$/);
    const [first] = await foundIn(invoice(`data = json_set(data, '$.proof', null)`));
    expect(first).toBe('proof: it is gone');
    const [broken] = await foundIn(
      invoice(`data = json_set(data, '$.proof.usage.months', json('["2024-09"]'))`),
    );
    expect(broken).toBe('proof.usage.months: stored "2024-09", replayed "2024-10"');
  });
});

describe('a log of which something else is damaged', () => {
  it.each([
    ['PeriodClosed', /^cannot be computed: contracts-cus_\w+@1 is missing in the event log$/],
    ['ProductCreated', /^cannot be computed: product-prd_\w+@0 is missing in the event log$/],
  ])('says what is missing: %s', async (type, message) => {
    const where = `type = '${type}' ORDER BY position LIMIT 1`;
    const [first] = await foundIn((db) => {
      db.exec(`DELETE FROM event WHERE position IN (SELECT position FROM event WHERE ${where})`);
    });
    expect(first).toMatch(message);
  });

  it('differs where nothing tells that the last event of a stream is gone', async () => {
    const [first, second] = await foundIn((db) => {
      db.exec(`DELETE FROM event WHERE type = 'RatesAdded'`);
    });
    expect(first).toMatch(/^total: stored "7.8", replayed "0"$/m);
    expect(second).toContain('cannot be computed: ');
  });

  it('says what cannot be read', async () => {
    const [first] = await foundIn((db) => {
      db.exec(`UPDATE event SET data = '{' WHERE type = 'ContractCreated'`);
    });
    expect(first).toMatch(/^cannot be computed: contracts-cus_\w+@0 cannot be read$/);
  });
});
