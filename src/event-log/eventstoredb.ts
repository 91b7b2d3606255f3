import { RevisionConflict, Unavailable, type EventLog } from '../application/ports.ts';
import { checkAppend, checkCount, checkReadAll, checkReadStream, checkText } from './checks.ts';
import { createCodec } from './codec.ts';
import { NoAnswer, WrongRevision } from './eventstoredb-batches.ts';
import { createConnections } from './eventstoredb-connection.ts';
import { createNames, identified, positionOf } from './eventstoredb-names.ts';
import { createReadPage } from './eventstoredb-pages.ts';
import { createEventStoreReader } from './eventstoredb-reader.ts';
import { followEventStore } from './eventstoredb-subscription.ts';
import { type Upcasts } from './upcasts.ts';

export type EventStoreLogOptions = {
  /** As the client takes it: esdb://host:2113?tls=false; several hosts: esdb://a,b,c. */
  readonly url: string;
  /** Streams of the server whose name starts with it are this log's; no others are looked at. */
  readonly prefix?: string;
  readonly upcasts?: Upcasts;
  readonly timeouts?: Partial<EventStoreTimeouts>;
};

export type EventStoreTimeouts = {
  /** Until an append without an answer is of unknown outcome. */
  readonly appendMs: number;
  /** Until a page of events has been read, or a subscription was confirmed. */
  readonly readMs: number;
  /** After so long without a word on a subscription, the server is asked whether it has more. */
  readonly quietMs: number;
};

const defaults: EventStoreTimeouts = { appendMs: 10_000, readMs: 10_000, quietMs: 10_000 };

/**
 * The log in an EventStoreDB (from 22.6) or KurrentDB server or cluster. Calls that the server
 * leaves without an answer fail as Unavailable in time, and the next ones go over a new connection.
 */
export function openEventStoreLog(options: EventStoreLogOptions): EventLog {
  const { url, prefix = 'paygo-', upcasts } = options;
  const { appendMs, readMs, quietMs } = { ...defaults, ...options.timeouts };
  checkText(prefix, 'a stream prefix');
  const codec = createCodec(upcasts);
  const names = createNames(prefix);
  const connections = createConnections(url);
  const reader = createEventStoreReader(createReadPage(connections, readMs), names, codec);

  async function lastPosition(stream: string, revision: number): Promise<bigint> {
    const [event] = await reader.readStream(stream, { from: revision, maxCount: 1 });
    if (event === undefined) throw new Unavailable('an appended event cannot be read yet');
    return event.position;
  }

  return {
    async append(stream, expected, events) {
      connections.current();
      checkAppend(stream, expected, events);
      const stored = events.map((event) => {
        const { metadata, ...rest } = codec.encode(event);
        return { ...rest, ...identified(event.id, metadata) };
      });
      const request = { stream: names.outer(stream), expected, events: stored };
      const { revision, prepare } = await connections.use(async (connection) => {
        try {
          return await connection.batches.append(request, appendMs);
        } catch (error) {
          if (error instanceof NoAnswer) connections.retire(connection);
          if (error instanceof WrongRevision) throw new RevisionConflict(stream, error.revision);
          throw error;
        }
      });
      const position =
        prepare === undefined ? await lastPosition(stream, revision) : positionOf({ prepare });
      reader.saw(position);
      return { revision, position };
    },
    async readStream(stream, options = {}) {
      connections.current();
      checkReadStream(options);
      return reader.readStream(stream, options);
    },
    async readAll(options = {}) {
      connections.current();
      checkReadAll(options);
      return reader.readAll(options);
    },
    async head() {
      connections.current();
      return reader.head();
    },
    subscribe(options) {
      const { signal: _signal, batchSize, ...rest } = options;
      checkReadAll(rest);
      if (batchSize !== undefined) checkCount(batchSize, 'batchSize', 1);
      return followEventStore(
        { connections, reader, names, codec, confirmMs: readMs, quietMs },
        options,
      );
    },
    close: () => connections.close(),
  };
}
