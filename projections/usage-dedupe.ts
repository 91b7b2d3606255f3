import { type Kysely } from 'kysely';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { present } from '../src/kernel/invariant.ts';
import { isWellFormed, wellFormed } from '../src/kernel/names.ts';
import { type UsageLine, type UsageRecorded } from '../src/usage/events.ts';
import { inChunks } from './chunks.ts';
import { chunked } from './usage-chunks.ts';
import { keepTransactionIds } from './usage-rows.ts';
import { keyHistories, ownership, unclaimed } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/** A usage line and where the log holds it. */
export type PlacedLine = {
  readonly position: number;
  readonly line: number;
  readonly recordedAt: Instant;
  readonly key: string;
  readonly usage: UsageLine;
};

/** Reads a line of the log by its position and its index there. */
export type OriginalLine = (
  position: bigint,
  line: number,
) => Promise<{ readonly key: string; readonly line: UsageLine }>;

type Place = Pick<PlacedLine, 'position' | 'line'>;
type Original = Omit<PlacedLine, 'recordedAt'>;
type Repeat = { readonly repeat: PlacedLine; readonly first: Place | PlacedLine };

export const placedLines = (events: readonly Recorded<UsageRecorded>[]): PlacedLine[] =>
  events.flatMap(({ position, event, metadata: { recordedAt } }) =>
    event.lines.map((usage, line) => ({
      position: Number(position),
      line,
      recordedAt,
      key: wellFormed(event.key),
      usage: identified(usage),
    })),
  );

const identified = (usage: UsageLine): UsageLine =>
  isWellFormed(usage.transactionId)
    ? usage
    : { ...usage, transactionId: wellFormed(usage.transactionId) };

/**
 * The lines that are the first of their transactionId in the log; the others are told apart and
 * noted (billing rule 11).
 */
export async function firstRecordings(
  lines: readonly PlacedLine[],
  originalLine: OriginalLine,
  db: Kysely<UsageTables>,
): Promise<PlacedLine[]> {
  const firsts = new Map<string, PlacedLine>();
  const repeats: PlacedLine[] = [];
  for (const line of lines) {
    if (firsts.has(line.usage.transactionId)) repeats.push(line);
    else firsts.set(line.usage.transactionId, line);
  }
  const known = await keepIds(firsts, db);
  const judged = [...known.keys()].map((id) => present(firsts.get(id), 'one of the batch'));
  for (const id of known.keys()) firsts.delete(id);
  await noteRepeats(
    [...judged, ...repeats].map((repeat) => {
      const id = repeat.usage.transactionId;
      return { repeat, first: present(known.get(id) ?? firsts.get(id), 'a repeat has a first') };
    }),
    originalLine,
    db,
  );
  return [...firsts.values()];
}

/** Of the lines, those that the log holds at the place that was first for their transactionId. */
export async function onlyFirst(
  lines: readonly PlacedLine[],
  db: Kysely<UsageTables>,
): Promise<PlacedLine[]> {
  const places = await placesOf(
    lines.map(({ usage }) => usage.transactionId),
    db,
  );
  return lines.filter(({ position, line, usage }) => {
    const first = places.get(usage.transactionId);
    return first !== undefined && first.position === position && first.line === line;
  });
}

/** Keeps the ids that are new, and tells where those that are not were first. */
async function keepIds(
  firsts: ReadonlyMap<string, PlacedLine>,
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<string, Place>> {
  const rows = Array.from(firsts, ([transaction_id, { position, line }]) => ({
    transaction_id,
    position,
    line,
  })).sort((a, b) => (a.transaction_id < b.transaction_id ? -1 : 1));
  const kept = await keepTransactionIds(db, rows);
  if (kept.length === rows.length) return new Map();
  const keptIds = new Set(kept.map((row) => row.transaction_id));
  const known = rows.map((row) => row.transaction_id).filter((id) => !keptIds.has(id));
  return placesOf(known, db);
}

async function placesOf(
  ids: readonly string[],
  db: Kysely<UsageTables>,
): Promise<ReadonlyMap<string, Place>> {
  const rows = await inChunks(ids, (chunk) =>
    db.selectFrom('usage_id').selectAll().where('transaction_id', 'in', chunk).execute(),
  );
  return new Map(rows.map(({ transaction_id: id, ...place }) => [id, place]));
}

/**
 * A repeat with the first one's content is counted as a duplicate; another content is a conflict,
 * and listed.
 */
async function noteRepeats(
  repeats: readonly Repeat[],
  originalLine: OriginalLine,
  db: Kysely<UsageTables>,
): Promise<void> {
  if (repeats.length === 0) return;
  const pairs = await withOriginals(repeats, originalLine);
  const histories = await keyHistories(
    db,
    pairs.flatMap(({ repeat, original }) => [repeat.key, original.key]),
  );
  const ownerOf = ({ key, position }: Original): string =>
    ownership(histories.get(key) ?? [], position)?.owner ?? unclaimed(key);
  const duplicates = new Map<string, number>();
  const conflicts: UsageTables['usage_conflict'][] = [];
  for (const { repeat, original } of pairs) {
    if (ownerOf(repeat) === ownerOf(original) && sameContent(repeat.usage, original.usage)) {
      duplicates.set(repeat.key, (duplicates.get(repeat.key) ?? 0) + 1);
    } else {
      conflicts.push({
        position: repeat.position,
        line: repeat.line,
        transaction_id: repeat.usage.transactionId,
        key: repeat.key,
        first_position: original.position,
        first_line: original.line,
      });
    }
  }
  await writeDuplicates(duplicates, db);
  for (const chunk of chunked(conflicts)) {
    await db.insertInto('usage_conflict').values(chunk).execute();
  }
}

/** In log order of the originals, so that those of one event are read one after the other. */
async function withOriginals(
  repeats: readonly Repeat[],
  originalLine: OriginalLine,
): Promise<{ repeat: PlacedLine; original: Original }[]> {
  const ordered = [...repeats].sort(
    (a, b) => a.first.position - b.first.position || a.first.line - b.first.line,
  );
  const pairs = [];
  for (const { repeat, first } of ordered) {
    if ('usage' in first) {
      pairs.push({ repeat, original: first });
      continue;
    }
    const { key, line: usage } = await originalLine(BigInt(first.position), first.line);
    pairs.push({ repeat, original: { ...first, key: wellFormed(key), usage } });
  }
  return pairs;
}

async function writeDuplicates(
  duplicates: ReadonlyMap<string, number>,
  db: Kysely<UsageTables>,
): Promise<void> {
  for (const chunk of chunked([...duplicates])) {
    await db
      .insertInto('usage_duplicate')
      .values(chunk.map(([key, more]) => ({ key, duplicates: more })))
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet((eb) => ({
          duplicates: eb('usage_duplicate.duplicates', '+', eb.ref('excluded.duplicates')),
        })),
      )
      .execute();
  }
}

function sameContent(a: UsageLine, b: UsageLine): boolean {
  const names = Object.keys(a.properties);
  return (
    a.eventType === b.eventType &&
    a.timestamp === b.timestamp &&
    names.length === Object.keys(b.properties).length &&
    names.every(
      (name) => Object.hasOwn(b.properties, name) && a.properties[name] === b.properties[name],
    )
  );
}
