import { type Readable } from 'node:stream';

const mostBytes = 32 * 1024 * 1024;
const longestMs = 5_000;

/**
 * Reads on and throws away what is still being sent, up to 32 MiB or 5 s: a client that cannot send
 * its body to the end sees a broken connection instead of the answer.
 */
export const drained = (body: Readable): Promise<void> =>
  new Promise((resolve) => {
    if (body.readableEnded || body.destroyed) {
      resolve();
      return;
    }
    let left = mostBytes;
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      if (left < 0) done();
    };
    const done = (): void => {
      clearTimeout(givingUp);
      body.pause();
      body.off('data', onData).off('end', done).off('error', done).off('close', done);
      resolve();
    };
    const givingUp = setTimeout(done, longestMs);
    body.on('data', onData).on('end', done).on('error', done).on('close', done);
    body.resume();
  });
