import { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type StoredEvent } from './codec.ts';
import { type WirePosition } from './eventstoredb-requests.ts';

/** An event as the server sends it, not parsed. */
export type WireEvent = {
  readonly stream: string;
  readonly revision: number;
  /** Undefined: the server is of before 22.6, and gives none for the events of a stream. */
  readonly position: WirePosition | undefined;
  readonly id: string;
  /** Of data and metadata. */
  readonly bytes: number;
  readonly stored: StoredEvent;
};

/** How it says that it gives none. */
const noPosition = '18446744073709551615';

/** Undefined: the reply is no event. */
export function eventOf(reply: ReadResp): WireEvent | undefined {
  const record = reply.getEvent()?.getEvent();
  if (record === undefined) return undefined;
  const prepare = record.getPreparePosition();
  const data = record.getData_asU8();
  const metadata = record.getCustomMetadata_asU8();
  return {
    stream: textOf(record.getStreamIdentifier()?.getStreamName_asU8() ?? nothing),
    revision: Number(record.getStreamRevision()),
    position:
      prepare === noPosition
        ? undefined
        : { commit: BigInt(record.getCommitPosition()), prepare: BigInt(prepare) },
    id: record.getId()?.getString() ?? '',
    bytes: data.length + metadata.length,
    stored: {
      type: record.getMetadataMap().get('type') ?? '',
      data: textOf(data),
      metadata: textOf(metadata),
    },
  };
}

const nothing = new Uint8Array();

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('utf8');
