import { type QueryExecutorProvider } from 'kysely';
import { present } from '../src/kernel/invariant.ts';
import {
  deleteRun,
  nextRun,
  readChunks,
  runsOf,
  writeChunks,
  writeRun,
  type Run,
} from './usage-id-files.ts';
import { emptyFilter, filterOf, mayHold } from './usage-id-filter.ts';
import {
  compareKeys,
  hashOf,
  keysOf,
  placeAt,
  secondHashOf,
  strideOf,
  writePlace,
  type Family,
  type Keyed,
  type Rows,
} from './usage-id-keys.ts';
import { mergeRows, type Source } from './usage-id-merge.ts';
import { find, inOrder, lastUpTo, pick } from './usage-id-rows.ts';
import { type Arrival, type Place } from './usage-measured.ts';

/** Runs of about one size are merged as soon as there are so many. */
const fanIn = 8;
const smallestLevel = 512;

/** Larger runs are only merged when they are a small part of all, so that no batch waits long. */
const longMerge = 2 ** 21;
const chunksAtOnce = 16;

/** As keepIds, in sorted runs: a batch's new ids are one more, and at times some become one. */
export async function keepInRuns(
  arrivals: readonly Arrival[],
  db: QueryExecutorProvider,
): Promise<Map<number, Place>> {
  const runs = await runsOf(db);
  const repeats = new Map<number, Place>();
  for (const keyed of keysOf(arrivals.map(({ transactionId }) => transactionId))) {
    keyed.indexes.forEach((index, row) => {
      writePlace(keyed, row, present(arrivals[index], 'it arrived'));
    });
    await keepFamily(keyed, runs, repeats, db);
  }
  await mergeSome(await runsOf(db), db);
  return repeats;
}

/** Where each of the ids was first, by its index; those that are not known are left out. */
export async function placesInRuns(
  ids: readonly string[],
  db: QueryExecutorProvider,
): Promise<Map<number, Place>> {
  const runs = await runsOf(db);
  const places = new Map<number, Place>();
  for (const keyed of keysOf(ids)) {
    const order = inOrder(keyed);
    const known = await lookUp(pick(keyed, order), ofFamily(runs, keyed.family), db);
    for (const [place, first] of known) {
      places.set(indexOf(keyed, present(order[place], 'a row')), first);
    }
  }
  return places;
}

const ofFamily = (runs: readonly Run[], family: Family): readonly Run[] =>
  runs.filter((run) => run.family === family);

const indexOf = ({ indexes }: Keyed, row: number): number =>
  present(indexes[row], 'a row is of an id');

async function keepFamily(
  keyed: Keyed,
  runs: readonly Run[],
  repeats: Map<number, Place>,
  db: QueryExecutorProvider,
): Promise<void> {
  const { firsts, again } = withoutRepeats(keyed);
  const rows = pick(keyed, firsts);
  const known = await lookUp(rows, ofFamily(runs, keyed.family), db);
  const isNew = (_row: number, place: number): boolean => !known.has(place);
  const added = known.size === 0 ? rows : pick(keyed, firsts.filter(isNew));
  for (const [place, first] of known) {
    repeats.set(indexOf(keyed, present(firsts[place], 'a row')), first);
  }
  for (const [row, first] of again) {
    const place = repeats.get(indexOf(keyed, first)) ?? placeAt(keyed, first);
    repeats.set(indexOf(keyed, row), place);
  }
  if (added.words.length === 0) return;
  const run = nextRun(db);
  const fences: number[] = [];
  await writeChunks(run, added, fences, db);
  const { family } = keyed;
  const ids = added.words.length / strideOf(added);
  await writeRun(
    { run, family, ids, fences: Uint32Array.from(fences), filter: filterOf(added) },
    db,
  );
}

/** The rows in order, the first of each key; and the others, each with its first. */
function withoutRepeats(keyed: Keyed): {
  readonly firsts: readonly number[];
  readonly again: readonly (readonly [row: number, first: number])[];
} {
  const stride = strideOf(keyed);
  const firsts: number[] = [];
  const again: [number, number][] = [];
  let first = -1;
  for (const row of inOrder(keyed)) {
    if (first >= 0 && compareKeys(keyed, first * stride, keyed, row * stride) === 0) {
      again.push([row, first]);
    } else {
      firsts.push(row);
      first = row;
    }
  }
  return { firsts, again };
}

/** Where those of the rows, which are in order, were first that the runs hold; by row. */
async function lookUp(
  rows: Rows,
  runs: readonly Run[],
  db: QueryExecutorProvider,
): Promise<ReadonlyMap<number, Place>> {
  const stride = strideOf(rows);
  const count = rows.words.length / stride;
  const [hashes, seconds] = [new Uint32Array(count), new Uint32Array(count)];
  for (let row = 0; row < count; row += 1) {
    hashes[row] = hashOf(rows, row * stride);
    seconds[row] = secondHashOf(rows, row * stride);
  }
  const known = new Map<number, Place>();
  for (const run of runs) {
    const chunks = new Map<number, number[]>();
    for (let row = 0; row < count; row += 1) {
      const hash = hashes[row] ?? 0;
      if (!mayHold(run.filter, hash, seconds[row] ?? 0) || known.has(row)) continue;
      const chunk = lastUpTo(run.fences, hash);
      if (chunk < 0) continue;
      const asked = chunks.get(chunk);
      if (asked === undefined) chunks.set(chunk, [row]);
      else asked.push(row);
    }
    for (const [row, place] of await findIn(run, chunks, rows, db)) known.set(row, place);
  }
  return known;
}

async function findIn(
  run: Run,
  chunks: ReadonlyMap<number, readonly number[]>,
  rows: Rows,
  db: QueryExecutorProvider,
): Promise<readonly (readonly [number, Place])[]> {
  const stride = strideOf(rows);
  const found: [number, Place][] = [];
  const asked = [...chunks];
  for (let from = 0; from < asked.length; from += chunksAtOnce) {
    const some = asked.slice(from, from + chunksAtOnce);
    const read = await readChunks(
      run,
      some.map(([chunk]) => chunk),
      db,
    );
    some.forEach(([, wanted], index) => {
      const chunk = present(read[index], 'a run has its chunks');
      for (const row of wanted) {
        const at = find(chunk, rows, row * stride);
        if (at >= 0) found.push([row, placeAt(chunk, at / stride)]);
      }
    });
  }
  return found;
}

const levelOf = ({ ids }: Run): number =>
  ids < smallestLevel ? 0 : 1 + Math.floor(Math.log(ids / smallestLevel) / Math.log(fanIn));

/** Makes one run of some of one size; of one family, and no more than that. */
async function mergeSome(runs: readonly Run[], db: QueryExecutorProvider): Promise<void> {
  const total = runs.reduce((sum, { ids }) => sum + ids, 0);
  const alike = new Map<string, Run[]>();
  for (const run of runs) {
    const kind = `${String(run.family)} ${String(levelOf(run))}`;
    alike.set(kind, [...(alike.get(kind) ?? []), run]);
  }
  for (const several of alike.values()) {
    if (several.length < fanIn) continue;
    const merged = several.slice(-fanIn);
    const ids = merged.reduce((sum, run) => sum + run.ids, 0);
    if (ids > Math.max(longMerge, total / fanIn)) continue;
    await merge(merged, ids, db);
    return;
  }
}

async function merge(runs: readonly Run[], ids: number, db: QueryExecutorProvider): Promise<void> {
  const { family } = present(runs[0], 'runs to merge');
  const run = nextRun(db);
  const fences: number[] = [];
  const filter = emptyFilter(ids);
  const sources = runs.map((source) => chunksIn(source, db));
  await mergeRows(sources, filter, (rows) => writeChunks(run, rows, fences, db));
  await writeRun({ run, family, ids, fences: Uint32Array.from(fences), filter }, db);
  for (const merged of runs) await deleteRun(merged, db);
}

function chunksIn(run: Run, db: QueryExecutorProvider): Source {
  let next = 0;
  let read: readonly Rows[] = [];
  let at = 0;
  return async () => {
    if (at === read.length) {
      const numbers = Array.from({ length: Math.min(chunksAtOnce, run.fences.length - next) }).map(
        (_, index) => next + index,
      );
      if (numbers.length === 0) return null;
      next += numbers.length;
      read = await readChunks(run, numbers, db);
      at = 0;
    }
    at += 1;
    return read[at - 1] ?? null;
  };
}
