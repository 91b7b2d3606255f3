import {
  RevisionConflict,
  Unavailable,
  type Appended,
  type EventLog,
  type ExpectedRevision,
  type Keeping,
  type LogBatch,
  type LogFilter,
  type NewEvent,
  type ReadAll,
  type ReadStream,
} from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { checkAppend, checkReadAll, checkReadStream } from './checks.ts';
import { createCodec, recordedAt, type StoredEvent } from './codec.ts';
import { judge } from './expectation.ts';
import { createGrowth, follow } from './follow.ts';
import { type Upcasts } from './upcasts.ts';

type Entry = EventReference & StoredEvent & { readonly id: string; readonly position: bigint };

/**
 * A log that lives as long as its process. Events are kept as JSON, so that nobody can change them.
 */
export function memoryLog({ upcasts }: { readonly upcasts?: Upcasts } = {}): EventLog {
  const codec = createCodec(upcasts);
  const entries: Entry[] = [];
  const streams = new Map<string, Entry[]>();
  const growth = createGrowth();
  let closed = false;

  const recorded =
    (keeps: boolean | undefined) =>
    ({ position, stream, revision, id, ...stored }: Entry): Recorded =>
      recordedAt(codec, { position, stream, revision, id }, stored, keeps);

  const head = (): bigint => {
    if (closed) throw new Unavailable('the event log is closed');
    return BigInt(entries.length);
  };

  function append(name: string, expected: ExpectedRevision, events: readonly NewEvent[]): Appended {
    head();
    checkAppend(name, expected, events);
    const added = events.map((event) => ({ id: event.id, ...codec.encode(event) }));
    const stream = streams.get(name) ?? [];
    const ids = added.map(({ id }) => id);
    const verdict = judge(expected, stream.length - 1, ids, (revision) => stream[revision]?.id);
    if (verdict === 'conflict') throw new RevisionConflict(name, stream.length - 1);
    if (verdict === 'write') {
      streams.set(name, stream);
      for (const event of added) {
        const position = head() + 1n;
        const entry = { ...event, stream: name, revision: stream.length, position };
        entries.push(entry);
        stream.push(entry);
      }
      growth.announce();
    }
    const revision = verdict === 'write' ? stream.length - 1 : verdict.writtenThrough;
    const { position } = present(stream[revision], 'the revision was just written or found');
    return { revision, position };
  }

  function readAll(options: ReadAll & Keeping): LogBatch {
    const end = head();
    checkReadAll(options);
    const { after = 0n, maxCount = Infinity } = options;
    const found = entries.slice(Number(after)).filter(isFrom(options)).slice(0, maxCount);
    const last = found.length === maxCount ? found.at(-1) : undefined;
    const looked = after > end ? after : end;
    return { events: found.map(recorded(options.stored)), through: last?.position ?? looked };
  }

  return {
    append: async (stream, expected, events) => append(stream, expected, events),
    async readStream(stream, options = {}) {
      head();
      checkReadStream(options);
      return inOrder(streams.get(stream) ?? [], options).map(recorded(options.stored));
    },
    readAll: async (options = {}) => readAll(options),
    head: async () => head(),
    subscribe: (options) => follow({ growth, head, read: readAll }, options),
    async close() {
      closed = true;
      growth.announce();
    },
  };
}

const isFrom =
  ({ streamPrefixes }: LogFilter) =>
  ({ stream }: Entry): boolean =>
    streamPrefixes?.some((prefix) => stream.startsWith(prefix)) ?? true;

function inOrder(
  stream: readonly Entry[],
  { direction = 'forwards', from, maxCount = Infinity }: ReadStream,
): readonly Entry[] {
  if (direction === 'forwards') return stream.slice(from ?? 0).slice(0, maxCount);
  const end = from === undefined ? stream.length : from + 1;
  return stream.slice(0, end).reverse().slice(0, maxCount);
}
