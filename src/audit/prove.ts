import { type Repeat } from '../application/ports.ts';
import { type InvoiceProof, type UsageProof } from '../invoices/events.ts';
import { invoiceStream } from '../invoices/events.ts';
import { present } from '../kernel/invariant.ts';
import { leafOf, type Digest } from '../kernel/merkle.ts';
import { type PeriodClosed } from '../contracts/events.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { previousClosing, readClosed, type Closed } from './closed.ts';
import { coveredBy, type Leaf } from './covered.ts';
import { usageStreamsOf, usageThrough } from './covered-usage.ts';
import { ownedBefore } from './keys-read.ts';
import { coveredMonths, monthText } from './months.ts';
import { type AuditLog } from './sound.ts';

type Log = Pick<AuditLog, 'readStream'>;

/** See Billing.repeatsAt. */
export type RepeatsAt = (positions: readonly bigint[]) => Promise<readonly Repeat[]>;

/** More lines are not listed. */
const mostElsewhere = 5000;

/**
 * The proof of a closed period's invoice, from the log, whoever computes it; awaits: the invoice
 * that has to be published before.
 */
export async function proveInvoice(
  log: Log,
  { stream, revision }: EventReference,
  repeatsAt: RepeatsAt,
): Promise<{ readonly proof: InvoiceProof } | { readonly awaits: Recorded<PeriodClosed> }> {
  const of = await readClosed(log, { stream, revision });
  const awaits = previousClosing(of);
  const previous = await previousDigest(log, of);
  if (awaits !== undefined && previous === null) return { awaits };
  const isUsage = of.closed.event.invoiceType === 'USAGE';
  return { proof: { usage: isUsage ? await proveUsage(log, of, repeatsAt) : null, previous } };
}

/** The digest of the invoice before it; null: there is none. */
export async function previousDigest(log: Log, of: Closed): Promise<Digest | null> {
  const before = previousClosing(of);
  if (before === undefined) return null;
  const stream = invoiceStream(before.event.invoiceId);
  const [published] = await log.readStream(stream, { maxCount: 1, stored: true });
  return published === undefined ? null : digestOf(published);
}

/** Of an event that was read with its stored texts. */
export const digestOf = ({ stream, revision, id, stored }: Recorded): Digest =>
  leafOf({ stream, revision, id, stored: present(stored, 'it was read with its texts') });

async function proveUsage(log: Log, of: Closed, repeatsAt: RepeatsAt): Promise<UsageProof> {
  const { event, position: cut } = of.closed;
  const owned = await ownedBefore(log, event.customerId, cut);
  const { months } = await coveredMonths(log, of, owned);
  const streams = usageStreamsOf(owned, months);
  const leaves: Leaf[] = [];
  const positions: bigint[] = [];
  const elsewhere = new Map<string, EventReference & { readonly lines: number[] }>();
  let lines = 0;
  for await (const page of usageThrough(log, streams, cut - 1n)) {
    for (const { position } of page) positions.push(position);
    const own = new Map<bigint, Recorded>();
    for (const recorded of page.filter(streams.isOwn)) {
      own.set(recorded.position, recorded);
      const { stream, revision } = recorded;
      leaves.push({ stream, revision, digest: digestOf(recorded) });
    }
    if (own.size === 0 || lines > mostElsewhere) continue;
    for (const { position, line, firstPosition } of await repeatsAt([...own.keys()])) {
      if (isAmong(positions, firstPosition)) continue;
      const { stream, revision } = present(own.get(position), 'it was asked for');
      const place = `${stream}@${String(revision)}`;
      const listed = elsewhere.get(place) ?? { stream, revision, lines: [] };
      elsewhere.set(place, listed);
      listed.lines.push(line);
      lines += 1;
    }
  }
  return {
    months: months.map(monthText),
    ...(await coveredBy(leaves)),
    elsewhere: lines > mostElsewhere ? null : [...elsewhere.values()],
  };
}

/** Whether it is one of the positions, which are in order. */
function isAmong(positions: readonly bigint[], wanted: bigint): boolean {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (present(positions[middle], 'an index within') < wanted) low = middle + 1;
    else high = middle;
  }
  return positions[low] === wanted;
}
