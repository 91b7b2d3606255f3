import { sql, type Kysely, type QueryExecutorProvider } from 'kysely';
import { present } from '../src/kernel/invariant.ts';
import { type Filter } from './usage-id-filter.ts';
import { keyWordsOf, type Family, type Rows } from './usage-id-keys.ts';
import { chunksOf } from './usage-id-rows.ts';

/**
 * Ids of one family in order; it never changes, and no other ever has its number until the tables
 * are made anew.
 */
export type Run = {
  readonly run: number;
  readonly family: Family;
  readonly ids: number;
  /** The hash that each chunk begins with. */
  readonly fences: Uint32Array;
  readonly filter: Filter;
};

const mostChunks = 2 ** 20;

export async function createRuns<Tables>(db: Kysely<Tables>): Promise<void> {
  // It outlives the tables, so that nobody takes the new ones for the old.
  const making = (await makingOf(db)) + 1;
  await sql`pragma user_version = ${sql.raw(String(making))}`.execute(db);
  await sql`
    create table usage_id_run (
      run integer primary key, family integer not null, ids integer not null,
      fences blob not null, filter blob not null
    )`.execute(db);
  await sql`create table usage_id_chunk (chunk integer primary key, words blob not null)`.execute(
    db,
  );
}

/** How often the tables were made. */
async function makingOf(db: QueryExecutorProvider): Promise<number> {
  const { rows } = await sql<{ user_version: number }>`pragma user_version`.execute(db);
  return present(rows[0], 'a file has one').user_version;
}

/** What is known of the runs, by whoever asks through the same connection. */
type Cache = { readonly runs: Map<number, Run>; last: number; making: number };

const caches = new WeakMap<object, Cache>();

function cacheOf(db: QueryExecutorProvider): Cache {
  const { adapter } = db.getExecutor();
  let cache = caches.get(adapter);
  if (cache === undefined) {
    cache = { runs: new Map(), last: 0, making: 0 };
    caches.set(adapter, cache);
  }
  return cache;
}

/** The runs as `db` sees them, the latest first. A transaction that is undone leaves nothing here. */
export async function runsOf(db: QueryExecutorProvider): Promise<readonly Run[]> {
  const cache = cacheOf(db);
  const making = await makingOf(db);
  if (making !== cache.making) cache.runs.clear();
  cache.making = making;
  const { rows } = await sql<{ run: number }>`
    select run from usage_id_run order by run desc`.execute(db);
  const runs: Run[] = [];
  for (const { run } of rows) runs.push(cache.runs.get(run) ?? (await load(run, db)));
  cache.runs.clear();
  for (const run of runs) cache.runs.set(run.run, run);
  cache.last = Math.max(cache.last, runs[0]?.run ?? 0);
  return runs;
}

type RunRow = { family: number; ids: number; fences: Uint8Array; filter: Uint8Array };

async function load(run: number, db: QueryExecutorProvider): Promise<Run> {
  const { rows } = await sql<RunRow>`
    select family, ids, fences, filter from usage_id_run where run = ${run}`.execute(db);
  const { fences, filter, ...rest } = present(rows[0], 'a run that is listed is there');
  return { run, ...rest, fences: wordsIn(fences), filter: wordsIn(filter) };
}

/** A number that no run has had. */
export function nextRun(db: QueryExecutorProvider): number {
  const cache = cacheOf(db);
  cache.last += 1;
  return cache.last;
}

/** Writes rows in order, which go on after those that were written, as chunks of the run. */
export async function writeChunks(
  run: number,
  rows: Rows,
  fences: number[],
  db: QueryExecutorProvider,
): Promise<void> {
  for (const { first, rows: chunk } of chunksOf(rows)) {
    const number = run * mostChunks + fences.length;
    await sql`
      insert into usage_id_chunk (chunk, words) values (${number}, ${bytesOf(chunk.words)})`.execute(
      db,
    );
    fences.push(first);
  }
}

export async function writeRun(run: Run, db: QueryExecutorProvider): Promise<void> {
  await sql`
    insert into usage_id_run (run, family, ids, fences, filter)
    values (${run.run}, ${run.family}, ${run.ids}, ${bytesOf(run.fences)}, ${bytesOf(run.filter)})
  `.execute(db);
  cacheOf(db).runs.set(run.run, run);
}

/** The chunks of the run with these numbers, from 0, in order. */
export async function readChunks(
  { run, family }: Run,
  numbers: readonly number[],
  db: QueryExecutorProvider,
): Promise<readonly Rows[]> {
  const wanted = JSON.stringify(numbers.map((number) => run * mostChunks + number));
  const { rows } = await sql<{ words: Uint8Array }>`
    select words from usage_id_chunk
    where chunk in (select value from json_each(${wanted})) order by chunk`.execute(db);
  const keyWords = keyWordsOf(family);
  return rows.map(({ words }) => ({ keyWords, words: wordsIn(words) }));
}

export async function deleteRun({ run, fences }: Run, db: QueryExecutorProvider): Promise<void> {
  const [from, to] = [run * mostChunks, run * mostChunks + fences.length];
  await sql`delete from usage_id_chunk where chunk >= ${from} and chunk < ${to}`.execute(db);
  await sql`delete from usage_id_run where run = ${run}`.execute(db);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Copied where they do not begin at a word. */
function wordsIn(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
