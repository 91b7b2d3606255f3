import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import timestamp from 'google-protobuf/google/protobuf/timestamp_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import { type ExpectedRevision } from '../application/ports.ts';
import { type StoredEvent } from './codec.ts';

/** An append in the server's names. */
export type WireAppend = {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly (StoredEvent & { readonly id: string })[];
};

/** A request is cut into frames of about this size; all of them are still one append. */
const frameBytes = 1024 * 1024;

/**
 * The server cuts the deadline down to its own write timeout. It is told as a time of day, so that
 * a nearer one would fail all appends of a machine whose clock is behind.
 */
const deadlineMs = 24 * 60 * 60 * 1000;

export function* framesOf(id: string, append: WireAppend): Generator<BatchAppendReq> {
  const correlation = uuid(id);
  const frame = (): BatchAppendReq => new streams.BatchAppendReq().setCorrelationId(correlation);
  let open = frame().setOptions(optionsOf(append));
  let bytes = 0;
  for (const event of append.events) {
    const data = Buffer.from(event.data);
    const metadata = Buffer.from(event.metadata);
    const size = data.length + metadata.length;
    if (bytes > 0 && bytes + size > frameBytes) {
      yield open;
      open = frame();
      bytes = 0;
    }
    bytes += size;
    const message = new streams.BatchAppendReq.ProposedMessage()
      .setId(uuid(event.id))
      .setData(data)
      .setCustomMetadata(metadata);
    message.getMetadataMap().set('type', event.type);
    message.getMetadataMap().set('content-type', 'application/json');
    open.addProposedMessages(message);
  }
  yield open.setIsFinal(true);
}

function optionsOf({ stream, expected }: WireAppend): BatchAppendReq.Options {
  const options = new streams.BatchAppendReq.Options()
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)))
    .setDeadline(timestamp.Timestamp.fromDate(new Date(Date.now() + deadlineMs)));
  if (expected === 'any') return options.setAny(new empty.Empty());
  if (expected === 'no_stream') return options.setNoStream(new empty.Empty());
  return options.setStreamPosition(String(expected));
}

const uuid = (text: string) => new shared.UUID().setString(text);
