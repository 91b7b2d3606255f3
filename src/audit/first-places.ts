/** Where transactionIds stood first; exact, and small: the ids of a month may be millions. */
export type FirstPlaces = {
  /** Whether it is new; then that is its first place. */
  add(id: string, position: number): boolean;
  /** undefined: it was not added. */
  positionOf(id: string): number | undefined;
  readonly size: number;
};

/** Ids that are UUIDs as they are mostly written take 28 to 36 bytes; others are kept as text. */
export function createFirstPlaces(): FirstPlaces {
  const uuids = createUuidPlaces();
  const texts = new Map<string, number>();
  const words = new Uint32Array(4);
  return {
    add(id, position) {
      if (readUuid(id, words)) return uuids.add(words, position);
      if (texts.has(id)) return false;
      texts.set(id, position);
      return true;
    },
    positionOf: (id) => (readUuid(id, words) ? uuids.positionOf(words) : texts.get(id)),
    get size() {
      return uuids.size() + texts.size;
    },
  };
}

const chunkBits = 14;
const chunkRows = 2 ** chunkBits;

/** Rows that are never moved, so that growing does not need twice the memory. */
type Chunk = { readonly words: Uint32Array; readonly positions: Float64Array };

const newChunk = (): Chunk => ({
  words: new Uint32Array(4 * chunkRows),
  positions: new Float64Array(chunkRows),
});

const nowhere = { words: new Uint32Array(0), positions: new Float64Array(0) };

/** A hash table of 16 bytes each: in its slots stands the number of a row, from 1. */
function createUuidPlaces() {
  const chunks: Chunk[] = [];
  let slots = new Uint32Array(1024);
  let size = 0;
  const chunkOf = (row: number): Chunk => chunks[row >>> chunkBits] ?? nowhere;

  /** The slot that the key stands in, or would. */
  function slotOf(a: number, b: number, c: number, d: number): number {
    const mask = slots.length - 1;
    let slot = hashOf(a, b, c, d) & mask;
    for (let row = slots[slot] ?? 0; row !== 0; row = slots[slot] ?? 0) {
      const { words } = chunkOf(row - 1);
      const at = ((row - 1) & (chunkRows - 1)) * 4;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) {
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }
  const find = (key: Uint32Array): number =>
    slotOf(key[0] ?? 0, key[1] ?? 0, key[2] ?? 0, key[3] ?? 0);

  function grow(): void {
    slots = new Uint32Array(slots.length * 4);
    const mask = slots.length - 1;
    for (let row = 0; row < size; row += 1) {
      const { words: w } = chunkOf(row);
      const at = (row & (chunkRows - 1)) * 4;
      let slot = hashOf(w[at] ?? 0, w[at + 1] ?? 0, w[at + 2] ?? 0, w[at + 3] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
  }

  return {
    add(key: Uint32Array, position: number): boolean {
      const slot = find(key);
      if (slots[slot] !== 0) return false;
      if (size % chunkRows === 0) chunks.push(newChunk());
      const { words, positions } = chunkOf(size);
      words.set(key, (size & (chunkRows - 1)) * 4);
      positions[size & (chunkRows - 1)] = position;
      size += 1;
      slots[slot] = size;
      if (size * 3 > slots.length * 2) grow();
      return true;
    },
    positionOf(key: Uint32Array): number | undefined {
      const row = slots[find(key)] ?? 0;
      return row === 0 ? undefined : chunkOf(row - 1).positions[(row - 1) & (chunkRows - 1)];
    },
    size: () => size,
  };
}

function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ (a >>> 15), 0x9e3779b1) ^ b;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ c;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) ^ d;
  hash = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
  return hash ^ (hash >>> 16);
}

const dash = 45;
const digits = new Int8Array(0x1_0000).fill(-1);
for (let value = 0; value < 16; value += 1) digits[value.toString(16).charCodeAt(0)] = value;

/** Whether the text is a UUID in lower case: then its bytes are written there. */
function readUuid(text: string, into: Uint32Array): boolean {
  if (text.length !== 36) return false;
  if (text.charCodeAt(8) !== dash || text.charCodeAt(13) !== dash) return false;
  if (text.charCodeAt(18) !== dash || text.charCodeAt(23) !== dash) return false;
  const [a, b, c, d] = [hex(text, 0), hex(text, 4), hex(text, 9), hex(text, 14)];
  const [e, f, g, h] = [hex(text, 19), hex(text, 24), hex(text, 28), hex(text, 32)];
  if ((a | b | c | d | e | f | g | h) < 0) return false;
  into[0] = (a << 16) | b;
  into[1] = (c << 16) | d;
  into[2] = (e << 16) | f;
  into[3] = (g << 16) | h;
  return true;
}

/** The number that four digits write; below zero where there are none. */
const hex = (text: string, at: number): number =>
  (digit(text, at) << 12) |
  (digit(text, at + 1) << 8) |
  (digit(text, at + 2) << 4) |
  digit(text, at + 3);

const digit = (text: string, at: number): number => digits[text.charCodeAt(at)] ?? -1;
