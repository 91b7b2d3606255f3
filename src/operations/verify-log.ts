import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventLog } from '../application/ports.ts';
import { type RepeatsAt } from '../audit/prove.ts';
import { metered, type Call } from './command.ts';
import { findRepeats } from './find-repeats.ts';
import { counted, grouped } from './progress.ts';
import { verifyInvoices, type Mismatch, type Totals, type Verified } from './verify.ts';

type Output = { readonly json: boolean };

/** Verifies all invoices of the log, and says what it found; whether they are what the log says. */
export async function verifyLog(call: Call, log: EventLog, { json }: Output): Promise<boolean> {
  const { say, signal } = call;
  const folder = mkdtempSync(join(tmpdir(), 'paygo-verify-'));
  const tell = (mismatch: Mismatch | null): void => {
    if (mismatch !== null && !json) say(linesOf(mismatch).join('\n'));
  };
  try {
    const verified = await metered(call, async (progress) => {
      const repeats = await findRepeats(log, { folder, progress, signal });
      const repeatsAt: RepeatsAt = (positions) => repeats.at(positions);
      return verifyInvoices(log, { signal, tell, progress, repeatsAt }).finally(repeats.close);
    });
    say(json ? JSON.stringify(verified) : summaryOf(verified).join('\n'));
    return verified.mismatches.length === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const linesOf = ({ invoiceId, differences, failure, totals }: Mismatch): string[] => [
  ...(failure === null ? [] : [`${invoiceId}: cannot be computed: ${failure}`]),
  ...differences.map((line) => `${invoiceId}: ${line}`),
  ...(totals === null ? [] : [`${invoiceId}: ${changeOf(totals)}`]),
];

const summaryOf = ({ invoices, mismatches, totals }: Verified): string[] => [
  ...totals.map((one) => `${one.currency}: ${counted(one.invoices, 'invoice')}: ${changeOf(one)}`),
  `${counted(invoices, 'invoice')} replayed, ${grouped(mismatches.length)} differ`,
];

const changeOf = ({ currency, stored, replayed, difference }: Totals): string => {
  const [sign, amount] = difference.startsWith('-')
    ? ['less', difference.slice(1)]
    : ['more', difference];
  return `${stored} ${currency} would be ${replayed} ${currency}, ${amount} ${sign}`;
};
