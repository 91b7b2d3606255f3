import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Of all files in the folder, and in those below it. */
export const bytesIn = (folder: string): number =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + bytesOf(join(parentPath, name)), 0);

/** 0: it was there when its folder was read, and is gone. */
const bytesOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
