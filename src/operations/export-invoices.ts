import { type EventLog } from '../application/ports.ts';
import {
  type InvoiceEvent,
  type InvoiceFinalized,
  type InvoiceLine,
  type InvoiceVoided,
} from '../invoices/events.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Cell } from './csv.ts';
import { eventsOf } from './log-events.ts';
import { type Progress } from './progress.ts';
import { type Part } from './selection.ts';

type Head = Pick<
  InvoiceFinalized,
  | 'invoiceId'
  | 'customerId'
  | 'contractId'
  | 'invoiceType'
  | 'periodStart'
  | 'periodEnd'
  | 'currency'
  | 'total'
  | 'issuedAt'
  | 'daysUntilDue'
>;

/** An invoice as it was finalized, and whether it was voided since. */
export type ExportedInvoice = Head & {
  /** Rank among all that were finalized, from 1. */
  readonly number: number;
  /** Of its InvoiceFinalized. */
  readonly position: string;
  readonly status: 'FINALIZED' | 'VOID';
  readonly voidedAt: string | null;
  readonly voidReason: string | null;
  readonly lines: readonly InvoiceLine[];
};

/** Those that were finalized in that part of the log, as they stand at its end. */
export async function* exportedInvoices(
  log: EventLog,
  { after, through }: Part,
  customerId: string | null,
  progress: Progress,
): AsyncGenerator<ExportedInvoice, void, undefined> {
  let number = 0;
  for await (const recorded of eventsOf(log, { streamPrefixes: ['invoice-'] })) {
    if (recorded.position > through) return;
    progress.seen(1, recorded.position);
    if (!isFinalized(recorded)) continue;
    number += 1;
    if (recorded.position <= after) continue;
    if (customerId !== null && recorded.event.customerId !== customerId) continue;
    yield invoiceOf(recorded, number, await voided(log, recorded.stream, through));
  }
}

const isFinalized = (recorded: Recorded): recorded is Recorded<InvoiceFinalized> =>
  recorded.event.type === 'InvoiceFinalized';

async function voided(
  log: EventLog,
  stream: string,
  through: bigint,
): Promise<InvoiceVoided | null> {
  const later = (await log.readStream(stream, { from: 1 })) as readonly Recorded<InvoiceEvent>[];
  for (const { event, position } of later) {
    if (event.type === 'InvoiceVoided' && position <= through) return event;
  }
  return null;
}

function invoiceOf(
  { event, position }: Recorded<InvoiceFinalized>,
  number: number,
  end: InvoiceVoided | null,
): ExportedInvoice {
  return {
    number,
    invoiceId: event.invoiceId,
    status: end === null ? 'FINALIZED' : 'VOID',
    customerId: event.customerId,
    contractId: event.contractId,
    invoiceType: event.invoiceType,
    periodStart: event.periodStart,
    periodEnd: event.periodEnd,
    currency: event.currency,
    total: event.total,
    issuedAt: event.issuedAt,
    daysUntilDue: event.daysUntilDue,
    voidedAt: end?.voidedAt ?? null,
    voidReason: end?.reason ?? null,
    position: String(position),
    lines: event.lines,
  };
}

const headColumns = [
  'number',
  'invoiceId',
  'status',
  'customerId',
  'contractId',
  'invoiceType',
  'periodStart',
  'periodEnd',
  'currency',
  'total',
  'issuedAt',
  'daysUntilDue',
  'voidedAt',
  'voidReason',
  'position',
] as const satisfies readonly (keyof ExportedInvoice)[];

const lineCells = {
  lineId: ({ lineId }) => lineId,
  lineType: ({ type }) => type,
  productId: ({ productId }) => productId,
  name: ({ name }) => name,
  startingAt: ({ startingAt }) => startingAt,
  endingBefore: ({ endingBefore }) => endingBefore,
  quantity: ({ quantity }) => quantity,
  unitPrice: ({ unitPrice }) => unitPrice,
  amount: ({ amount }) => amount,
  tier: ({ tier }) => tier,
  groupValues: ({ groupValues }) => (groupValues === null ? null : JSON.stringify(groupValues)),
} satisfies Readonly<Record<string, (line: InvoiceLine) => Cell>>;

/** The columns of a table with a record for each line. */
export const invoiceColumns: readonly string[] = [...headColumns, ...Object.keys(lineCells)];

/** A record for each line, with the invoice's own cells in each; one where it has no lines. */
export function invoiceRecords(invoice: ExportedInvoice): readonly (readonly Cell[])[] {
  const head = headColumns.map((name) => invoice[name]);
  const cells = Object.values(lineCells);
  if (invoice.lines.length === 0) return [[...head, ...cells.map(() => null)]];
  return invoice.lines.map((line) => [...head, ...cells.map((cell) => cell(line))]);
}
