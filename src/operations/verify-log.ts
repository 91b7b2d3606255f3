import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventLog } from '../application/ports.ts';
import { type Call } from './command.ts';
import { findRepeats } from './find-repeats.ts';
import { grouped, startMeter } from './progress.ts';
import { verifyInvoices, type Mismatch, type Totals, type Verified } from './verify.ts';

type Output = { readonly json: boolean };

/** Verifies all invoices of the log, and says what it found; whether they are what the log says. */
export async function verifyLog(call: Call, log: EventLog, { json }: Output): Promise<boolean> {
  const { say, complain, signal } = call;
  const folder = mkdtempSync(join(tmpdir(), 'paygo-verify-'));
  // Beside the answer, which may be read by a program.
  const progress = startMeter(complain);
  try {
    const repeats = await findRepeats(log, { folder, progress, signal });
    try {
      progress.begin('replaying invoices', await log.head());
      const tell = (mismatch: Mismatch | null): void => {
        if (mismatch !== null && !json) say(linesOf(mismatch).join('\n'));
      };
      const verified = await verifyInvoices(log, {
        ...{ tell, signal, progress },
        repeatsAt: (positions) => repeats.at(positions),
      });
      say(json ? JSON.stringify(verified) : summaryOf(verified).join('\n'));
      return verified.mismatches.length === 0;
    } finally {
      repeats.close();
    }
  } finally {
    progress.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const linesOf = ({ invoiceId, differences, failure, totals }: Mismatch): string[] => [
  ...(failure === null ? [] : [`${invoiceId}: cannot be computed: ${failure}`]),
  ...differences.map((line) => `${invoiceId}: ${line}`),
  ...(totals === null ? [] : [`${invoiceId}: ${changeOf(totals)}`]),
];

const summaryOf = ({ invoices, mismatches, totals }: Verified): string[] => [
  ...totals.map((one) => `${one.currency}: ${invoicesOf(one.invoices)}: ${changeOf(one)}`),
  `${invoicesOf(invoices)} replayed, ${grouped(mismatches.length)} differ`,
];

const changeOf = ({ currency, stored, replayed, difference }: Totals): string => {
  const [sign, amount] = difference.startsWith('-')
    ? ['less', difference.slice(1)]
    : ['more', difference];
  return `${stored} ${currency} would be ${replayed} ${currency}, ${amount} ${sign}`;
};

const invoicesOf = (count: number): string => `${grouped(count)} invoice${count === 1 ? '' : 's'}`;
