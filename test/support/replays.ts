import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditLog } from '../../src/audit/sound.ts';
import { followSqliteLog } from '../../src/event-log/sqlite-follower.ts';
import { verifyInvoices } from '../../src/operations/verify.ts';

/** Throws unless every finalized invoice of the log is what the log says. */
export async function expectReplays(log: AuditLog): Promise<void> {
  const { mismatches } = await verifyInvoices(log, { signal: new AbortController().signal });
  if (mismatches.length === 0) return;
  throw new Error(`invoices are not what the log says: ${JSON.stringify(mismatches, null, 2)}`);
}

/** Of the log in the folder, where there is one. */
export async function expectReplaysIn(folder: string): Promise<void> {
  if (!existsSync(join(folder, 'log.db'))) return;
  const log = followSqliteLog({ folder });
  await expectReplays(log).finally(() => log.close());
}
