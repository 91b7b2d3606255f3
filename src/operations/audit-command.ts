import { replayInvoice } from '../audit/replay.ts';
import { onLog, type Call } from './command.ts';
import { grouped } from './progress.ts';
import { verifyLog } from './verify-log.ts';

type Output = { readonly json?: true };

/** Replays every finalized invoice; its exit code: 1 when one of them differs. */
export const verifyCommand = (call: Call, { json }: Output): Promise<number> =>
  onLog(call, (log) => verifyLog(call, log, { json: json === true }));

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
