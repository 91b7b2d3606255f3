import stringify from 'safe-stable-stringify';
import {
  type DomainEvent,
  type Metadata,
  type Recorded,
  type StoredTexts,
} from '../kernel/recorded.ts';
import { WrittenEvent, type NewEvent } from '../application/ports.ts';
import { assertJson } from './json.ts';
import { knownUpcasts, type JsonObject, type Upcasts } from './upcasts.ts';

export type StoredEvent = StoredTexts;

export type Codec = {
  /** Throws when JSON cannot hold the event, or when it is not of its type's present version. */
  encode(event: Pick<NewEvent, 'event' | 'metadata'>): StoredEvent;
  /** The event in its type's present version; throws when it was stored in a later one. */
  decode(stored: StoredEvent): Decoded;
};

type Decoded = { readonly event: DomainEvent; readonly metadata: Metadata };

type Place = Omit<Recorded, 'event' | 'metadata' | 'stored'>;

/** The event in its place; keeps: with its stored texts, decoded when it is looked at. */
export function recordedAt(
  codec: Codec,
  place: Place,
  stored: StoredEvent,
  keeps: boolean | undefined,
): Recorded {
  if (keeps !== true) return { ...place, ...codec.decode(stored) };
  let decoded: Decoded | undefined;
  const decode = (): Decoded => (decoded ??= codec.decode(stored));
  return {
    ...place,
    stored,
    get event() {
      return decode().event;
    },
    get metadata() {
      return decode().metadata;
    },
  };
}

export function createCodec(upcasts: Upcasts = knownUpcasts): Codec {
  const stepsOf = new Map(Object.entries(upcasts));
  const presentVersion = (type: string): number => (stepsOf.get(type)?.length ?? 0) + 1;

  function revive(type: string, data: JsonObject, stored: JsonObject): Decoded {
    const metadata = stored as Metadata;
    const present = presentVersion(type);
    if (metadata.version === present) return { event: { ...data, type }, metadata };
    if (!(metadata.version >= 1 && metadata.version < present)) {
      throw new RangeError(
        `${type} is stored in version ${String(metadata.version)}; known are 1 to ${String(present)}`,
      );
    }
    const steps = stepsOf.get(type)?.slice(metadata.version - 1) ?? [];
    const current = steps.reduce((older, upcast) => upcast(older), data);
    return { event: { ...current, type }, metadata: { ...metadata, version: present } };
  }

  return {
    encode({ event, metadata }) {
      const { type } = event;
      if (typeof type !== 'string' || type === '') throw new TypeError('an event needs a type');
      const present = presentVersion(type);
      if (metadata.version !== present) {
        throw new RangeError(
          `${type} is written in version ${String(present)}, not ${String(metadata.version)}`,
        );
      }
      return {
        type,
        data: event instanceof WrittenEvent ? event.data : dataText(event),
        metadata: metadataText(metadata) ?? canonical(metadata, `${type}'s metadata`),
      };
    },

    decode: ({ type, data, metadata }) =>
      revive(type, JSON.parse(data) as JsonObject, JSON.parse(metadata) as JsonObject),
  };
}

function dataText({ type, ...data }: DomainEvent): string {
  return canonical(data, type);
}

function canonical(value: object, name: string): string {
  assertJson(value, name);
  return stringify(value);
}

const required = 4;

/** The canonical JSON of metadata of the usual shape, of which usage brings very much. */
function metadataText(metadata: Metadata): string | undefined {
  const { actor, recordedAt, requestIds, requestOffsets, version } = metadata;
  const fields = Object.keys(metadata).length;
  const isUsual =
    fields === (requestOffsets === undefined ? required : required + 1) &&
    typeof actor === 'string' &&
    typeof recordedAt === 'string' &&
    Array.isArray(requestIds) &&
    requestIds.every((id) => typeof id === 'string') &&
    (requestOffsets?.every(Number.isInteger) ?? true);
  if (!isUsual) return undefined;
  return requestOffsets === undefined
    ? JSON.stringify({ actor, recordedAt, requestIds, version })
    : JSON.stringify({ actor, recordedAt, requestIds, requestOffsets, version });
}
