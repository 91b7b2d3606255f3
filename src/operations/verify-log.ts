import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EventLog } from '../application/ports.ts';
import { type RepeatsAt } from '../audit/prove.ts';
import { metered, type Call } from './command.ts';
import { findRepeats } from './find-repeats.ts';
import { addFaults, createInspection, type Fault, type Inspected } from './inspect-log.ts';
import { counted, grouped } from './progress.ts';
import { verifyInvoices, type Mismatch, type Totals, type Verified } from './verify.ts';

type Output = { readonly json: boolean };

/** Verifies the log and all invoices in it, and says what it found; whether all is as it was. */
export async function verifyLog(call: Call, log: EventLog, { json }: Output): Promise<boolean> {
  const { say, signal } = call;
  const folder = mkdtempSync(join(tmpdir(), 'paygo-verify-'));
  const tell = (mismatch: Mismatch | null): void => {
    if (mismatch !== null && !json) say(linesOf(mismatch).join('\n'));
  };
  try {
    const { inspected, verified } = await metered(call, async (progress) => {
      const inspection = createInspection({ isWatched: log.faults !== undefined });
      const { see } = inspection;
      const repeats = await findRepeats(log, { folder, progress, signal, see });
      const repeatsAt: RepeatsAt = (positions) => repeats.at(positions);
      try {
        await addFaults(log, inspection, call);
        const { invoiceIds, ...inspected } = inspection.end();
        if (!json) for (const line of foundIn(inspected)) say(line);
        const verifying = { invoiceIds, signal, tell, progress, repeatsAt };
        return { inspected, verified: await verifyInvoices(log, verifying) };
      } finally {
        repeats.close();
      }
    });
    say(json ? JSON.stringify({ ...verified, ...inspected }) : summaryOf(verified).join('\n'));
    return verified.mismatches.length === 0 && inspected.faultsInAll === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the log has against it, whatever its invoices are. */
function foundIn({
  faults,
  faultsInAll,
  unfinished,
  recordedLate: { events, first },
}: Omit<Inspected, 'invoiceIds'>): readonly string[] {
  const more = faultsInAll - faults.length;
  return [
    ...unfinished.map(lineOf),
    ...(first === null ? [] : [`${lineOf(first)}; so ${counted(events, 'event')} in all`]),
    ...faults.map(lineOf),
    ...(more > 0 ? [`and ${counted(more, 'fault')} more`] : []),
    ...(faultsInAll > 0 ? [`${counted(faultsInAll, 'fault')} in the log`] : []),
  ];
}

function lineOf({ stream, revision, position, invoiceId, fault }: Fault): string {
  const place = [
    ...(stream === null ? [] : [revision === null ? stream : `${stream}@${String(revision)}`]),
    ...(position === null ? [] : [`position ${position}`]),
  ];
  return `${invoiceId === null ? '' : `${invoiceId}: `}${place.join(', ')}: ${fault}`;
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
