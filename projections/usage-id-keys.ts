import { invariant } from '../src/kernel/invariant.ts';
import { type Place } from './usage-measured.ts';

/**
 * Ids whose keys have the same length: 0 for UUIDs as they are mostly written, in lower case, which
 * are kept as their 16 bytes; else the number of bytes that their text has.
 */
export type Family = number;

/**
 * Rows of so many words each: a key, and the place in the log where its id was first. Machines of
 * another byte order build their own.
 */
export type Rows = { readonly words: Uint32Array; readonly keyWords: number };

export const placeWords = 2;

export const strideOf = ({ keyWords }: Pick<Rows, 'keyWords'>): number => keyWords + placeWords;

export const keyWordsOf = (family: Family): number =>
  family === 0 ? 4 : Math.max(1, Math.ceil(family / 4));

/** Ids of one family, with their places in the list that they stand in. */
export type Keyed = Rows & { readonly family: Family; readonly indexes: readonly number[] };

/** The keys of the ids, by family; places are left empty. */
export function keysOf(ids: readonly string[]): readonly Keyed[] {
  const indexes = new Map<Family, number[]>();
  const uuids = rowsFor(0, ids.length);
  const ofUuids: number[] = [];
  ids.forEach((id, index) => {
    if (readUuid(id, uuids.words, ofUuids.length * strideOf(uuids))) ofUuids.push(index);
    else {
      const family = Buffer.byteLength(id);
      const known = indexes.get(family);
      if (known === undefined) indexes.set(family, [index]);
      else known.push(index);
    }
  });
  const texts = Array.from(indexes, ([family, of]) => textKeys(family, of, ids));
  if (ofUuids.length === 0) return texts;
  const words = uuids.words.subarray(0, ofUuids.length * strideOf(uuids));
  return [{ ...uuids, words, family: 0, indexes: ofUuids }, ...texts];
}

export const rowsFor = (family: Family, count: number): Rows => {
  const keyWords = keyWordsOf(family);
  return { words: new Uint32Array(count * strideOf({ keyWords })), keyWords };
};

function textKeys(family: Family, indexes: readonly number[], ids: readonly string[]): Keyed {
  const rows = rowsFor(family, indexes.length);
  const bytes = Buffer.from(rows.words.buffer);
  indexes.forEach((index, row) => {
    bytes.write(ids[index] ?? '', row * strideOf(rows) * 4, 'utf8');
  });
  return { ...rows, family, indexes };
}

const dash = 45;
const notHex = -1;
const digits = new Int8Array(0x1_0000).fill(notHex);
for (let value = 0; value < 16; value += 1) digits[value.toString(16).charCodeAt(0)] = value;

/** Whether the text is a UUID in lower case: then its bytes are written there. */
function readUuid(text: string, into: Uint32Array, at: number): boolean {
  if (text.length !== 36) return false;
  for (const place of [8, 13, 18, 23]) if (text.charCodeAt(place) !== dash) return false;
  const [a, b, c, d] = [hex(text, 0), hex(text, 4), hex(text, 9), hex(text, 14)];
  const [e, f, g, h] = [hex(text, 19), hex(text, 24), hex(text, 28), hex(text, 32)];
  if ((a | b | c | d | e | f | g | h) < 0) return false;
  into[at] = (a << 16) | b;
  into[at + 1] = (c << 16) | d;
  into[at + 2] = (e << 16) | f;
  into[at + 3] = (g << 16) | h;
  return true;
}

/** The number that four digits write; below zero where there are none. */
const hex = (text: string, at: number): number =>
  (digit(text, at) << 12) |
  (digit(text, at + 1) << 8) |
  (digit(text, at + 2) << 4) |
  digit(text, at + 3);

const digit = (text: string, at: number): number => digits[text.charCodeAt(at)] ?? notHex;

const positionLow = 2 ** 12;
const mostLines = 2 ** 20;

/** Writes where the id of a row was first: 44 bits of position, 20 of line. */
export function writePlace(rows: Rows, row: number, { position, line }: Place): void {
  invariant(line < mostLines && position < positionLow * 2 ** 32, 'a place takes 64 bits');
  const at = row * strideOf(rows) + rows.keyWords;
  rows.words[at] = Math.floor(position / positionLow);
  rows.words[at + 1] = (position % positionLow) * mostLines + line;
}

export function placeAt(rows: Rows, row: number): Place {
  const at = row * strideOf(rows) + rows.keyWords;
  const [high = 0, low = 0] = [rows.words[at], rows.words[at + 1]];
  return {
    position: high * positionLow + Math.floor(low / mostLines),
    line: low % mostLines,
  };
}

/** Spreads keys evenly; rows are kept in its order, and those of one hash in the order of words. */
export function hashOf({ words, keyWords }: Rows, at: number): number {
  let hash = keyWords;
  for (let word = at; word < at + keyWords; word += 1) {
    hash = Math.imul(hash ^ (words[word] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Another than hashOf, of the same keys. */
export function secondHashOf({ words, keyWords }: Rows, at: number): number {
  let hash = 0x27d4eb2f;
  for (let word = at; word < at + keyWords; word += 1) {
    hash = Math.imul(hash ^ (words[word] ?? 0), 0x165667b1);
    hash ^= hash >>> 17;
  }
  return Math.imul(hash ^ (hash >>> 14), 0x2c1b3c6d) >>> 0;
}

/** Below zero where the key there comes first; of rows with as many words. */
export function compareKeys(a: Rows, at: number, b: Rows, bAt: number): number {
  for (let word = 0; word < a.keyWords; word += 1) {
    const difference = (a.words[at + word] ?? 0) - (b.words[bAt + word] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
