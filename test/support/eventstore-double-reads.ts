import { setTimeout as delay } from 'node:timers/promises';
import { type handleServerStreamingCall, type ServerWritableStream } from '@grpc/grpc-js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, {
  type ReadReq,
  type ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import { type DoubleStore, type Stored } from './eventstore-double-store.ts';
import { nameOf } from './eventstore-double-appends.ts';
import { notLeader, type Faults } from './eventstore-double-faults.ts';

type Served = {
  readonly store: DoubleStore;
  readonly faults: Faults;
  readonly sent: { events: number };
};
type Call = ServerWritableStream<ReadReq, ReadResp>;

export const read =
  (served: Served): handleServerStreamingCall<ReadReq, ReadResp> =>
  (call) => {
    const refused = notLeader(served.faults);
    const options = call.request.getOptions();
    if (refused !== undefined || options === undefined) {
      call.emit('error', refused ?? new Error('no options'));
      return;
    }
    if (served.faults.readsSilent) return;
    const serving = options.hasSubscription()
      ? subscription(served, call, options)
      : answered(served, call, options);
    serving.catch((error: unknown) => {
      call.emit('error', error);
    });
  };

async function answered({ store, faults, sent }: Served, call: Call, options: ReadReq.Options) {
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const count = Number(options.getCount());
  const chosen = options.hasAll()
    ? ofAll(store.all, options.getAll(), backwards)
    : ofStream(store, options.getStream(), backwards);
  if (chosen === undefined) {
    const identifier = options.getStream()?.getStreamIdentifier();
    const missing = new streams.ReadResp.StreamNotFound().setStreamIdentifier(identifier);
    await send(call, new streams.ReadResp().setStreamNotFound(missing));
  }
  for (const event of chosen?.slice(0, count) ?? []) {
    if (call.cancelled) return;
    if (faults.readDelayMs > 0) await delay(faults.readDelayMs);
    sent.events += 1;
    await send(call, eventMessage(event));
  }
  call.end();
}

/** Forwards from a position on, it included; backwards from before it. */
function ofAll(
  all: readonly Stored[],
  options: ReadReq.Options.AllOptions | undefined,
  backwards: boolean,
): readonly Stored[] {
  const place = options?.getPosition();
  if (place === undefined) {
    if (options?.hasEnd() === true) return backwards ? all.toReversed() : [];
    return backwards ? [] : all;
  }
  const commit = BigInt(place.getCommitPosition());
  if (!backwards) return all.slice(firstFrom(all, commit));
  return all.slice(0, firstFrom(all, commit)).reverse();
}

function ofStream(
  store: DoubleStore,
  options: ReadReq.Options.StreamOptions | undefined,
  backwards: boolean,
): readonly Stored[] | undefined {
  const events = store.stream(nameOf(options?.getStreamIdentifier()));
  if (events === undefined || options === undefined) return undefined;
  const from = options.hasRevision() ? Number(options.getRevision()) : undefined;
  if (backwards) return events.filter(({ revision }) => revision <= (from ?? Infinity)).reverse();
  if (options.hasEnd()) return [];
  return events.filter(({ revision }) => revision >= (from ?? 0));
}

/** The server's default for both: a page, and the events that a filter looks at in one. */
const pageEvents = 32;

async function subscription({ store, faults, sent }: Served, call: Call, options: ReadReq.Options) {
  const all = options.getAll();
  const place = all?.getPosition();
  const wanted = filterOf(options.getFilter());
  const window = options.getFilter()?.getMax() ?? 0;
  const interval =
    (window === 0 ? pageEvents : window) *
    (options.getFilter()?.getCheckpointintervalmultiplier() ?? 1);
  await send(
    call,
    new streams.ReadResp().setConfirmation(
      new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId('subscription'),
    ),
  );
  let next = all?.hasEnd() === true ? store.all.length : 0;
  if (place !== undefined) {
    const commit = BigInt(place.getCommitPosition());
    // Exclusive: only what lies right before the record, at prepare position 0, includes it.
    const including = BigInt(place.getPreparePosition()) < commit;
    next = firstFrom(store.all, including ? commit : commit + 1n);
  }
  let looked = 0;
  let live = false;
  while (!call.cancelled) {
    if (faults.subscriptionsStall) return;
    const event = store.all[next];
    if (event === undefined) {
      if (!live) {
        await sendEndOfLog(call, store, options.hasFilter());
        live = true;
        looked = 0;
      }
      await growth(store, call, next);
      continue;
    }
    next += 1;
    looked += 1;
    if (wanted(event)) {
      if (faults.readDelayMs > 0) await delay(faults.readDelayMs);
      sent.events += 1;
      await send(call, eventMessage(event));
    }
    if (options.hasFilter() && looked >= interval) {
      looked = 0;
      await send(call, checkpointMessage(event.position, event.position));
    }
  }
}

/** At its end, the log's place is the one behind its last record, with prepare position 0. */
async function sendEndOfLog(call: Call, store: DoubleStore, filtered: boolean): Promise<void> {
  const last = store.all.at(-1);
  if (filtered && last !== undefined) {
    const end = last.position + 60n + BigInt(last.data.length + last.metadata.length);
    await send(call, checkpointMessage(end, 0n));
  }
  await send(call, new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp()));
}

function growth(store: DoubleStore, call: Call, length: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      forget();
      call.off('cancelled', done);
      resolve();
    };
    const forget = store.onAppended(done);
    call.on('cancelled', done);
    if (call.cancelled || store.all.length > length) done();
  });
}

function filterOf(filter: ReadReq.Options.FilterOptions | undefined): (event: Stored) => boolean {
  if (filter === undefined) return () => true;
  const expression = filter.getStreamIdentifier() ?? filter.getEventType();
  const textOf = ({ stream, type }: Stored): string =>
    filter.hasStreamIdentifier() ? stream : type;
  const prefixes = expression?.getPrefixList() ?? [];
  const regex = expression?.getRegex() ?? '';
  if (regex !== '') return (event) => new RegExp(regex, 'u').test(textOf(event));
  return (event) => prefixes.some((prefix) => textOf(event).startsWith(prefix));
}

/** The first event that does not lie before the position. */
function firstFrom(all: readonly Stored[], position: bigint): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.position ?? 0n) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function send(call: Call, message: ReadResp): Promise<void> {
  if (call.cancelled || call.write(message)) return;
  await new Promise<void>((resolve) => {
    const happenings = ['drain', 'cancelled', 'close'];
    const done = (): void => {
      for (const happening of happenings) call.off(happening, done);
      resolve();
    };
    for (const happening of happenings) call.on(happening, done);
  });
}

const checkpointMessage = (commit: bigint, prepare: bigint): ReadResp =>
  new streams.ReadResp().setCheckpoint(
    new streams.ReadResp.Checkpoint()
      .setCommitPosition(String(commit))
      .setPreparePosition(String(prepare)),
  );

type Kept = { readonly data: Stored['data']; readonly message: ReadResp };
const messages = new WeakMap<Stored, Kept>();

/** Serialised once: as from a server that keeps what it was sent, others read it for little. */
function eventMessage(event: Stored): ReadResp {
  const kept = messages.get(event);
  if (kept?.data === event.data) return kept.message;
  const message = newEventMessage(event);
  const bytes = message.serializeBinary();
  message.serializeBinary = () => bytes;
  messages.set(event, { data: event.data, message });
  return message;
}

function newEventMessage(event: Stored): ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(
      new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream, 'utf8')),
    )
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.position))
    .setPreparePosition(String(event.position))
    .setData(event.data)
    .setCustomMetadata(event.metadata);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.contentType)
    .set('created', event.createdTicks);
  return new streams.ReadResp().setEvent(
    new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(event.position)),
  );
}
