import { readFile } from 'node:fs/promises';
import { replayInvoice } from '../audit/replay.ts';
import { onLog, type Call } from './command.ts';
import { counted, grouped } from './progress.ts';
import { verifyInvoices, type Mismatch } from './verify.ts';
import { verifyProof } from './verify-proof.ts';

type Output = { readonly json?: true };

/** Replays every finalized invoice; its exit code: 1 when one of them differs. */
export const verifyCommand = (call: Call, { json }: Output): Promise<number> =>
  onLog(call, async (log) => {
    const tell = (mismatch: Mismatch | null): void => {
      if (mismatch !== null && json !== true) call.say(linesOf(mismatch));
    };
    const verified = await verifyInvoices(log, tell, call.signal);
    const wrong = verified.mismatches.length;
    if (json === true) call.say(JSON.stringify(verified));
    else call.say(`${counted(verified.invoices, 'invoice')} replayed, ${grouped(wrong)} differ`);
    return wrong === 0;
  });

const linesOf = ({ invoiceId, differences, failure }: Mismatch): string =>
  [...(failure === null ? [] : [`cannot be computed: ${failure}`]), ...differences]
    .map((line) => `${invoiceId}: ${line}`)
    .join('\n');

/** Computes one finalized invoice again; its exit code: 1 when it differs. */
export const replayCommand = (call: Call, invoiceId: string, { json }: Output): Promise<number> =>
  onLog(call, async (log) => {
    const found = await replayInvoice(log, invoiceId);
    if (found === null) throw new Error(`no invoice ${invoiceId} was finalized`);
    const { stored, replayed, differences, eventsReplayed } = found;
    const { currency, total } = stored.event;
    const matches = differences.length === 0;
    if (json === true) {
      call.say(JSON.stringify({ invoiceId, matches, differences, eventsReplayed }));
      return matches;
    }
    call.say(`${invoiceId}: stored ${total} ${currency}, replayed ${replayed.total} ${currency}`);
    for (const difference of differences) call.say(difference);
    call.say(`${matches ? 'it matches' : 'it differs'}; ${grouped(eventsReplayed)} events read`);
    return matches;
  });

/** Checks a proof that was saved to a file; its exit code: 1 when it does not hold. */
export async function verifyProofCommand(call: Call, file: string): Promise<number> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    call.complain(`paygo: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const { said, faults } = verifyProof(text);
  for (const line of said) call.say(line);
  for (const fault of faults) call.complain(`paygo: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}
