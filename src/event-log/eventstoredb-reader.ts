import {
  BACKWARDS,
  END,
  FORWARDS,
  START,
  type ReadPosition,
  type ReadRevision,
} from '@eventstore/db-client';
import { type LogBatch, type ReadAll, type ReadStream } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Codec } from './codec.ts';
import { placed, positionOf, recorded, startAfter, type Names } from './eventstoredb-names.ts';
import { type ReadPage } from './eventstoredb-pages.ts';

export type EventStoreReader = {
  readStream(stream: string, options: ReadStream): Promise<readonly Recorded[]>;
  readAll(options: ReadAll): Promise<LogBatch>;
  /** The position of the last event of this log's streams; others' events behind it do not count. */
  head(): Promise<bigint>;
  /** An event of this log lies there: the head is not before it. */
  saw(position: bigint): void;
};

const pageMost = 1000;

export function createEventStoreReader(
  readPage: ReadPage,
  names: Names,
  codec: Codec,
): EventStoreReader {
  const { head, saw } = createHead(readPage, names);

  async function readStream(stream: string, options: ReadStream): Promise<readonly Recorded[]> {
    const { direction = 'forwards', from, maxCount = Infinity } = options;
    const forwards = direction === 'forwards';
    const events: Recorded[] = [];
    let fromRevision: ReadRevision = forwards ? START : END;
    if (from !== undefined) fromRevision = BigInt(from);
    for (;;) {
      const size = Math.min(pageMost, maxCount - events.length);
      const settings = { fromRevision, maxCount: size };
      const page = await readPage((client) =>
        client.readStream(names.outer(stream), {
          ...settings,
          direction: forwards ? FORWARDS : BACKWARDS,
        }),
      );
      for (const event of page) events.push(recorded(codec, stream, event));
      const last = page.at(-1)?.revision;
      if (last === undefined || page.length < size || events.length >= maxCount) return events;
      if (!forwards && last === 0n) return events;
      fromRevision = forwards ? last + 1n : last - 1n;
    }
  }

  async function readAll({ after = 0n, maxCount, streamPrefixes }: ReadAll): Promise<LogBatch> {
    const wanted = (stream: string): boolean =>
      streamPrefixes?.some((prefix) => stream.startsWith(prefix)) ?? true;
    const events: Recorded[] = [];
    let through = after;
    let fromPosition = startAfter(after);
    let size = Math.min(pageMost, maxCount ?? pageMost);
    for (;;) {
      const settings = { direction: FORWARDS, fromPosition, maxCount: size } as const;
      const page = await readPage((client) => client.readAll(settings));
      for (const event of page) {
        const at = placed(names, event);
        if (at === undefined || at.position <= through) continue;
        through = at.position;
        saw(through);
        if (!wanted(at.stream)) continue;
        events.push(recorded(codec, at.stream, event));
        if (events.length === maxCount) return { events, through };
      }
      const last = page.at(-1)?.position;
      if (last === undefined || page.length < size) return { events, through };
      fromPosition = last;
      // Each page starts with the event that the one before ended with.
      size = Math.min(pageMost, size * 2);
    }
  }

  return { readStream, readAll, head, saw };
}

/** Finds the log's last event, backwards past the events of others that lie behind it. */
function createHead(readPage: ReadPage, names: Names): Pick<EventStoreReader, 'head' | 'saw'> {
  let known = 0n;
  // How far the last search had looked, through others' events, too.
  let searched = 0n;

  const saw = (position: bigint): void => {
    if (position > known) known = position;
  };

  async function head(): Promise<bigint> {
    const floor = known > searched ? known : searched;
    let end = floor;
    let fromPosition: ReadPosition = END;
    for (let size = 8; ; size = Math.min(pageMost, size * 4)) {
      const settings = { direction: BACKWARDS, fromPosition, maxCount: size } as const;
      const page = await readPage((client) => client.readAll(settings));
      for (const event of page) {
        if (event.position === undefined) continue;
        const position = positionOf(event.position);
        if (position > end) end = position;
        const own = placed(names, event);
        if (own !== undefined) saw(own.position);
        if (own === undefined && position > floor) continue;
        searched = end;
        return known;
      }
      const last = page.at(-1)?.position;
      if (last === undefined || page.length < size) return known;
      fromPosition = last;
    }
  }

  return { head, saw };
}
