import { giveWay } from '../give-way.ts';
import { present } from '../kernel/invariant.ts';
import { rootOf, type Digest } from '../kernel/merkle.ts';
import { type EventReference } from '../kernel/recorded.ts';
import { type CoveredStretch, type UsageProof } from '../invoices/events.ts';
import { leavesAtOnce, rootOfMany } from './large-tree.ts';

/** An event that an invoice covers, and its digest. */
export type Leaf = EventReference & { readonly digest: Digest };

/** So many marks are 128 KB of text; events behind them are told apart one by one, or nearly. */
const mostMarks = 2 ** 14;
const markDigits = 8;

/** What a proof says of the events; in log order. */
export async function coveredBy(
  leaves: readonly Leaf[],
): Promise<Pick<UsageProof, 'events' | 'root' | 'each' | 'covered'>> {
  const stretches = stretchesOf(leaves);
  let each = 1;
  const marks = () =>
    stretches.reduce((count, { digests }) => count + Math.ceil(digests.length / each), 0);
  while (marks() > mostMarks && each < leaves.length) each *= 2;
  const covered: CoveredStretch[] = [];
  for (const { stream, from, digests } of stretches) {
    await giveWay();
    const through = from + digests.length - 1;
    covered.push({ stream, from, through, marks: await marksOf(digests, each) });
  }
  const root = await rootOfMany(leaves.map(({ digest }) => digest));
  return { events: leaves.length, root, each, covered };
}

type Stretch = { readonly stream: string; readonly from: number; readonly digests: Digest[] };

/** Neighbours of one stream, in the order of the first ones. */
function stretchesOf(leaves: readonly Leaf[]): readonly Stretch[] {
  const stretches: Stretch[] = [];
  const open = new Map<string, Stretch>();
  for (const { stream, revision, digest } of leaves) {
    const last = open.get(stream);
    if (last !== undefined && last.from + last.digests.length === revision) {
      last.digests.push(digest);
      continue;
    }
    const stretch = { stream, from: revision, digests: [digest] };
    open.set(stream, stretch);
    stretches.push(stretch);
  }
  return stretches;
}

async function marksOf(digests: readonly Digest[], each: number): Promise<string> {
  let marks = '';
  for (let from = 0; from < digests.length; from += each) {
    if (from % leavesAtOnce === 0) await giveWay();
    marks += markOf(digests.slice(from, from + each));
  }
  return marks;
}

const markOf = (digests: readonly Digest[]): string =>
  present(rootOf(digests), 'a mark stands for some events').slice(0, markDigits);

export const nameOf = ({ stream, revision }: EventReference): string =>
  `${stream}@${String(revision)}`;

/**
 * Which events are not those that the proof covers, in words, as far as its marks tell; others: of
 * its streams, that are not the customer's.
 */
export function changedEvents(
  { covered, each }: Pick<UsageProof, 'covered' | 'each'>,
  leaves: readonly Leaf[],
  others: readonly EventReference[],
): readonly string[] {
  const now = new Map<string, Digest[]>();
  for (const leaf of leaves) {
    const name = nameOf(leaf);
    now.set(name, [...(now.get(name) ?? []), leaf.digest]);
  }
  const foreign = new Set(others.map(nameOf));
  const changes: string[] = [];
  for (const { stream, from, through, marks } of covered) {
    for (let first = from, mark = 0; first <= through; first += each, mark += markDigits) {
      const last = Math.min(first + each - 1, through);
      const names = Array.from({ length: last - first + 1 }, (_, index) =>
        nameOf({ stream, revision: first + index }),
      );
      const found = names.map((name) => now.get(name));
      changes.push(...changesIn(names, found, marks.slice(mark, mark + markDigits), foreign));
      for (const name of names) now.delete(name);
    }
  }
  for (const name of now.keys()) changes.push(`UsageRecorded ${name}: not there then`);
  return changes;
}

/** Of the events with one mark. */
function changesIn(
  names: readonly string[],
  found: readonly (readonly Digest[] | undefined)[],
  mark: string,
  foreign: ReadonlySet<string>,
): string[] {
  const changes: string[] = [];
  for (const [index, name] of names.entries()) {
    const digests = found[index] ?? [];
    if (digests.length > 1)
      changes.push(`UsageRecorded ${name}: not there once, but several times`);
    if (digests.length > 0) continue;
    const is = foreign.has(name) ? "not the customer's any more" : 'missing';
    changes.push(`UsageRecorded ${name}: ${is}`);
  }
  const digests = found.flatMap((some) => some ?? []);
  if (changes.length > 0 || markOf(digests) === mark) return changes;
  const [first = ''] = names;
  const last = names.at(-1) ?? first;
  return [
    names.length === 1
      ? `UsageRecorded ${first}: changed since`
      : `UsageRecorded ${first} to ${last}: one of them changed since`,
  ];
}
