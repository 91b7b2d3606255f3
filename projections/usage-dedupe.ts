import { type Kysely } from 'kysely';
import { present } from '../src/kernel/invariant.ts';
import { wellFormed } from '../src/kernel/names.ts';
import { type UsageLine } from '../src/usage/events.ts';
import { inChunks } from './chunks.ts';
import { type PlacedLine } from './usage-lines.ts';
import { type NotedRepeat, type Place } from './usage-measured.ts';
import { keepTransactionIds } from './usage-rows.ts';
import { type UsageTables } from './usage-tables.ts';

/** Reads a line of the log by its position and its index there. */
export type OriginalLine = (
  position: bigint,
  line: number,
) => Promise<{ readonly key: string; readonly line: UsageLine }>;

type Original = Pick<PlacedLine, 'position' | 'line' | 'key' | 'usage'>;
type Repeat = { readonly repeat: PlacedLine; readonly first: Place | PlacedLine };

/** The lines that are the first of their transactionId in the log, and the others, by run. */
export type Told = {
  readonly firsts: Iterable<PlacedLine>;
  readonly repeats: readonly (readonly [run: number, repeat: NotedRepeat])[];
};

/** Keeps the transactionIds that are new, and tells the lines of others apart (billing rule 11). */
export async function firstRecordings(
  lines: readonly PlacedLine[],
  originalLine: OriginalLine,
  db: Kysely<UsageTables>,
): Promise<Told> {
  const firsts = new Map<string, PlacedLine>();
  const repeats: PlacedLine[] = [];
  for (const line of lines) {
    if (firsts.has(line.usage.transactionId)) repeats.push(line);
    else firsts.set(line.usage.transactionId, line);
  }
  const known = await keepIds(firsts, db);
  const judged = [...known.keys()].map((id) => present(firsts.get(id), 'one of the batch'));
  for (const id of known.keys()) firsts.delete(id);
  const pairs = [...judged, ...repeats].map((repeat) => {
    const id = repeat.usage.transactionId;
    return { repeat, first: present(known.get(id) ?? firsts.get(id), 'a repeat has a first') };
  });
  return { firsts: firsts.values(), repeats: await withOriginals(pairs, originalLine) };
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
  return lines.filter((place) => isSamePlace(places.get(place.usage.transactionId), place));
}

const isSamePlace = (first: Place | undefined, { position, line }: Place): boolean =>
  first?.position === position && first.line === line;

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
  const { written } = await keepTransactionIds(db, rows);
  if (written === rows.length) return new Map();
  const places = await placesOf(
    rows.map((row) => row.transaction_id),
    db,
  );
  for (const { transaction_id: id, ...own } of rows) {
    if (isSamePlace(places.get(id), own)) places.delete(id);
  }
  return places;
}

async function placesOf(
  ids: readonly string[],
  db: Kysely<UsageTables>,
): Promise<Map<string, Place>> {
  const rows = await inChunks(ids, (chunk) =>
    db.selectFrom('usage_id').selectAll().where('transaction_id', 'in', chunk).execute(),
  );
  return new Map(rows.map(({ transaction_id: id, ...place }) => [id, place]));
}

/** In log order of the originals, so that those of one event are read one after the other. */
async function withOriginals(
  repeats: readonly Repeat[],
  originalLine: OriginalLine,
): Promise<[number, NotedRepeat][]> {
  const ordered = [...repeats].sort(
    (a, b) => a.first.position - b.first.position || a.first.line - b.first.line,
  );
  const noted: [number, NotedRepeat][] = [];
  for (const { repeat, first } of ordered) {
    if ('usage' in first) {
      noted.push([repeat.run, note(repeat, first)]);
      continue;
    }
    const { key, line: usage } = await originalLine(BigInt(first.position), first.line);
    noted.push([repeat.run, note(repeat, { ...first, key: wellFormed(key), usage })]);
  }
  return noted;
}

const note = (repeat: PlacedLine, { position, line, key, usage }: Original): NotedRepeat => ({
  position: repeat.position,
  line: repeat.line,
  transactionId: repeat.usage.transactionId,
  key: repeat.key,
  first: { position, line, key },
  sameContent: sameContent(repeat.usage, usage),
});

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
