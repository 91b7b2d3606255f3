import { addTo, type Filter } from './usage-id-filter.ts';
import { compareKeys, hashOf, secondHashOf, strideOf, type Rows } from './usage-id-keys.ts';

/** The next rows of a run, in order; null: there are no more. */
export type Source = () => Promise<Rows | null>;

type Cursor = { readonly next: Source; rows: Rows; at: number; hash: number };

/** Rows that are written together, unless those of one hash go on. */
const togetherRows = 8192;

/**
 * Brings the rows of all sources together in order, some at a time, and into the filter. No key
 * stands in two of them.
 */
export async function mergeRows(
  sources: readonly Source[],
  filter: Filter,
  write: (rows: Rows) => Promise<void>,
): Promise<void> {
  let cursors: Cursor[] = [];
  for (const next of sources) {
    const rows = await next();
    if (rows !== null) cursors.push({ next, rows, at: 0, hash: hashOf(rows, 0) });
  }
  const [any] = cursors;
  if (any === undefined) return;
  const { keyWords } = any.rows;
  const stride = strideOf(any.rows);
  let words = new Uint32Array(2 * togetherRows * stride);
  let end = 0;
  let last = -1;
  for (let first = leastOf(cursors); first !== undefined; first = leastOf(cursors)) {
    if (end >= togetherRows * stride && first.hash !== last) {
      await write({ keyWords, words: words.subarray(0, end) });
      end = 0;
    }
    if (end === words.length) words = twice(words);
    for (let word = 0; word < stride; word += 1) {
      words[end + word] = first.rows.words[first.at + word] ?? 0;
    }
    last = first.hash;
    addTo(filter, last, secondHashOf(first.rows, first.at));
    end += stride;
    if (!advance(first, stride)) {
      const { next } = first;
      const rows = await next();
      cursors = cursors.filter((cursor) => cursor.next !== next);
      if (rows !== null) cursors.push({ next, rows, at: 0, hash: hashOf(rows, 0) });
    }
  }
  await write({ keyWords, words: words.subarray(0, end) });
}

/** Moves on in the rows at hand; false: they are at their end. */
function advance(cursor: Cursor, stride: number): boolean {
  cursor.at += stride;
  if (cursor.at >= cursor.rows.words.length) return false;
  cursor.hash = hashOf(cursor.rows, cursor.at);
  return true;
}

function leastOf(cursors: readonly Cursor[]): Cursor | undefined {
  let [least] = cursors;
  for (const cursor of cursors) {
    if (least === undefined || cursor === least || cursor.hash > least.hash) continue;
    const isBefore =
      cursor.hash < least.hash || compareKeys(cursor.rows, cursor.at, least.rows, least.at) < 0;
    if (isBefore) least = cursor;
  }
  return least;
}

function twice(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(words.length * 2);
  wider.set(words);
  return wider;
}
