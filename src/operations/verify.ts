import { type InvoiceFinalized } from '../invoices/events.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type AuditLog } from '../audit/sound.ts';
import { replayInvoice } from '../audit/replay.ts';

/** An invoice that is not what the log says; failure: it could not even be computed. */
export type Mismatch = {
  readonly invoiceId: string;
  readonly differences: readonly string[];
  readonly failure: string | null;
};

export type Verified = { readonly invoices: number; readonly mismatches: readonly Mismatch[] };

const batchSize = 200;

/** Replays every invoice that was finalized, in log order; tells of each as it is done. */
export async function verifyInvoices(
  log: AuditLog,
  tell: (mismatch: Mismatch | null) => void,
  signal: AbortSignal,
): Promise<Verified> {
  const mismatches: Mismatch[] = [];
  let invoices = 0;
  let after = 0n;
  for (;;) {
    const { events, through } = await log.readAll({
      after,
      maxCount: batchSize,
      streamPrefixes: ['invoice-'],
    });
    for (const { event } of events.filter(isFinalized)) {
      signal.throwIfAborted();
      const mismatch = await judged(log, event.invoiceId);
      invoices += 1;
      if (mismatch !== null) mismatches.push(mismatch);
      tell(mismatch);
    }
    if (through <= after) return { invoices, mismatches };
    after = through;
  }
}

const isFinalized = (recorded: Recorded): recorded is Recorded<InvoiceFinalized> =>
  recorded.event.type === 'InvoiceFinalized';

async function judged(log: AuditLog, invoiceId: string): Promise<Mismatch | null> {
  try {
    const differences = (await replayInvoice(log, invoiceId))?.differences ?? [
      'its stream does not begin with it',
    ];
    return differences.length === 0 ? null : { invoiceId, differences, failure: null };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { invoiceId, differences: [], failure };
  }
}
