import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * The least that counts each usage event once, in a thread: parse, keep the ids in an index, sum by
 * key and hour in memory, write the sums with the ids. Told that there is more, it folds all there is.
 */
const batchChars = 8 * 1024 * 1024;
const Sqlite = createRequire(import.meta.url)(workerData.driver);
const log = new Sqlite(workerData.logFile, { readonly: true });
const db = new Sqlite(workerData.file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.exec(`
  CREATE TABLE usage_id (id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE bucket (key TEXT, hour TEXT, total INTEGER, PRIMARY KEY (key, hour)) WITHOUT ROWID;
  CREATE TABLE checkpoint (position INTEGER)`);
const read = log.prepare('SELECT position, data FROM event WHERE position > ? ORDER BY position');
const addId = db.prepare('INSERT OR IGNORE INTO usage_id VALUES (?)');
const add = db.prepare(
  'INSERT INTO bucket VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET total = total + excluded.total',
);
const moveTo = db.prepare('INSERT INTO checkpoint VALUES (?)');

let position = 0;
let counted = 0;
let sum = 0;

const fold = db.transaction(() => {
  const totals = new Map();
  let chars = 0;
  for (const row of read.iterate(position)) {
    for (const line of JSON.parse(row.data)) {
      if (addId.run(line.transactionId).changes === 0) continue;
      const hour = line.timestamp.slice(0, 13);
      const name = `${hour} ${line.customerId}`;
      const bucket = totals.get(name) ?? { key: line.customerId, hour, total: 0 };
      bucket.total += Number(line.properties.count);
      totals.set(name, bucket);
      counted += 1;
      sum += Number(line.properties.count);
    }
    position = row.position;
    chars += row.data.length;
    if (chars > batchChars) break;
  }
  for (const { key, hour, total } of totals.values()) add.run(key, hour, total);
  if (chars > 0) moveTo.run(position);
  return chars > 0;
});

parentPort.on('message', () => {
  for (let hasMore = true; hasMore;) {
    hasMore = fold();
    parentPort.postMessage({ hasMore, counted, sum: String(sum) });
  }
});
