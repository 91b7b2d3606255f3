import { type InvoiceFinalized, type UsageProof } from '../invoices/events.ts';
import { instant } from '../kernel/calendar.ts';
import { type Digest, type Inclusion } from '../kernel/merkle.ts';
import { wellFormed } from '../kernel/names.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type UsageRecorded } from '../usage/events.ts';
import { readClosed } from './closed.ts';
import { usageStreamsOf, usageThrough } from './covered-usage.ts';
import { finalized } from './facts.ts';
import { ownedBefore } from './keys-read.ts';
import { pathOf } from './large-tree.ts';
import { digestOf, type RepeatsAt } from './prove.ts';
import { isReadable, type AuditLog } from './sound.ts';

/** That an invoice covers the event of a transactionId; both are read with their texts. */
export type UsageInclusion = Inclusion & {
  readonly invoice: Recorded<InvoiceFinalized>;
  readonly root: Digest;
  readonly recorded: Recorded<UsageRecorded>;
  /** Which of the event's lines it is, from 0. */
  readonly line: number;
};

/**
 * The event that recorded it first; null: the invoice covers none, does not count it since its id
 * was recorded before elsewhere, or was stored before proofs.
 */
export async function proveInclusion(
  log: AuditLog,
  invoiceId: string,
  transactionId: string,
  repeatsAt: RepeatsAt,
): Promise<UsageInclusion | null> {
  const invoice = await finalized(log, invoiceId);
  const usage = invoice?.event.proof?.usage ?? null;
  if (invoice === undefined || usage === null || usage.root === null) return null;
  const { closed } = await readClosed(log, invoice.event.closedBy);
  const owned = await ownedBefore(log, closed.event.customerId, closed.position);
  const months = usage.months.map((month) => instant(`${month}-01T00:00:00Z`));
  const streams = usageStreamsOf(owned, months);
  const leaves: Digest[] = [];
  let first: Found | undefined;
  for await (const page of usageThrough(log, streams, closed.position - 1n)) {
    for (const recorded of page) {
      const line = first === undefined ? lineOf(recorded, transactionId) : -1;
      if (line >= 0) first = { index: leaves.length, recorded, line };
      if (streams.isOwn(recorded)) leaves.push(digestOf(recorded));
    }
  }
  if (first === undefined || !streams.isOwn(first.recorded)) return null;
  if (await isRepeat(first, usage, repeatsAt)) return null;
  const { index } = first;
  const path = await pathOf(leaves, index);
  return { invoice, root: usage.root, ...first, size: leaves.length, path };
}

type Found = Pick<UsageInclusion, 'index' | 'recorded' | 'line'>;

/** Whether the line's id was recorded first in a stream that the invoice does not cover. */
async function isRepeat(
  { recorded: { stream, revision, position }, line }: Found,
  { elsewhere }: UsageProof,
  repeatsAt: RepeatsAt,
): Promise<boolean> {
  if (elsewhere === null) return (await repeatsAt([position])).some((one) => one.line === line);
  return elsewhere.some(
    (one) => one.stream === stream && one.revision === revision && one.lines.includes(line),
  );
}

/** Where the event has it; -1: nowhere. Most are not decoded for it. */
function lineOf(recorded: Recorded<UsageRecorded>, transactionId: string): number {
  const data = recorded.stored?.data ?? '';
  // An id that is not well-formed text is asked for as JSON writes it.
  const mayHave = data.includes(JSON.stringify(transactionId)) || data.includes(transactionId);
  if (!mayHave || !isReadable(recorded)) return -1;
  return recorded.event.lines.findIndex((line) => wellFormed(line.transactionId) === transactionId);
}
