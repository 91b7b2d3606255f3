/** Memory outside the heap that is used again. */
export type BufferPool = {
  /** At least so many bytes, of any content. */
  take(bytes: number): Buffer;
  /** The first bytes of the buffer in a larger one; the buffer itself is given back. */
  grown(buffer: Buffer, used: number, bytes: number): Buffer;
  /** Its content may change from now on. */
  give(buffer: Buffer): void;
};

const leastBytes = 4096;
const mostPooledBytes = 32 * 1024 * 1024;

export function createBufferPool(): BufferPool {
  const free: Buffer[] = [];
  let freeBytes = 0;
  const pool: BufferPool = {
    take(bytes) {
      const buffer = bytes <= leastBytes ? free.pop() : undefined;
      if (buffer === undefined) return Buffer.allocUnsafeSlow(Math.max(bytes, leastBytes));
      freeBytes -= buffer.length;
      return buffer;
    },
    grown(buffer, used, bytes) {
      const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * buffer.length));
      buffer.copy(larger, 0, 0, used);
      pool.give(buffer);
      return larger;
    },
    give(buffer) {
      if (freeBytes + buffer.length > mostPooledBytes) return;
      freeBytes += buffer.length;
      free.push(buffer);
    },
  };
  return pool;
}
