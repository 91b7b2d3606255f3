const lineFeed = 10;
const carriageReturn = 13;
const firstPrintable = 0x20;

/**
 * Whether UTF-8 text has control characters beside the ends of lines. Looks at four bytes at a
 * time: everything that is ingested passes through here.
 */
export function hasControls(block: Uint8Array): boolean {
  const head = (4 - (block.byteOffset % 4)) % 4;
  if (block.length < head + 4) return controlsIn(block, 0, block.length);
  const wordCount = (block.length - head) >> 2;
  const words = new Int32Array(block.buffer, block.byteOffset + head, wordCount);
  for (let index = 0; index < wordCount; index += 1) {
    const word = words[index] ?? 0;
    // The top bit of a byte is set where it was below 0x20, and perhaps of the one before that.
    const isSuspect = ((word - 0x20202020) & ~word & 0x80808080) !== 0;
    if (isSuspect && controlsIn(block, head + 4 * index, head + 4 * index + 4)) return true;
  }
  return controlsIn(block, 0, head) || controlsIn(block, head + 4 * wordCount, block.length);
}

function controlsIn(block: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = block[at] ?? 0;
    const isEnd = byte === lineFeed || (byte === carriageReturn && block[at + 1] === lineFeed);
    if (byte < firstPrintable && !isEnd) return true;
  }
  return false;
}
