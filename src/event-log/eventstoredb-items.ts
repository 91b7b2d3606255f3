import {
  streamNameFilter,
  type AllStreamSubscription,
  type Position,
  type ReadPosition,
  type RecordedEvent,
} from '@eventstore/db-client';
import { Unavailable } from '../application/ports.ts';
import { type Connection } from './eventstoredb-connection.ts';
import { noAnswer } from './eventstoredb-errors.ts';

/** What a subscription sends, in order. A checkpoint: all before and at it has been sent. */
export type Item =
  | { readonly event: RecordedEvent }
  | { readonly checkpoint: Position }
  | { readonly caughtUp: true };

export type Items = {
  /** The next item that has arrived, if any. */
  take(): Item | null;
  /** Until there may be something to take; false: not in time. Throws when no more will come. */
  wait(timeoutMs: number): Promise<boolean>;
  readonly close: () => void;
};

export type Watched = {
  readonly fromPosition: ReadPosition;
  readonly prefixes: readonly string[];
  /** The server tells its place after looking at so many events. */
  readonly checkpointEvery: number;
  readonly confirmMs: number;
};

/** Most that is held for a slow consumer; the server waits with the rest. */
const bufferedMost = 256;

/** A subscription to the server's streams with those prefixes. */
export function subscribeItems(
  connection: Connection,
  watched: Watched,
  onSilence: () => void,
): Items {
  const source = open(connection, watched);
  const failures: Error[] = [];
  let wake = (): void => undefined;
  const end = (error: Error): void => {
    failures.push(error);
    wake();
  };
  const throwFailure = (): void => {
    for (const failure of failures) throw failure;
  };
  const unconfirmed = setTimeout(() => {
    onSilence();
    end(noAnswer('a subscription', watched.confirmMs));
  }, watched.confirmMs);
  const retire = (): void => {
    end(new Unavailable('the connection to the event store was given up'));
  };
  source.on('confirmation', () => {
    clearTimeout(unconfirmed);
  });
  source.on('readable', () => {
    wake();
  });
  source.on('error', end);
  source.on('end', () => {
    end(new Unavailable('the event store ended the subscription'));
  });
  if (connection.retired.aborted) retire();
  connection.retired.addEventListener('abort', retire, { once: true });

  return {
    take: () => source.read() as Item | null,
    async wait(timeoutMs) {
      if (source.readableLength > 0) return true;
      throwFailure();
      const arrived = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs, false);
        wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      if (source.readableLength === 0) throwFailure();
      return arrived;
    },
    close: () => {
      clearTimeout(unconfirmed);
      connection.retired.removeEventListener('abort', retire);
      end(new Unavailable('the subscription is over'));
      source.unsubscribe().catch(() => undefined);
      source.destroy();
    },
  };
}

/** Checkpoints are pushed among the events, and so taken in their turn. */
function open(
  { client }: Connection,
  { fromPosition, prefixes, checkpointEvery }: Watched,
): AllStreamSubscription {
  const source = client.subscribeToAll(
    {
      fromPosition,
      filter: streamNameFilter({
        prefixes: [...prefixes],
        maxSearchWindow: checkpointEvery,
        // When this throws, the subscription stands still for ever.
        checkpointReached: (subscription, checkpoint) => void subscription.push({ checkpoint }),
      }),
    },
    { highWaterMark: bufferedMost },
  );
  source.on('caughtUp', () => void source.push({ caughtUp: true }));
  return source;
}
