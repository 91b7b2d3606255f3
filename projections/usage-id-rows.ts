import { invariant } from '../src/kernel/invariant.ts';
import { compareKeys, hashOf, strideOf, type Rows } from './usage-id-keys.ts';

/** Rows in a chunk: what is read to look one up. Those of one hash are never parted. */
const chunkRows = 512;

/** The rows' numbers in the order that runs are kept in; of one key, the first comes first. */
export function inOrder(rows: Rows): Uint32Array {
  const stride = strideOf(rows);
  const count = rows.words.length / stride;
  invariant(count < numbers, 'so many rows are sorted at once');
  const keys = new Float64Array(count);
  for (let row = 0; row < count; row += 1) keys[row] = hashOf(rows, row * stride) * numbers + row;
  keys.sort();
  const order = new Uint32Array(count);
  for (let place = 0; place < count; place += 1) order[place] = (keys[place] ?? 0) % numbers;
  for (let from = 0; from < count;) {
    const end = (Math.floor((keys[from] ?? 0) / numbers) + 1) * numbers;
    let to = from + 1;
    while (to < count && (keys[to] ?? 0) < end) to += 1;
    if (to - from > 1) sortByKey(rows, order.subarray(from, to));
    from = to;
  }
  return order;
}

/** A hash of 32 bits and a row's number are one exact number of 53. */
const numbers = 2 ** 21;

function sortByKey(rows: Rows, order: Uint32Array): void {
  const stride = strideOf(rows);
  order.sort((a, b) => compareKeys(rows, a * stride, rows, b * stride) || a - b);
}

/** The rows with these numbers, one after the other. */
export function pick(rows: Rows, order: ArrayLike<number>): Rows {
  const stride = strideOf(rows);
  const words = new Uint32Array(order.length * stride);
  for (let place = 0, to = 0; place < order.length; place += 1) {
    const from = (order[place] ?? 0) * stride;
    for (let word = from; word < from + stride; word += 1, to += 1) {
      words[to] = rows.words[word] ?? 0;
    }
  }
  return { ...rows, words };
}

/** Cuts rows, which are in order, into chunks; each with the hash of its first. */
export function* chunksOf(rows: Rows): Generator<{ readonly first: number; readonly rows: Rows }> {
  const stride = strideOf(rows);
  const end = rows.words.length;
  for (let from = 0; from < end;) {
    let to = Math.min(end, from + chunkRows * stride);
    while (to < end && hashOf(rows, to) === hashOf(rows, to - stride)) to += stride;
    yield { first: hashOf(rows, from), rows: { ...rows, words: rows.words.subarray(from, to) } };
    from = to;
  }
}

/** Where the key stands in rows that are in order, in words; -1: nowhere. */
export function find(rows: Rows, key: Rows, keyAt: number): number {
  const stride = strideOf(rows);
  const hash = hashOf(key, keyAt);
  let low = 0;
  let high = rows.words.length / stride;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hashOf(rows, middle * stride) < hash) low = middle + 1;
    else high = middle;
  }
  for (let at = low * stride; at < rows.words.length; at += stride) {
    if (compareKeys(rows, at, key, keyAt) === 0) return at;
    if (hashOf(rows, at) !== hash) return -1;
  }
  return -1;
}

/** The last of the numbers, which ascend, that is at most that; -1: none is. */
export function lastUpTo(ascending: Uint32Array, most: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
