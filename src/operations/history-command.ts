import { customerHistory } from '../audit/history.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type UsageRecorded } from '../usage/events.ts';
import { onLog, type Call } from './command.ts';
import { checkTypes, eventJson, partOf, settled, type Selection } from './selection.ts';

type Wish = Selection & { readonly json?: true };

/** Tells everything that was recorded about a customer, oldest first; its exit code. */
export const historyCommand = (call: Call, customerId: string, wish: Wish): Promise<number> =>
  onLog(
    call,
    async (log) => {
      const part = await partOf(log, wish);
      const events = await customerHistory(log, { customerId, ...part });
      if (events === null) throw new Error(`there is no customer ${customerId}`);
      if (wish.json !== true) call.say(row('POSITION', 'RECORDED AT', 'TYPE', 'OF'));
      for await (const recorded of settled(call, events)) {
        call.say(wish.json === true ? JSON.stringify(eventJson(recorded)) : rowOf(recorded));
      }
      return true;
    },
    () => {
      checkTypes(wish);
    },
  );

const row = (position: string, recordedAt: string, type: string, about: string): string =>
  `${position.padStart(10)}  ${recordedAt.padEnd(24)}  ${type.padEnd(21)}  ${about}`.trimEnd();

const rowOf = (recorded: Recorded): string => {
  const { position, event, metadata } = recorded;
  return row(String(position), metadata.recordedAt, event.type, aboutOf(recorded));
};

/** What an event is of, as far as a line of text tells it. */
function aboutOf(recorded: Recorded): string {
  if (isUsage(recorded)) {
    const { key, lines } = recorded.event;
    const first = lines[0]?.transactionId ?? '';
    const more = lines.length > 1 ? ` and ${String(lines.length - 1)} more` : '';
    return `${key}: ${first}${more}`;
  }
  const fields = recorded.event as Readonly<Record<string, unknown>>;
  const shown = telling.map((name) => fields[name]).filter((value) => typeof value === 'string');
  return shown.join(' ');
}

const isUsage = (recorded: Recorded): recorded is Recorded<UsageRecorded> =>
  recorded.event.type === 'UsageRecorded';

const telling = ['key', 'invoiceId', 'contractId', 'name', 'total', 'currency', 'status', 'reason'];
