import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { Sqlite } from '../src/sqlite-driver.ts';
import { type UsageRecorded } from '../src/usage/events.ts';

const batchChars = 8 * 1024 * 1024;

/**
 * The least that counts each usage event once: parse, keep the ids in an index, sum by key and hour
 * in memory, and write the sums of a batch with its ids. Gives how many it counted.
 */
export async function bareFold(logFile: string, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const log = new Sqlite(logFile, { readonly: true });
  const db = new Sqlite(join(folder, 'bare.db'));
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.exec(`
      CREATE TABLE usage_id (id TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE bucket (key TEXT, hour TEXT, total INTEGER, PRIMARY KEY (key, hour)) WITHOUT ROWID;
      CREATE TABLE checkpoint (position INTEGER)`);
    return countAll(log, db);
  } finally {
    db.close();
    log.close();
  }
}

function countAll(log: Database, db: Database): number {
  const read = log.prepare<[number], { readonly position: number; readonly data: string }>(
    `SELECT position, data FROM event WHERE position > ? AND type = 'UsageRecorded'
     ORDER BY position`,
  );
  const addId = db.prepare('INSERT OR IGNORE INTO usage_id VALUES (?)');
  const add = db.prepare(
    'INSERT INTO bucket VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET total = total + excluded.total',
  );
  const moveTo = db.prepare('INSERT INTO checkpoint VALUES (?)');
  let position = 0;
  let counted = 0;
  const fold = db.transaction((): boolean => {
    const totals = new Map<string, { key: string; hour: string; total: number }>();
    let chars = 0;
    for (const row of read.iterate(position)) {
      const { key, lines } = JSON.parse(row.data) as Pick<UsageRecorded, 'key' | 'lines'>;
      for (const { transactionId, timestamp, properties } of lines) {
        if (addId.run(transactionId).changes === 0) continue;
        const hour = timestamp.slice(0, 13);
        const bucket = totals.get(`${hour} ${key}`) ?? { key, hour, total: 0 };
        bucket.total += Number(properties['count']);
        totals.set(`${hour} ${key}`, bucket);
        counted += 1;
      }
      position = row.position;
      chars += row.data.length;
      if (chars > batchChars) break;
    }
    for (const { key, hour, total } of totals.values()) add.run(key, hour, total);
    moveTo.run(position);
    return chars > 0;
  });
  while (fold());
  return counted;
}
