import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const appended = Buffer.alloc(4096, 1);
const most = 1000;
const mostMs = 2000;

/** How long the disk takes for 4 KiB more in a file, each flushed: many times, ms. */
export function flushes(folder: string): readonly number[] {
  const path = join(folder, 'flushed');
  const file = openSync(path, 'a');
  const taken: number[] = [];
  const endsAt = performance.now() + mostMs;
  try {
    for (let at = performance.now(); taken.length < most && at < endsAt; at = performance.now()) {
      writeSync(file, appended);
      const from = performance.now();
      fdatasyncSync(file);
      taken.push(performance.now() - from);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return taken;
}
