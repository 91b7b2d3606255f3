import { randomUUID } from 'node:crypto';
import shared, { type WrongExpectedVersion } from '@eventstore/db-client/generated/shared_pb.js';
import { type Status } from '@eventstore/db-client/generated/status_pb.js';
import {
  type BatchAppendReq,
  type BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import { type ClientDuplexStream } from '@grpc/grpc-js';
import { Unavailable } from '../application/ports.ts';
import { framesOf, type WireAppend } from './eventstoredb-frames.ts';
import { asFailure, noAnswer, tooLarge } from './eventstoredb-errors.ts';

export type BatchStream = ClientDuplexStream<BatchAppendReq, BatchAppendResp>;

/** Where the append ended; no position: the server did not say. */
export type WireAppended = { readonly revision: number; readonly prepare: bigint | undefined };

/** The stream stands at another revision, -1: it has no events. */
export class WrongRevision extends Error {
  override readonly name = 'WrongRevision';
  readonly revision: number;
  constructor(revision: number) {
    super(`the stream stands at revision ${String(revision)}`);
    this.revision = revision;
  }
}

/** No answer came in time: whether the append was written is unknown. */
export class NoAnswer extends Unavailable {}

/**
 * Appends over one stream of requests, many at a time and in the order they were given. The
 * client's own appends travel alike, but have no deadline, fail with those of any other client, and
 * end the process when a connection breaks while some still wait to be sent: their rejections are
 * handled by nobody.
 */
export type Batches = {
  append(append: WireAppend, timeoutMs: number): Promise<WireAppended>;
  /** Rejects what still waits. */
  close(): void;
};

type Pending = {
  readonly resolve: (appended: WireAppended) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
};

/** One stream of requests. */
type Line = Batches & {
  /** It has broken, or given no answer in time: it takes no more appends. */
  isStale(): boolean;
};

export function createBatches(openStream: () => Promise<BatchStream>): Batches {
  const lines = new Set<Line>();

  function usable(): Line {
    for (const line of lines) if (!line.isStale()) return line;
    const line = openLine(openStream(), () => lines.delete(line));
    lines.add(line);
    return line;
  }

  return {
    append: (append, timeoutMs) => usable().append(append, timeoutMs),
    close() {
      for (const line of lines) line.close();
    },
  };
}

/** A stale line ends with the last append that waits on it. */
function openLine(opening: Promise<BatchStream>, onEnd: () => void): Line {
  const pending = new Map<string, Pending>();
  let stale = false;

  function settle(id: string): Pending | undefined {
    const waiting = pending.get(id);
    if (waiting === undefined) return undefined;
    clearTimeout(waiting.timer);
    pending.delete(id);
    if (stale && pending.size === 0) hangUp();
    return waiting;
  }

  function end(error: unknown): void {
    stale = true;
    onEnd();
    for (const id of [...pending.keys()]) settle(id)?.reject(asFailure(error, 'an append'));
  }

  function hangUp(): void {
    stale = true;
    onEnd();
    opening.then(
      (stream) => {
        stream.cancel();
      },
      () => undefined,
    );
  }

  opening.then((stream) => {
    stream.on('data', (reply: BatchAppendResp) => {
      const waiting = settle(reply.getCorrelationId()?.getString() ?? '');
      const error = reply.getError();
      if (error === undefined) waiting?.resolve(appendedOf(reply));
      else waiting?.reject(refusal(error));
    });
    stream.on('error', end);
    stream.on('end', () => {
      stream.end();
      end(new Unavailable('the event store ended the stream of appends'));
    });
  }, end);

  function append(request: WireAppend, timeoutMs: number): Promise<WireAppended> {
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      const timer = setTimeout(() => {
        stale = true;
        settle(id)?.reject(new NoAnswer(noAnswer('an append', timeoutMs).message));
      }, timeoutMs);
      pending.set(id, { resolve, reject, timer });
      opening.then(
        (stream) => {
          if (!pending.has(id)) return;
          for (const frame of framesOf(id, request)) stream.write(frame);
        },
        () => undefined,
      );
    });
  }

  return {
    append,
    isStale: () => stale,
    close() {
      end(new Unavailable('the event log is closed'));
      hangUp();
    },
  };
}

function appendedOf(reply: BatchAppendResp): WireAppended {
  const success = reply.getSuccess();
  const position = success?.getPosition();
  return {
    revision: Number(success?.getCurrentRevision() ?? -1),
    prepare: position === undefined ? undefined : BigInt(position.getPreparePosition()),
  };
}

function refusal(error: Status): Error {
  const details = error.getDetails();
  const name = details?.getTypeName() ?? '';
  switch (name) {
    case 'event_store.client.WrongExpectedVersion': {
      const conflict = details?.unpack<WrongExpectedVersion>(
        (bytes) => shared.WrongExpectedVersion.deserializeBinary(bytes),
        name,
      );
      const stands = conflict?.hasCurrentStreamRevision() === true;
      return new WrongRevision(stands ? Number(conflict.getCurrentStreamRevision()) : -1);
    }
    case 'event_store.client.MaximumAppendSizeExceeded': {
      const exceeded = details?.unpack(
        (bytes) => shared.MaximumAppendSizeExceeded.deserializeBinary(bytes),
        name,
      );
      return tooLarge(exceeded?.getMaxappendsize() ?? null);
    }
    case 'event_store.client.MaximumAppendEventSizeExceeded':
      return tooLarge(null);
    case 'event_store.client.StreamDeleted':
      return new Error('the event store refused an append: the stream is deleted for good');
    default:
      return new Unavailable(
        `the event store did not append: ${[name, error.getMessage()].filter(Boolean).join(' ')}`,
      );
  }
}
