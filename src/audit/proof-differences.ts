import { type InvoiceFinalized, type UsageProof } from '../invoices/events.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Closed } from './closed.ts';
import { changedEvents } from './covered.ts';
import { rootOfMany } from './large-tree.ts';
import { monthText, type Month } from './months.ts';
import { previousDigest } from './prove.ts';
import { type AuditLog } from './sound.ts';
import { type CountedUsage } from './usage.ts';

type Found = {
  readonly of: Closed;
  readonly months: readonly Month[];
  readonly usage: Pick<CountedUsage, 'leaves' | 'others'>;
};

/** Where the proof of an invoice does not hold, in words. */
export async function proofDifferences(
  log: Pick<AuditLog, 'readStream'>,
  { event: { proof, invoiceType }, stored }: Recorded<InvoiceFinalized>,
  found: Found,
): Promise<readonly string[]> {
  if (proof === null) {
    return storedVersion(stored?.metadata ?? '{}') >= provedFrom ? ['proof: it is gone'] : [];
  }
  const previous = await previousDigest(log, found.of);
  const isUsage = invoiceType === 'USAGE';
  return [
    ...differing('proof.previous', proof.previous, previous),
    ...differing('proof.usage', proof.usage !== null, isUsage),
    ...(proof.usage === null ? [] : await usageDifferences(proof.usage, found)),
  ];
}

/** The version that has proofs. */
const provedFrom = 2;

const storedVersion = (metadata: string): number =>
  Number((JSON.parse(metadata) as { readonly version?: number }).version);

const differing = (path: string, stored: unknown, replayed: unknown): string[] =>
  stored === replayed
    ? []
    : [`${path}: stored ${JSON.stringify(stored)}, replayed ${JSON.stringify(replayed)}`];

const mostNamed = 100;

async function usageDifferences(
  proof: UsageProof,
  { months, usage }: Found,
): Promise<readonly string[]> {
  const root = await rootOfMany(usage.leaves.map(({ digest }) => digest));
  const found = [
    ...differing('proof.usage.months', proof.months.join(' '), months.map(monthText).join(' ')),
    ...differing('proof.usage.events', proof.events, usage.leaves.length),
    ...differing('proof.usage.root', proof.root, root),
  ];
  if (root === proof.root) return found;
  const changed = changedEvents(proof, usage.leaves, usage.others);
  const changes = changed.length > 0 ? changed : ['UsageRecorded: the same, in another order'];
  const more = changes.length - mostNamed;
  return [
    ...found,
    ...changes.slice(0, mostNamed),
    ...(more > 0 ? [`UsageRecorded: ${String(more)} more changes`] : []),
  ];
}
