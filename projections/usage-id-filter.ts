import { hashOf, secondHashOf, strideOf, type Rows } from './usage-id-keys.ts';

/** A Bloom filter: what it does not hold is surely not there. */
export type Filter = Uint32Array;

/** Of 256 bits: a key sets one bit in each of a block's words. */
const blockWords = 8;

/** 16 bits for each key: one in a thousand of the others seems to be there. */
const keysInBlock = 16;

const salts = new Uint32Array([
  0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31,
]);

export const emptyFilter = (keys: number): Filter =>
  new Uint32Array(Math.max(1, Math.ceil(keys / keysInBlock)) * blockWords);

/** Neighbours in the order of hashes lie in neighbouring blocks. */
const blockOf = (filter: Filter, hash: number): number =>
  Math.floor((hash / 2 ** 32) * (filter.length / blockWords)) * blockWords;

export function addTo(filter: Filter, hash: number, second: number): void {
  const block = blockOf(filter, hash);
  for (let word = 0; word < blockWords; word += 1) {
    const bit = 1 << (Math.imul(second, salts[word] ?? 0) >>> 27);
    filter[block + word] = (filter[block + word] ?? 0) | bit;
  }
}

export function mayHold(filter: Filter, hash: number, second: number): boolean {
  const block = blockOf(filter, hash);
  for (let word = 0; word < blockWords; word += 1) {
    const bit = 1 << (Math.imul(second, salts[word] ?? 0) >>> 27);
    if (((filter[block + word] ?? 0) & bit) === 0) return false;
  }
  return true;
}

export function filterOf(rows: Rows): Filter {
  const stride = strideOf(rows);
  const filter = emptyFilter(rows.words.length / stride);
  for (let at = 0; at < rows.words.length; at += stride) {
    addTo(filter, hashOf(rows, at), secondHashOf(rows, at));
  }
  return filter;
}
