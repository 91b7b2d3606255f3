import { giveWay } from '../give-way.ts';
import { type InvoiceFinalized } from '../invoices/events.ts';
import { decimal, isZero, printDecimal, subtract, sum } from '../kernel/decimal.ts';
import { type AuditLog } from '../audit/sound.ts';
import { type RepeatsAt } from '../audit/prove.ts';
import { replayInvoice } from '../audit/replay.ts';
import { type Progress } from './progress.ts';

/** What was charged, and what would be by today's code; difference: how much more. */
export type Totals = {
  readonly currency: string;
  readonly stored: string;
  readonly replayed: string;
  readonly difference: string;
};

/** An invoice that is not what the log says; failure: it could not even be computed. */
export type Mismatch = {
  readonly invoiceId: string;
  readonly differences: readonly string[];
  readonly failure: string | null;
  /** null: it could not be computed, or comes to the same. */
  readonly totals: Totals | null;
};

export type Verified = {
  readonly invoices: number;
  readonly mismatches: readonly Mismatch[];
  /** Of the invoices whose totals differ, by currency. */
  readonly totals: readonly (Totals & { readonly invoices: number })[];
};

export type Verifying = {
  readonly signal: AbortSignal;
  /** Told of each invoice as it is done. */
  readonly tell?: (mismatch: Mismatch | null) => void;
  readonly progress?: Pick<Progress, 'begin' | 'seen'>;
  /** Of all that were finalized, from a reading of the whole log. */
  readonly invoiceIds: readonly string[];
  /** From such a reading, too. */
  readonly repeatsAt?: RepeatsAt;
};

/** Replays these invoices. Throws when the signal aborts. */
export async function verifyInvoices(
  log: AuditLog,
  { invoiceIds, signal, tell, progress, repeatsAt }: Verifying,
): Promise<Verified> {
  progress?.begin('replaying', BigInt(invoiceIds.length), 'invoices');
  const mismatches: Mismatch[] = [];
  let done = 0n;
  for (const invoiceId of invoiceIds) {
    const mismatch = await judged(log, invoiceId, repeatsAt);
    // What is told of an invoice whose replay was ended is of no worth.
    signal.throwIfAborted();
    if (mismatch !== null) mismatches.push(mismatch);
    tell?.(mismatch);
    done += 1n;
    progress?.seen(1, done);
    // A log in this process answers at once: signals and timers wait for a pause.
    await giveWay();
  }
  return { invoices: invoiceIds.length, mismatches, totals: byCurrency(mismatches) };
}

async function judged(
  log: AuditLog,
  invoiceId: string,
  repeatsAt: RepeatsAt | undefined,
): Promise<Mismatch | null> {
  try {
    const replay = await replayInvoice(log, invoiceId, repeatsAt);
    const differences = replay?.differences ?? ['its stream does not begin with it'];
    if (differences.length === 0) return null;
    const totals =
      replay?.isComputed === true ? totalsOf(replay.stored.event, replay.replayed.total) : null;
    return { invoiceId, differences, failure: null, totals };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { invoiceId, differences: [], failure, totals: null };
  }
}

function totalsOf({ currency, total: stored }: InvoiceFinalized, replayed: string): Totals | null {
  const difference = subtract(decimal(replayed), decimal(stored));
  if (isZero(difference)) return null;
  return { currency, stored, replayed, difference: printDecimal(difference) };
}

function byCurrency(mismatches: readonly Mismatch[]): Verified['totals'] {
  const changed = mismatches.flatMap(({ totals }) => (totals === null ? [] : [totals]));
  const currencies = [...new Set(changed.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const of = changed.filter((one) => one.currency === currency);
    const all = (name: 'stored' | 'replayed' | 'difference'): string =>
      printDecimal(sum(of.map((one) => decimal(one[name]))));
    const [stored, replayed, difference] = [all('stored'), all('replayed'), all('difference')];
    return { currency, invoices: of.length, stored, replayed, difference };
  });
}
