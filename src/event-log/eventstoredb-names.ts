import { fingerprint } from '../kernel/ids.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { recordedAt, type Codec } from './codec.ts';
import { type WireEvent } from './eventstoredb-records.ts';
import { type ReadPlace, type WirePosition } from './eventstoredb-requests.ts';

/**
 * A position of the port is twice that of the event's record in the server's log, plus one. Each
 * event that is appended over gRPC is a record of its own, also among those appended with it, whose
 * commit and prepare position are both where it lies; so positions are unique and rise. An even
 * number lies right before the event, which is what `position - 1n` then means.
 */
export const positionOf = ({ prepare }: Pick<WirePosition, 'prepare'>): bigint => prepare * 2n + 1n;

/** Where the server starts reading, to give what lies after that position of the port. */
export function startAfter(after: bigint): ReadPlace<WirePosition> {
  if (after < 2n) return 'start';
  const record = after / 2n;
  return { commit: record, prepare: after % 2n === 1n ? record : 0n };
}

/** The server's streams that are this log's: their names start with the prefix. */
export type Names = {
  readonly prefix: string;
  readonly outer: (stream: string) => string;
  /** The port's name of a stream; undefined: it is another's. */
  readonly inner: (stream: string) => string | undefined;
};

export const createNames = (prefix: string): Names => ({
  prefix,
  outer: (stream) => `${prefix}${stream}`,
  inner: (stream) => (stream.startsWith(prefix) ? stream.slice(prefix.length) : undefined),
});

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The server takes UUIDs only; any other id is kept in the metadata under this name. */
const keptId = 'eventId';
const keptIdOpening = `{"${keptId}":`;

/** The event's id for the server, and its metadata, which hold the id when that is no UUID. */
export function identified(
  id: string,
  metadata: string,
): { readonly id: string; readonly metadata: string } {
  if (uuid.test(id)) return { id, metadata };
  const digits = fingerprint('event', id);
  const parts = [0, 8, 12, 16, 20].map((start, index) =>
    digits.slice(start, [8, 12, 16, 20, 32][index]),
  );
  return {
    id: parts.join('-'),
    metadata: `${keptIdOpening}${JSON.stringify(id)},${metadata.slice(1)}`,
  };
}

/** The event as the port gives it, in the stream of that name; keeps: with its stored texts. */
export function recorded(
  codec: Codec,
  stream: string,
  event: WireEvent,
  keeps?: boolean,
): Recorded {
  const { position, revision } = event;
  if (position === undefined) {
    throw new Error('the event store gives no positions: it needs to be of version 22.6 or later');
  }
  const { id, stored } = own(event);
  return recordedAt(codec, { position: positionOf(position), stream, revision, id }, stored, keeps);
}

/** The event's own id and texts, without what was put in for the server. */
function own({ id, stored }: WireEvent): Pick<WireEvent, 'id' | 'stored'> {
  const { metadata } = stored;
  if (!metadata.startsWith(keptIdOpening)) return { id, stored };
  const { [keptId]: kept } = JSON.parse(metadata) as Readonly<Record<string, unknown>>;
  const opening = `${keptIdOpening}${JSON.stringify(kept)},`;
  return {
    id: String(kept),
    stored: { ...stored, metadata: `{${metadata.slice(opening.length)}` },
  };
}

/** The log's own stream and position of the event; undefined: it is another's. */
export function placed(
  names: Names,
  event: WireEvent,
): { readonly stream: string; readonly position: bigint } | undefined {
  const stream = names.inner(event.stream);
  if (stream === undefined || event.position === undefined) return undefined;
  return { stream, position: positionOf(event.position) };
}
