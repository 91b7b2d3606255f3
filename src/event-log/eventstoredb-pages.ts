import { type Readable } from 'node:stream';
import { type ResolvedEvent, type RecordedEvent } from '@eventstore/db-client';
import { asFailure, isNoStream, noAnswer } from './eventstoredb-errors.ts';
import { type Connection, type Connections } from './eventstoredb-connection.ts';

/** A read of the client: it must be cancelled, or its call stays open on the server. */
type Reading = Readable & { cancel(): Promise<void> };

export type ReadPage = (
  open: (client: Connection['client']) => Reading,
) => Promise<readonly RecordedEvent[]>;

/**
 * Reads to the end of what is opened, which must be limited by a count, within one deadline; a
 * connection that gives no answer is given up.
 */
export const createReadPage =
  (connections: Connections, timeoutMs: number): ReadPage =>
  (open) =>
    connections.use(async (connection) => {
      const reading = open(connection.client);
      // The client reports a broken connection also after the loop below has let go.
      reading.on('error', () => undefined);
      const late = noAnswer('a read', timeoutMs);
      const timer = setTimeout(() => reading.destroy(late), timeoutMs);
      try {
        const events: RecordedEvent[] = [];
        for await (const { event } of reading as AsyncIterable<ResolvedEvent>) {
          if (event !== undefined) events.push(event);
        }
        return events;
      } catch (error) {
        if (isNoStream(error)) return [];
        if (error === late) connections.retire(connection);
        throw asFailure(error, 'a read');
      } finally {
        clearTimeout(timer);
        reading.cancel().catch(() => undefined);
      }
    });
