import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable, type LogBatch, type Subscription } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Codec } from './codec.ts';
import { type Connections } from './eventstoredb-connection.ts';
import { isBug } from './eventstoredb-errors.ts';
import { subscribeItems, type Items } from './eventstoredb-items.ts';
import { placed, recorded, startAfter, type Names } from './eventstoredb-names.ts';
import { type EventStoreReader } from './eventstoredb-reader.ts';
import { type ReadPlace, type WirePosition } from './eventstoredb-requests.ts';

export type Following = {
  readonly connections: Connections;
  readonly reader: EventStoreReader;
  readonly names: Names;
  readonly codec: Codec;
  /** Until the server confirms a subscription. */
  readonly confirmMs: number;
  /** After so long without a word from the server, it is asked whether it has more. */
  readonly quietMs: number;
};

/** Through where the log was looked at, and where the server goes on: there, or behind others'. */
type Place = { readonly through: bigint; readonly resume: ReadPlace<WirePosition> };

type Taken = Place & { readonly events: readonly Recorded[] };

type Stretch = {
  readonly most: number;
  readonly wanted: (stream: string) => boolean;
  readonly place: Place;
  /** An event of the log to come to; until then the server leaves out what is not wanted. */
  readonly goal: bigint | null;
  readonly signal: AbortSignal;
};

/** A batch ends here: large events must not fill the memory. */
const batchMost = 500;
const batchBytes = 8 * 1024 * 1024;
const lingerMs = 20;
const backoffMs = { least: 50, most: 5000 };

/** Far behind, the server skips what is filtered out, a page of so many events at a time. */
const catchUpWindow = 1000;
const liveWindow = 32;

/**
 * Follows the log for ever. `through` only ever stands at an event of the log, so that it never
 * passes the head. The server leaves out the streams that are not wanted only while there is a
 * known event to come to; from there on all of the log's events are received, because the server
 * says too rarely how far it has looked.
 */
export async function* followEventStore(
  following: Following,
  { after = 0n, streamPrefixes, signal, batchSize = batchMost, maxCount }: Subscription,
): AsyncGenerator<LogBatch, void, undefined> {
  const { connections, reader } = following;
  const most = Math.min(batchSize, maxCount ?? batchMost, batchMost);
  const wanted = (stream: string): boolean =>
    streamPrefixes?.some((prefix) => stream.startsWith(prefix)) ?? true;
  const goalFrom = async ({ through }: Place): Promise<bigint | null> => {
    const head = await unlessAborted(reader.head(), signal);
    return head > through ? head : null;
  };
  const narrow = streamPrefixes !== undefined && streamPrefixes.length > 0;
  let place: Place = { through: after, resume: startAfter(after) };
  let caughtUp = false;
  let failures = 0;
  while (!signal.aborted) {
    connections.current();
    try {
      const goal = narrow && !caughtUp ? await goalFrom(place) : null;
      const prefixes = goal === null ? [''] : (streamPrefixes ?? ['']);
      const stretch = { most, wanted, place, goal, signal };
      for await (const { events, ...at } of receive(following, stretch, prefixes)) {
        failures = 0;
        const isNews = at.through > place.through;
        place = at;
        if (!isNews) continue;
        reader.saw(at.through);
        yield { events, through: at.through };
      }
      caughtUp = true;
    } catch (error) {
      if (isAborted(signal)) return;
      if (!(error instanceof Error) || isBug(error)) throw error;
      caughtUp = false;
      failures += 1;
      await delay(backoff(failures), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** One subscription; ends once the stretch has an end and came there, or the signal aborts. */
async function* receive(
  following: Following,
  stretch: Stretch,
  prefixes: readonly string[],
): AsyncGenerator<Taken, void, undefined> {
  const { place, goal, signal } = stretch;
  const { connections, names, confirmMs } = following;
  const connection = connections.current();
  const watched = {
    from: place.resume,
    prefixes: prefixes.map(names.outer),
    checkpointEvery: goal === null ? liveWindow : catchUpWindow,
    confirmMs,
  };
  const items = subscribeItems(connection, watched, () => {
    connections.retire(connection);
  });
  signal.addEventListener('abort', items.close, { once: true });
  try {
    for await (const taken of take(following, items, stretch)) {
      if (signal.aborted) return;
      yield taken;
      if (isAborted(signal)) return;
    }
  } finally {
    signal.removeEventListener('abort', items.close);
    items.close();
  }
}

/** What arrives, in batches. */
async function* take(
  { reader, names, codec, quietMs }: Following,
  items: Items,
  { most, wanted, place, goal, signal }: Stretch,
): AsyncGenerator<Taken, void, undefined> {
  let { through, resume } = place;
  let live = false;
  let ended = false;
  while (!ended) {
    const events: Recorded[] = [];
    const before = through;
    let bytes = 0;
    for (let looked = 0; looked < most && bytes < batchBytes && !ended;) {
      const some = through > before;
      const item = items.take();
      if (item === null) {
        if (some && live) break;
        if (await items.wait(some ? lingerMs : quietMs)) continue;
        if (some) break;
        ended = goal !== null;
        if (!ended && (await unlessAborted(reader.head(), signal)) > through) throw standstill();
      } else if ('event' in item) {
        const at = placed(names, item.event);
        if (at === undefined || at.position <= through) continue;
        looked += 1;
        bytes += item.event.bytes;
        through = at.position;
        resume = startAfter(through);
        if (wanted(at.stream)) events.push(recorded(codec, at.stream, item.event));
        ended = goal !== null && through >= goal;
      } else if ('checkpoint' in item) {
        resume = item.checkpoint;
        if (goal !== null && passes(item.checkpoint, goal)) {
          // What was left out behind the goal is still to be received.
          through = goal;
          resume = startAfter(goal);
          ended = true;
        }
        if (!some) break;
      } else {
        live = true;
        ended = goal !== null;
      }
    }
    yield { events, through, resume };
  }
}

const standstill = (): Unavailable =>
  new Unavailable('the subscription to the event store has come to a standstill');

/** Whether all through that position of the port was sent before the checkpoint. */
const passes = ({ commit, prepare }: WirePosition, goal: bigint): boolean =>
  (commit === prepare ? commit * 2n + 1n : commit * 2n) >= goal;

function backoff(failures: number): number {
  const most = Math.min(backoffMs.least * 2 ** failures, backoffMs.most);
  return most / 2 + Math.random() * (most / 2);
}

async function unlessAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  const ended = new AbortController();
  if (isAborted(signal)) throw new Unavailable('the subscription is over');
  const aborted = once(signal, 'abort', { signal: ended.signal });
  try {
    await Promise.race([promise, aborted]);
    if (isAborted(signal)) throw new Unavailable('the subscription is over');
    return await promise;
  } finally {
    ended.abort();
    aborted.catch(() => undefined);
  }
}

const isAborted = (signal: AbortSignal): boolean => signal.aborted;
