import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Where a transactionId stands in the log. */
export type IdPlace = { readonly id: string; readonly position: number; readonly line: number };

/** TransactionIds in a file, in parts: the same id is always in the same part. */
export type IdParts = {
  add(id: string, position: number, line: number): void;
  /** Each part's places in turn, in the order in which they were added. */
  parts(): Iterable<Iterable<IdPlace>>;
  close(): void;
};

/** So few ids are in one of them that it fits into memory, however many there are. */
const partCount = 256;
const blockBytes = 2 ** 16;

/** Of a place behind the id: the position, and the line. */
const placeBytes = 12;
const lengthBytes = 2;

/** Of the length, that the id's text takes two bytes for each character. */
const isWide = 2 ** 15;

type Block = { readonly part: number; readonly used: number };
type Part = { readonly bytes: Buffer; used: number };

export function openIdParts(folder: string): IdParts {
  const file = openSync(join(folder, 'ids'), 'w+');
  const open = Array.from({ length: partCount }, (): Part => ({
    bytes: Buffer.allocUnsafe(blockBytes),
    used: 0,
  }));
  /** Those that were written, one after the other. */
  const blocks: Block[] = [];

  function flush(part: number, { bytes, used }: Part): void {
    let written = 0;
    while (written < blockBytes) {
      const from = blocks.length * blockBytes + written;
      written += writeSync(file, bytes, written, blockBytes - written, from);
    }
    blocks.push({ part, used });
  }

  return {
    add(id, position, line) {
      const { hash, codes } = hashOf(id);
      const number = hash % partCount;
      const part = open[number];
      if (part === undefined) throw new RangeError('there is no such part');
      const wide = codes > 0x7f;
      const length = wide ? 2 * id.length : id.length;
      if (part.used + lengthBytes + length + placeBytes > blockBytes) {
        flush(number, part);
        part.used = 0;
      }
      const { bytes } = part;
      let at = bytes.writeUInt16LE(wide ? length + isWide : length, part.used);
      at += bytes.write(id, at, wide ? 'utf16le' : 'latin1');
      at = bytes.writeDoubleLE(position, at);
      part.used = bytes.writeUInt32LE(line, at);
    },
    *parts() {
      for (const [part, last] of open.entries()) {
        const own = blocks.flatMap((block, index) =>
          block.part === part ? [{ ...block, index }] : [],
        );
        yield (function* () {
          const bytes = Buffer.allocUnsafe(blockBytes);
          for (const { index, used } of own) {
            readSync(file, bytes, 0, blockBytes, index * blockBytes);
            yield* placesIn(bytes, used);
          }
          yield* placesIn(last.bytes, last.used);
        })();
      }
    },
    close: () => {
      closeSync(file);
    },
  };
}

function* placesIn(bytes: Buffer, used: number): Generator<IdPlace> {
  for (let at = 0; at < used;) {
    const written = bytes.readUInt16LE(at);
    const wide = written >= isWide;
    const from = at + lengthBytes;
    const to = from + (wide ? written - isWide : written);
    const id = bytes.toString(wide ? 'utf16le' : 'latin1', from, to);
    yield { id, position: bytes.readDoubleLE(to), line: bytes.readUInt32LE(to + 8) };
    at = to + placeBytes;
  }
}

/** A number below 2^32, and all bits of the character codes. */
function hashOf(id: string): { readonly hash: number; readonly codes: number } {
  let hash = 0x811c9dc5;
  let codes = 0;
  for (let index = 0; index < id.length; index += 1) {
    const code = id.charCodeAt(index);
    codes |= code;
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return { hash: (hash ^ (hash >>> 15)) >>> 0, codes };
}
