import { join } from 'node:path';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { replayInvoice } from '../src/audit/replay.ts';
import { verifyLog } from '../src/operations/verify-log.ts';
import { Sqlite } from '../src/sqlite-driver.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { recordBilled, type BilledUsage } from './billed-log.ts';
import { type Run } from './bench.ts';
import { serve } from './processes.ts';
import { timed } from './stopwatch.ts';

/** What is to be done with the log in the folder, which holds that usage, or will. */
export type ReplayQuestion = {
  readonly folder: string;
  readonly usage: BilledUsage;
  readonly how: 'record' | 'replay' | 'verify' | 'bare';
};

serve(({ folder, usage, how }: ReplayQuestion): Promise<Run> => {
  const count = usage.customers * usage.usageEventsEach;
  return timed(async () => {
    switch (how) {
      case 'record':
        await recordBilled(folder, usage);
        return count;
      case 'replay':
        await replay(folder);
        return count;
      case 'verify':
        await verify(folder);
        return count;
      case 'bare':
        return bareSum(folder);
    }
  });
});

async function replay(folder: string): Promise<void> {
  const log = openSqliteLog({ folder });
  try {
    const { events } = await log.readAll({ streamPrefixes: ['invoice-'], maxCount: 1 });
    const invoiceId = events[0]?.stream.slice('invoice-'.length) ?? '';
    const replayed = await replayInvoice(log, invoiceId);
    if (replayed?.differences.length !== 0) throw new Error('the invoice is not what the log says');
  } finally {
    await log.close();
  }
}

async function verify(folder: string): Promise<void> {
  const log = openSqliteLog({ folder });
  const unsaid = () => undefined;
  const { signal } = new AbortController();
  const call = { args: [], say: unsaid, complain: unsaid, signal };
  try {
    if (await verifyLog(call, log, { json: true })) return;
    throw new Error('an invoice is not what the log says');
  } finally {
    await log.close();
  }
}

/** Parses all usage, keeps the ids in memory, and sums what is new; gives how many that were. */
function bareSum(folder: string): number {
  const db = new Sqlite(join(folder, 'log.db'), { readonly: true });
  const rows = db.prepare<[], { readonly data: string }>(
    `SELECT data FROM event WHERE type = 'UsageRecorded' ORDER BY position`,
  );
  const ids = new Set<string>();
  let total = 0;
  for (const { data } of rows.iterate()) {
    for (const { transactionId, properties } of (JSON.parse(data) as UsageRecorded).lines) {
      if (ids.has(transactionId)) continue;
      ids.add(transactionId);
      total += Number(properties['count']);
    }
  }
  db.close();
  if (total === 0) throw new Error('there is usage');
  return ids.size;
}
