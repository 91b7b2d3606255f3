import { type ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { asFailure, noAnswer } from './eventstoredb-errors.ts';
import { type Connections, type ReadCall } from './eventstoredb-connection.ts';
import { eventOf, type WireEvent } from './eventstoredb-records.ts';

/** How many events came, and the last of them. */
export type Page = { readonly count: number; readonly last: WireEvent | undefined };

/** Hands over each event as it comes: nothing is kept that nobody needs. */
export type ReadPage = (request: ReadReq, take: (event: WireEvent) => void) => Promise<Page>;

/**
 * Reads to the end of what is asked for, which must be limited by a count, within one deadline; a
 * connection that gives no answer is given up.
 */
export const createReadPage =
  (connections: Connections, timeoutMs: number): ReadPage =>
  (request, take) =>
    connections.use(async (connection) => {
      const opening = connection.read(request);
      const arriving = opening.then((call) => received(call, take));
      const late = noAnswer('a read', timeoutMs);
      let timer: NodeJS.Timeout | undefined;
      const timedOut = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(reject, timeoutMs, late);
      });
      try {
        return await Promise.race([arriving, timedOut]);
      } catch (error) {
        if (error === late) connections.retire(connection);
        throw asFailure(error, 'a read');
      } finally {
        clearTimeout(timer);
        arriving.catch(() => undefined);
        opening.then(
          (call) => {
            call.cancel();
          },
          () => undefined,
        );
      }
    });

/** There are none of a stream that there is not. */
const received = (call: ReadCall, take: (event: WireEvent) => void): Promise<Page> =>
  new Promise((resolve, reject) => {
    let count = 0;
    let last: WireEvent | undefined;
    call.on('data', (reply: ReadResp) => {
      const event = eventOf(reply);
      if (event === undefined) return;
      count += 1;
      last = event;
      try {
        take(event);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    call.on('error', reject);
    call.on('end', () => {
      resolve({ count, last });
    });
  });
