import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type EventLog } from '../../src/application/ports.ts';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { faultsIn } from '../../src/event-log/sqlite-faults.ts';
import { openReadOnly } from '../../src/event-log/sqlite-files.ts';
import { followSqliteLog } from '../../src/event-log/sqlite-follower.ts';
import { addFaults, createInspection, readThrough } from '../../src/operations/inspect-log.ts';
import { verifyInvoices } from '../../src/operations/verify.ts';

type Log = Pick<EventLog, 'readAll' | 'readStream' | 'head' | 'faults'>;

const progress = { begin: () => undefined, seen: () => undefined };

/** Throws unless the log is as it is written, and every finalized invoice what it says. */
async function expectReplays(log: Log): Promise<void> {
  const { signal } = new AbortController();
  const inspection = createInspection({ isWatched: log.faults !== undefined });
  await readThrough(log, { progress, signal }, inspection.see);
  await addFaults(log, inspection, { signal });
  const { faults, invoiceIds } = inspection.end();
  const { mismatches } = await verifyInvoices(log, { invoiceIds, signal });
  if (mismatches.length === 0 && faults.length === 0) return;
  const found = JSON.stringify({ faults: faults.slice(0, 20), mismatches }, null, 2);
  throw new Error(`the log is not as it was written, or an invoice not what it says: ${found}`);
}

/** Of the log that the event store holds under that prefix. */
export async function expectReplaysAt(url: string, prefix = 'paygo-'): Promise<void> {
  const log = openEventStoreLog({ url, prefix });
  await expectReplays(log).finally(() => log.close());
}

/** Of the log in the folder, where there is one. */
export async function expectReplaysIn(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'log.db'))) return;
  const log = followSqliteLog({ folder });
  const db = openReadOnly(folder);
  try {
    await expectReplays({ ...log, faults: () => faultsIn(db) });
  } finally {
    db.close();
    await log.close();
  }
}
