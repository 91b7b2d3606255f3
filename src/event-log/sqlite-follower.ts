import { type EventLog, type ReadAll } from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { checkReadAll, checkReadStream } from './checks.ts';
import { createCodec } from './codec.ts';
import { createGrowth, follow } from './follow.ts';
import { inSteps, onDatabase, openReadOnly } from './sqlite-files.ts';
import { createReader } from './sqlite-reader.ts';
import { type Upcasts } from './upcasts.ts';

/** A log to read only, which others write. */
export type LogFollower = Pick<
  EventLog,
  'head' | 'readAll' | 'readStream' | 'subscribe' | 'close'
> & {
  /** Somebody has appended: who follows the log looks again. */
  announce(): void;
};

export type FollowerOptions = { readonly folder: string; readonly upcasts?: Upcasts };

/**
 * Twice as much as where requests are answered, too: the more of a key's usage comes together, the
 * less often what it adds to is written.
 */
const batchChars = 8 * 1024 * 1024;

/** Reads the log in the folder, which another thread of this process has open to write. */
export function followSqliteLog({ folder, upcasts }: FollowerOptions): LogFollower {
  const db = openReadOnly(folder);
  const reader = createReader(db, createCodec(upcasts));
  const growth = createGrowth();
  const last = db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM event').pluck();
  const head = (): number => onDatabase(() => present(last.get(), 'an aggregate gives a row'));

  return {
    head: async () => BigInt(head()),
    async readAll(options = {}) {
      checkReadAll(options);
      return onDatabase(() => reader.readAll(options, head()));
    },
    async readStream(stream, options = {}) {
      checkReadStream(options);
      return inSteps(reader.readStream(stream, options));
    },
    subscribe(options) {
      const read = (batch: ReadAll) => onDatabase(() => reader.readAll(batch, head(), batchChars));
      return follow({ growth, head: () => BigInt(head()), read }, options);
    },
    announce: () => {
      growth.announce();
    },
    async close() {
      db.close();
    },
  };
}
