import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type ReadReq } from '@eventstore/db-client/generated/streams_pb.js';

/** A place in the server's log, as the server counts. */
export type WirePosition = { readonly commit: bigint; readonly prepare: bigint };

type Direction = 'forwards' | 'backwards';

export type ReadPlace<Place> = 'start' | 'end' | Place;

/** Up to so many events of all streams, the one at the place among them when it is forwards. */
export function readOfAll(
  direction: Direction,
  from: ReadPlace<WirePosition>,
  count: number,
): ReadReq {
  return readReq(optionsOfPage(direction, count).setAll(allFrom(from)));
}

/** Up to so many events of a stream, from a revision on. */
export function readOfStream(
  stream: string,
  direction: Direction,
  from: ReadPlace<number>,
  count: number,
): ReadReq {
  const options = new streams.ReadReq.Options.StreamOptions().setStreamIdentifier(
    new shared.StreamIdentifier().setStreamName(Buffer.from(stream)),
  );
  if (from === 'start') options.setStart(new shared.Empty());
  else if (from === 'end') options.setEnd(new shared.Empty());
  else options.setRevision(String(from));
  return readReq(optionsOfPage(direction, count).setStream(options));
}

/**
 * The events behind the place, for ever, of streams whose names start with one of the prefixes; the
 * server tells its place after looking at so many events.
 */
export function subscriptionToAll(
  from: ReadPlace<WirePosition>,
  prefixes: readonly string[],
  checkpointEvery: number,
): ReadReq {
  const names = new streams.ReadReq.Options.FilterOptions.Expression().setPrefixList([...prefixes]);
  const filter = new streams.ReadReq.Options.FilterOptions()
    .setStreamIdentifier(names)
    .setMax(checkpointEvery)
    .setCheckpointintervalmultiplier(1);
  const options = new streams.ReadReq.Options()
    .setAll(allFrom(from))
    .setSubscription(new streams.ReadReq.Options.SubscriptionOptions())
    .setFilter(filter);
  return readReq(options);
}

const optionsOfPage = (direction: Direction, count: number): ReadReq.Options =>
  new streams.ReadReq.Options()
    .setReadDirection(directions[direction])
    .setCount(String(count))
    .setNoFilter(new shared.Empty());

const directions = {
  forwards: streams.ReadReq.Options.ReadDirection.FORWARDS,
  backwards: streams.ReadReq.Options.ReadDirection.BACKWARDS,
} as const;

function allFrom(from: ReadPlace<WirePosition>): ReadReq.Options.AllOptions {
  const options = new streams.ReadReq.Options.AllOptions();
  if (from === 'start') return options.setStart(new shared.Empty());
  if (from === 'end') return options.setEnd(new shared.Empty());
  return options.setPosition(
    new streams.ReadReq.Options.Position()
      .setCommitPosition(String(from.commit))
      .setPreparePosition(String(from.prepare)),
  );
}

/** Ids as text, and links as they stand. */
const readReq = (options: ReadReq.Options): ReadReq =>
  new streams.ReadReq().setOptions(
    options
      .setResolveLinks(false)
      .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty())),
  );
