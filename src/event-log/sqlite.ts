import {
  RevisionConflict,
  Unavailable,
  type EventLog,
  type NewEvent,
  type ReadAll,
} from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { checkAppend, checkReadAll, checkReadStream } from './checks.ts';
import { createCodec } from './codec.ts';
import { createGrowth, follow } from './follow.ts';
import { groupCommit } from './group-commit.ts';
import { faultsIn } from './sqlite-faults.ts';
import { inSteps, onDatabase, openFiles } from './sqlite-files.ts';
import { createReader } from './sqlite-reader.ts';
import { createWriter, type StoredAppend } from './sqlite-writer.ts';
import { type Upcasts } from './upcasts.ts';

export type SqliteLogOptions = {
  /** Where log.db lies; made when missing. One process at a time may have it open. */
  readonly folder: string;
  readonly upcasts?: Upcasts;
};

/**
 * A subscription's batch of large events ends here: it must neither fill the memory nor hold up the
 * process.
 */
const batchChars = 4 * 1024 * 1024;

/**
 * The log in one SQLite file, flushed with each commit. Throws when another process has the folder.
 */
export function openSqliteLog({ folder, upcasts }: SqliteLogOptions): EventLog {
  const codec = createCodec(upcasts);
  const files = openFiles(folder);
  const writer = createWriter(files.writer);
  const reader = createReader(files.reader, codec);
  const growth = createGrowth();
  const commits = groupCommit(
    (appends) => onDatabase(() => writer.commit(appends)),
    growth.announce,
  );
  const encoded = (event: NewEvent): StoredAppend['events'][number] => {
    const { type, data, metadata } = codec.encode(event);
    return { id: event.id, type, data, metadata };
  };
  let closed = false;

  const head = (): number => {
    if (closed) throw new Unavailable('the event log is closed');
    return writer.head();
  };

  return {
    async append(stream, expected, events) {
      head();
      checkAppend(stream, expected, events);
      const stored = events.map(encoded);
      const [outcome] = await commits.append([{ stream, expected, events: stored }]);
      if (outcome instanceof RevisionConflict) throw outcome;
      return present(outcome, 'an append has its outcome');
    },
    async appendToMany(appends) {
      head();
      const stored: StoredAppend[] = [];
      for (const [stream, events] of appends) {
        checkAppend(stream, 'any', events);
        stored.push({ stream, expected: 'any', events: events.map(encoded) });
      }
      const written = commits.append(stored);
      // Who appends to many has waited for others himself.
      commits.flush();
      const outcome = (await written).at(-1);
      return outcome === undefined || outcome instanceof RevisionConflict ? 0n : outcome.position;
    },
    async readStream(stream, options = {}) {
      checkReadStream(options);
      return inSteps(reader.readStream(stream, options), head);
    },
    async readAll(options = {}) {
      const end = head();
      checkReadAll(options);
      return onDatabase(() => reader.readAll(options, end));
    },
    async head() {
      return BigInt(head());
    },
    subscribe(options) {
      const read = (batch: ReadAll) => onDatabase(() => reader.readAll(batch, head(), batchChars));
      return follow({ growth, head: () => BigInt(head()), read }, options);
    },
    onAppend: (listener) => growth.listen(listener),
    faults: () => faultsIn(files.reader),
    async close() {
      if (closed) return;
      commits.flush();
      closed = true;
      growth.announce();
      files.close();
    },
  };
}
