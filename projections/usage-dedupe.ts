import { type Kysely } from 'kysely';
import { present } from '../src/kernel/invariant.ts';
import { wellFormed } from '../src/kernel/names.ts';
import { type UsageLine } from '../src/usage/events.ts';
import { keepIds, placesOf } from './usage-ids.ts';
import { type PlacedLine } from './usage-lines.ts';
import { type NotedRepeat, type Place } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** Reads a line of the log by its position and its index there. */
export type OriginalLine = (
  position: bigint,
  line: number,
) => Promise<{ readonly key: string; readonly line: UsageLine }>;

type Original = Pick<PlacedLine, 'position' | 'line' | 'key' | 'usage'>;
type Repeat = { readonly repeat: PlacedLine; readonly first: Place };

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
  const known = await keepIds(lines, db);
  if (known.size === 0) return { firsts: lines, repeats: [] };
  const pairs = Array.from(known, ([index, first]) => ({
    repeat: present(lines[index], 'a repeat is one of the lines'),
    first,
  }));
  return {
    firsts: lines.filter((_, index) => !known.has(index)),
    repeats: await withOriginals(pairs, originalLine),
  };
}

/** Of the lines, those that the log holds at the place that was first for their transactionId. */
export async function onlyFirst(
  lines: readonly PlacedLine[],
  db: Kysely<UsageTables>,
): Promise<PlacedLine[]> {
  const places = await placesOf(
    lines.map(({ transactionId }) => transactionId),
    db,
  );
  return lines.filter((place, index) => isSamePlace(places.get(index), place));
}

const isSamePlace = (first: Place | undefined, { position, line }: Place): boolean =>
  first?.position === position && first.line === line;

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
    const { key, line: usage } = await originalLine(BigInt(first.position), first.line);
    noted.push([repeat.run, note(repeat, { ...first, key: wellFormed(key), usage })]);
  }
  return noted;
}

const note = (repeat: PlacedLine, { position, line, key, usage }: Original): NotedRepeat => ({
  position: repeat.position,
  line: repeat.line,
  transactionId: repeat.transactionId,
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
