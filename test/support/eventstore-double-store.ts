import { EventEmitter } from 'node:events';

/** An event as it comes in. */
export type Proposed = {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

export type Stored = Proposed & {
  readonly stream: string;
  readonly revision: number;
  /** Commit and prepare position at once, as of every event that is appended over gRPC. */
  readonly position: bigint;
  readonly createdTicks: string;
};

export type Expected = number | 'no_stream' | 'any' | 'stream_exists';

export type Judged =
  | { readonly revision: number; readonly position: bigint }
  /** Stands at that revision; -1: no such stream. */
  | { readonly wrongExpectedVersion: number };

/** What a server holds: it outlives its restarts. */
export type DoubleStore = {
  readonly all: readonly Stored[];
  append(stream: string, expected: Expected, events: readonly Proposed[]): Judged;
  /** The stream's events that can be read; undefined: there is no such stream. */
  stream(name: string): readonly Stored[] | undefined;
  /** Soft: what was there cannot be read any more, and revisions go on behind it. */
  delete(stream: string): void;
  /** As after a restart: the ids of recent events, which `any` goes by, are gone. */
  forgetRecent(): void;
  onAppended(listener: () => void): () => void;
};

/** As large as a record's header, so that positions lie apart as the server's do. */
const headerBytes = 60n;

type Stream = { readonly events: Stored[]; truncatedBefore: number; deleted: boolean };

/**
 * Expected revisions and idempotency as the server has them: a number or no_stream is compared with
 * the ids that are kept for good; any and stream_exists only with those it remembers.
 */
export function createDoubleStore(): DoubleStore {
  const all: Stored[] = [];
  const streams = new Map<string, Stream>();
  const recent = new Map<string, Stored>();
  const growth = new EventEmitter().setMaxListeners(0);
  let end = 1000n;

  const recentKey = (stream: string, id: string): string => `${id} ${stream}`;

  function write(name: string, events: readonly Proposed[]): Judged {
    const stream = streams.get(name) ?? { events: [], truncatedBefore: 0, deleted: false };
    streams.set(name, stream);
    stream.deleted = false;
    for (const event of events) {
      const stored: Stored = {
        ...event,
        stream: name,
        revision: stream.events.length,
        position: end,
        createdTicks: '17000000000000000',
      };
      end += headerBytes + BigInt(event.data.length + event.metadata.length);
      stream.events.push(stored);
      all.push(stored);
      recent.set(recentKey(name, event.id), stored);
    }
    growth.emit('appended');
    return last(stream.events.length - 1, stream);
  }

  function append(name: string, expected: Expected, events: readonly Proposed[]): Judged {
    const stream = streams.get(name);
    const exists = stream !== undefined && !stream.deleted;
    const at = (stream?.events.length ?? 0) - 1;
    const conflict = { wrongExpectedVersion: exists ? at : -1 };
    if (expected === 'any' || expected === 'stream_exists') {
      const known = events.map(({ id }) => recent.get(recentKey(name, id)));
      if (stream === undefined || known[0] === undefined) {
        return expected === 'any' || exists ? write(name, events) : conflict;
      }
      const latest = known.at(-1);
      return known.includes(undefined) || latest === undefined
        ? conflict
        : last(latest.revision, stream);
    }
    const foundation = expected === 'no_stream' ? -1 : expected;
    if (foundation === at || (foundation === -1 && !exists)) return write(name, events);
    if (foundation > at || stream === undefined) return conflict;
    const isRetry = events.every(
      ({ id }, index) => stream.events[foundation + 1 + index]?.id === id,
    );
    return isRetry ? last(foundation + events.length, stream) : conflict;
  }

  return {
    all,
    append,
    stream(name) {
      const stream = streams.get(name);
      if (stream === undefined || stream.deleted) return undefined;
      return stream.events.slice(stream.truncatedBefore);
    },
    delete(name) {
      const stream = streams.get(name);
      if (stream === undefined) return;
      stream.deleted = true;
      stream.truncatedBefore = stream.events.length;
    },
    forgetRecent: () => recent.clear(),
    onAppended(listener) {
      growth.on('appended', listener);
      return () => void growth.off('appended', listener);
    },
  };
}

function last(revision: number, { events }: Stream): Judged {
  const event = events[revision];
  if (event === undefined) throw new Error('the stream has that revision');
  return { revision, position: event.position };
}
