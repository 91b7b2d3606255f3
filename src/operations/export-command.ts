import { type EventLog } from '../application/ports.ts';
import { customerHistory } from '../audit/history.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { metered, onLog, WrongCall, type Call } from './command.ts';
import { csvRecord } from './csv.ts';
import { exportedInvoices, invoiceColumns, invoiceRecords } from './export-invoices.ts';
import { eventsOf } from './log-events.ts';
import { type Progress } from './progress.ts';
import { checkTypes, eventJson, partOf, settled, type Part, type Selection } from './selection.ts';

export type ExportWish = Selection & { readonly csv?: true; readonly customer?: string };

/** Writes events or invoices, one a line; its exit code. */
export const exportCommand = (
  call: Call,
  what: 'events' | 'invoices',
  wish: ExportWish,
): Promise<number> =>
  onLog(
    call,
    async (log) => {
      const { customer = null } = wish;
      const part = await partOf(log, wish);
      if (customer !== null) await assertKnown(log, customer);
      await metered(call, async (meter) => {
        meter.begin('exporting', part.through);
        if (what === 'events')
          await exportEvents(call, wish, eventsAsked(log, part, customer, meter));
        else await exportInvoices(call, wish, exportedInvoices(log, part, customer, meter));
      });
      return true;
    },
    () => {
      if (what === 'invoices' && wish.type !== undefined) {
        throw new WrongCall('--type chooses events: invoices have none');
      }
      checkTypes(wish);
    },
  );

async function assertKnown(log: EventLog, customerId: string): Promise<void> {
  const nothing = { customerId, after: 0n, through: 0n, types: null };
  if ((await customerHistory(log, nothing)) === null) {
    throw new Error(`there is no customer ${customerId}`);
  }
}

async function* eventsAsked(
  log: EventLog,
  part: Part,
  customerId: string | null,
  progress: Progress,
): AsyncGenerator<Recorded, void, undefined> {
  const { after, through, types } = part;
  const all = customerId === null ? null : await customerHistory(log, { customerId, ...part });
  for await (const recorded of all ?? eventsOf(log, { after })) {
    if (recorded.position > through) return;
    progress.seen(1, recorded.position);
    if (types?.has(recorded.event.type) ?? true) yield recorded;
  }
}

async function exportEvents(
  call: Call,
  { csv }: ExportWish,
  events: AsyncIterable<Recorded>,
): Promise<void> {
  if (csv === true) call.say(`${csvRecord(eventColumns)}\r`);
  for await (const recorded of settled(call, events)) {
    call.say(csv === true ? `${eventRecord(recorded)}\r` : JSON.stringify(eventJson(recorded)));
  }
}

const eventColumns = [
  ...['position', 'stream', 'revision', 'type', 'id', 'recordedAt', 'actor'],
  ...['data', 'metadata'],
];

function eventRecord({ position, stream, revision, id, event, metadata }: Recorded): string {
  const { type, ...data } = event;
  const place = [String(position), stream, revision, type, id];
  const { recordedAt, actor } = metadata;
  return csvRecord([...place, recordedAt, actor, JSON.stringify(data), JSON.stringify(metadata)]);
}

async function exportInvoices(
  call: Call,
  { csv }: ExportWish,
  invoices: ReturnType<typeof exportedInvoices>,
): Promise<void> {
  if (csv === true) call.say(`${csvRecord(invoiceColumns)}\r`);
  for await (const invoice of settled(call, invoices)) {
    if (csv !== true) call.say(JSON.stringify(invoice));
    else for (const record of invoiceRecords(invoice)) call.say(`${csvRecord(record)}\r`);
  }
}
