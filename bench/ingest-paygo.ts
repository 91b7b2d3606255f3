import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { Sqlite } from '../src/sqlite-driver.ts';
import { bytesIn } from './files.ts';
import { type ServerQuestion, type ServerState } from './ingest-server.ts';
import { serve } from './processes.ts';
import { serveFolder } from './served.ts';
import { manyCustomers } from './usage.ts';
import { oneMetric, recordAccount } from './usage-log.ts';

/** All of paygo, with a metric and the customers that usage comes from. */
async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
  const log = openSqliteLog({ folder });
  await recordAccount(log, oneMetric, Number(process.argv[2] ?? manyCustomers));
  await log.close();
  const paygo = await serveFolder(folder, { now: null, patienceSeconds: 60 });
  const readModels = join(folder, 'read-models');
  const usageFile = readdirSync(readModels).find((name) => /^usage-\w+\.db$/.test(name)) ?? '';
  const recorded = new Sqlite(join(folder, 'log.db'), { readonly: true });
  const folded = new Sqlite(join(readModels, usageFile), { readonly: true });
  return { folder, paygo, recorded, folded };
}

const opening = open();

serve(async ({ drained }: ServerQuestion): Promise<ServerState> => {
  const { folder, paygo, recorded, folded } = await opening;
  if (drained) {
    const head = recorded.prepare<[], number>('SELECT max(position) FROM event').pluck().get();
    const position = folded.prepare<[], number>('SELECT position FROM checkpoint').pluck();
    while ((position.get() ?? 0) < (head ?? 0)) await delay(2);
  }
  const ids = folded.prepare<[], number>('SELECT ifnull(sum(ids), 0) FROM usage_id_run').pluck();
  const sum = folded
    .prepare<[], number>("SELECT sum(CAST(value AS INTEGER)) FROM usage_bucket WHERE grain = 'M'")
    .pluck();
  return {
    url: paygo.url,
    folder,
    cpuSeconds: paygo.cpuSeconds() ?? 0,
    peakBytes: paygo.peakBytes() ?? 0,
    counted: ids.get() ?? 0,
    sum: String(sum.get() ?? 0),
    bytes: bytesIn(folder),
  };
}, end);

async function end(): Promise<void> {
  const { folder, paygo, recorded, folded } = await opening;
  recorded.close();
  folded.close();
  await paygo.stop();
  rmSync(folder, { recursive: true });
}
