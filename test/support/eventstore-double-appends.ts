import {
  status,
  type handleBidiStreamingCall,
  type handleClientStreamingCall,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpc from '@eventstore/db-client/generated/status_pb.js';
import streams, {
  type AppendReq,
  type AppendResp,
  type BatchAppendReq,
  type BatchAppendResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import { type DoubleStore, type Expected, type Proposed } from './eventstore-double-store.ts';
import { appendFault, notLeader, refusal, type Faults } from './eventstore-double-faults.ts';

type Served = { readonly store: DoubleStore; readonly faults: Faults };

type Pending = { readonly options: BatchAppendReq.Options; readonly events: Proposed[] };

export type BatchCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

export const batchAppend =
  (
    { store, faults }: Served,
    open: Set<BatchCall>,
  ): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> =>
  (call) => {
    const refused = notLeader(faults);
    if (refused !== undefined) {
      call.emit('error', refused);
      return;
    }
    const pending = new Map<string, Pending>();
    open.add(call);
    call.on('error', () => open.delete(call));
    call.on('cancelled', () => open.delete(call));
    call.on('end', () => {
      open.delete(call);
      call.end();
    });
    call.on('data', (frame: BatchAppendReq) => {
      const id = frame.getCorrelationId()?.getString() ?? '';
      const options = frame.getOptions();
      if (options !== undefined) pending.set(id, { options, events: [] });
      const append = pending.get(id);
      append?.events.push(...frame.getProposedMessagesList().map(proposed));
      if (append === undefined || !frame.getIsFinal()) return;
      pending.delete(id);
      const answer = answerTo({ store, faults }, frame, append);
      if (answer === undefined) return;
      if (faults.replyDelayMs === 0) call.write(answer);
      else setTimeout(() => void call.write(answer), faults.replyDelayMs).unref();
    });
  };

/** Undefined: it is left without an answer. */
function answerTo(
  { store, faults }: Served,
  frame: BatchAppendReq,
  { options, events }: Pending,
): BatchAppendResp | undefined {
  const stream = nameOf(options.getStreamIdentifier());
  const reply = new streams.BatchAppendResp()
    .setCorrelationId(frame.getCorrelationId())
    .setStreamIdentifier(options.getStreamIdentifier());
  const fault = appendFault(faults, stream);
  if (fault === 'ignore') return undefined;
  if (faults.appendError !== null) {
    return reply.setError(failure(faults.appendError, new empty.Empty(), 'google.protobuf.Empty'));
  }
  if (sizeOf(events) > faults.maxAppendBytes) {
    const exceeded = new shared.MaximumAppendSizeExceeded().setMaxappendsize(faults.maxAppendBytes);
    return reply.setError(
      failure('too large', exceeded, 'event_store.client.MaximumAppendSizeExceeded'),
    );
  }
  const judged = store.append(stream, expectedOf(options), events);
  if (fault === 'lose') return undefined;
  if ('wrongExpectedVersion' in judged) {
    const { wrongExpectedVersion: at } = judged;
    const wrong = new shared.WrongExpectedVersion();
    if (at === -1) wrong.setCurrentNoStream(new empty.Empty());
    else wrong.setCurrentStreamRevision(String(at));
    return reply.setError(
      failure('wrong expected version', wrong, 'event_store.client.WrongExpectedVersion'),
    );
  }
  const position = new shared.AllStreamPosition()
    .setCommitPosition(String(judged.position))
    .setPreparePosition(String(judged.position));
  return reply.setSuccess(
    new streams.BatchAppendResp.Success()
      .setCurrentRevision(String(judged.revision))
      .setPosition(position),
  );
}

/** The slower road: a call for each append. */
export const append =
  ({ store, faults }: Served): handleClientStreamingCall<AppendReq, AppendResp> =>
  (call, callback) => {
    let options: AppendReq.Options | undefined;
    const events: Proposed[] = [];
    call.on('data', (frame: AppendReq) => {
      options ??= frame.getOptions();
      const message = frame.getProposedMessage();
      if (message !== undefined) events.push(proposed(message));
    });
    call.on('end', () => {
      const refused = notLeader(faults) ?? tooLarge(faults, events);
      if (refused !== undefined || options === undefined) {
        callback(refused ?? refusal(status.INVALID_ARGUMENT, 'no options', {}));
        return;
      }
      const stream = nameOf(options.getStreamIdentifier());
      const fault = appendFault(faults, stream);
      if (fault === 'ignore') return;
      const judged = store.append(stream, expectedOf(options), events);
      if (fault === 'lose') return;
      callback(null, responseOf(judged));
    });
  };

function responseOf(judged: ReturnType<DoubleStore['append']>): AppendResp {
  const response = new streams.AppendResp();
  if ('wrongExpectedVersion' in judged) {
    const wrong = new streams.AppendResp.WrongExpectedVersion();
    if (judged.wrongExpectedVersion === -1) wrong.setCurrentNoStream(new shared.Empty());
    else wrong.setCurrentRevision(String(judged.wrongExpectedVersion));
    return response.setWrongExpectedVersion(wrong);
  }
  const position = new streams.AppendResp.Position()
    .setCommitPosition(String(judged.position))
    .setPreparePosition(String(judged.position));
  return response.setSuccess(
    new streams.AppendResp.Success()
      .setCurrentRevision(String(judged.revision))
      .setPosition(position),
  );
}

const tooLarge = ({ maxAppendBytes }: Faults, events: readonly Proposed[]) =>
  sizeOf(events) <= maxAppendBytes
    ? undefined
    : refusal(status.INVALID_ARGUMENT, 'Maximum Append Size Exceeded', {
        exception: 'maximum-append-size-exceeded',
        'maximum-append-size': String(maxAppendBytes),
      });

type Message = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

const proposed = (message: Message): Proposed => ({
  id: message.getId()?.getString() ?? '',
  type: message.getMetadataMap().get('type') ?? '',
  contentType: message.getMetadataMap().get('content-type') ?? '',
  data: message.getData_asU8(),
  metadata: message.getCustomMetadata_asU8(),
});

const sizeOf = (events: readonly Proposed[]): number =>
  events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);

function expectedOf(options: AppendReq.Options | BatchAppendReq.Options): Expected {
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return Number(
    'getStreamPosition' in options ? options.getStreamPosition() : options.getRevision(),
  );
}

export const nameOf = (identifier: { getStreamName_asU8(): Uint8Array } | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');

function failure(message: string, details: { serializeBinary(): Uint8Array }, type: string) {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), type);
  return new rpc.Status().setMessage(message).setDetails(packed);
}
