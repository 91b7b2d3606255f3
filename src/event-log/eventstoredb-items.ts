import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Unavailable } from '../application/ports.ts';
import { type Connection, type ReadCall } from './eventstoredb-connection.ts';
import { asFailure, noAnswer } from './eventstoredb-errors.ts';
import { eventOf, type WireEvent } from './eventstoredb-records.ts';
import { subscriptionToAll, type ReadPlace, type WirePosition } from './eventstoredb-requests.ts';

/** What a subscription sends, in order. A checkpoint: all before and at it has been sent. */
export type Item =
  | { readonly event: WireEvent }
  | { readonly checkpoint: WirePosition }
  | { readonly caughtUp: true };

export type Items = {
  /** The next item that has arrived, if any. */
  take(): Item | null;
  /** Until there may be something to take; false: not in time. Throws when no more will come. */
  wait(timeoutMs: number): Promise<boolean>;
  readonly close: () => void;
};

export type Watched = {
  readonly from: ReadPlace<WirePosition>;
  readonly prefixes: readonly string[];
  /** The server tells its place after looking at so many events. */
  readonly checkpointEvery: number;
  readonly confirmMs: number;
};

/** A subscription to the server's streams with those prefixes. */
export function subscribeItems(
  connection: Connection,
  { from, prefixes, checkpointEvery, confirmMs }: Watched,
  onSilence: () => void,
): Items {
  const opening = connection.read(subscriptionToAll(from, prefixes, checkpointEvery));
  const inbox = createInbox();
  const failures: Error[] = [];
  const bell = createBell();
  const end = (error: Error): void => {
    failures.push(error);
    bell.ring();
  };
  const fail = (error: unknown): void => {
    end(asFailure(error, 'a subscription'));
  };
  const throwFailure = (): void => {
    for (const failure of failures) throw failure;
  };
  const unconfirmed = setTimeout(() => {
    onSilence();
    end(noAnswer('a subscription', confirmMs));
  }, confirmMs);
  const retire = (): void => {
    end(new Unavailable('the connection to the event store was given up'));
  };
  if (connection.retired.aborted) retire();
  connection.retired.addEventListener('abort', retire, { once: true });
  opening.then((call) => {
    call.on('error', fail);
    call.on('end', () => {
      end(new Unavailable('the event store ended the subscription'));
    });
    inbox.fillFrom(call, (reply) => {
      if (reply.hasConfirmation()) clearTimeout(unconfirmed);
      if (inbox.holdsSome()) bell.ring();
    });
  }, fail);

  return {
    take: inbox.take,
    async wait(timeoutMs) {
      if (inbox.holdsSome()) return true;
      throwFailure();
      await bell.heard(timeoutMs);
      // What comes with it is taken with it.
      await nextTurn();
      if (inbox.holdsSome()) return true;
      throwFailure();
      return false;
    },
    close: () => {
      clearTimeout(unconfirmed);
      connection.retired.removeEventListener('abort', retire);
      end(new Unavailable('the subscription is over'));
      opening.then(
        (call) => {
          call.cancel();
        },
        () => undefined,
      );
    },
  };
}

/** What is held for a slow consumer; the server waits with the rest. */
const heldMost = { items: 256, bytes: 4 * 1024 * 1024 };

type Inbox = {
  readonly take: () => Item | null;
  holdsSome(): boolean;
  /** Reports every reply, once what is in it is held. */
  fillFrom(call: ReadCall, onReply: (reply: ReadResp) => void): void;
};

function createInbox(): Inbox {
  let items: Item[] = [];
  let taken = 0;
  let bytes = 0;
  let resume = (): void => undefined;
  return {
    take() {
      const item = items[taken];
      if (item !== undefined) {
        taken += 1;
        return item;
      }
      items = [];
      taken = 0;
      bytes = 0;
      resume();
      return null;
    },
    holdsSome: () => taken < items.length,
    fillFrom(call, onReply) {
      resume = () => {
        if (call.isPaused()) call.resume();
      };
      call.on('data', (reply: ReadResp) => {
        const item = itemOf(reply);
        if (item !== null) items.push(item);
        if (item !== null && 'event' in item) bytes += item.event.bytes;
        if (items.length >= heldMost.items || bytes >= heldMost.bytes) call.pause();
        onReply(reply);
      });
    },
  };
}

type Bell = {
  readonly ring: () => void;
  /** Until it rings, or the time is up. */
  heard(timeoutMs: number): Promise<void>;
};

/** For one who listens. */
function createBell(): Bell {
  let wake = (): void => undefined;
  return {
    ring: () => {
      wake();
    },
    heard: (timeoutMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}

/** Null: nothing that those who follow need. */
function itemOf(reply: ReadResp): Item | null {
  const event = eventOf(reply);
  if (event !== undefined) return { event };
  const checkpoint = reply.getCheckpoint();
  if (checkpoint !== undefined) {
    return {
      checkpoint: {
        commit: BigInt(checkpoint.getCommitPosition()),
        prepare: BigInt(checkpoint.getPreparePosition()),
      },
    };
  }
  return reply.hasCaughtUp() ? { caughtUp: true } : null;
}
