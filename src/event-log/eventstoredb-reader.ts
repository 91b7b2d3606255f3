import {
  type Keeping,
  type LogBatch,
  type ReadAll,
  type ReadStream,
} from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { isText } from './checks.ts';
import { type Codec } from './codec.ts';
import { placed, positionOf, recorded, startAfter, type Names } from './eventstoredb-names.ts';
import { type ReadPage } from './eventstoredb-pages.ts';
import { type WireEvent } from './eventstoredb-records.ts';
import {
  readOfAll,
  readOfStream,
  type ReadPlace,
  type WirePosition,
} from './eventstoredb-requests.ts';

export type EventStoreReader = {
  readStream(stream: string, options: ReadStream): Promise<readonly Recorded[]>;
  readAll(options: ReadAll & Keeping): Promise<LogBatch>;
  /** The position of the last event of this log's streams; others' events behind it do not count. */
  head(): Promise<bigint>;
  /** An event of this log lies there: the head is not before it. */
  saw(position: bigint): void;
};

/** A thousand, and the one that the page before ended with. */
const pageMost = 1001;

export function createEventStoreReader(
  readPage: ReadPage,
  names: Names,
  codec: Codec,
): EventStoreReader {
  const { head, saw } = createHead(readPage, names);

  async function readStream(stream: string, options: ReadStream): Promise<readonly Recorded[]> {
    const { direction = 'forwards', from, maxCount = Infinity, stored } = options;
    const forwards = direction === 'forwards';
    if (!isText(stream)) return [];
    const events: Recorded[] = [];
    let next: ReadPlace<number> = from ?? (forwards ? 'start' : 'end');
    for (;;) {
      const size = Math.min(pageMost, maxCount - events.length);
      const request = readOfStream(names.outer(stream), direction, next, size);
      const { count, last } = await readPage(request, (event) => {
        events.push(recorded(codec, stream, event, stored));
      });
      if (last === undefined || count < size || events.length >= maxCount) return events;
      if (!forwards && last.revision === 0) return events;
      next = forwards ? last.revision + 1 : last.revision - 1;
    }
  }

  async function readAll(options: ReadAll & Keeping): Promise<LogBatch> {
    const { after = 0n, maxCount, streamPrefixes, stored } = options;
    const wanted = (stream: string): boolean =>
      streamPrefixes?.some((prefix) => stream.startsWith(prefix)) ?? true;
    const events: Recorded[] = [];
    const passedOver = { events: 0 };
    let through = after;
    const take = (event: WireEvent): void => {
      if (events.length === maxCount) return;
      const at = placed(names, event);
      if (at !== undefined && at.position <= through) return;
      if (at !== undefined) {
        through = at.position;
        saw(through);
      }
      if (at === undefined || !wanted(at.stream)) passedOver.events += 1;
      else events.push(recorded(codec, at.stream, event, stored));
    };
    let fromPosition = startAfter(after);
    let size = Math.min(pageMost, (maxCount ?? pageMost) + Number(after % 2n));
    for (;;) {
      const { count, last } = await readPage(readOfAll('forwards', fromPosition, size), take);
      if (last?.position === undefined || count < size || events.length === maxCount) {
        return { events, through };
      }
      // Each page starts with the event that the one before ended with.
      fromPosition = last.position;
      const left = (maxCount ?? Infinity) - events.length;
      size = Math.min(pageMost, passedOver.events === 0 ? left + 1 : size * 2);
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
    let fromPosition: ReadPlace<WirePosition> = 'end';
    const search = { isOver: false };
    const take = (event: WireEvent): void => {
      if (search.isOver || event.position === undefined) return;
      const position = positionOf(event.position);
      if (position > end) end = position;
      const own = placed(names, event);
      if (own !== undefined) saw(own.position);
      search.isOver = own !== undefined || position <= floor;
    };
    for (let size = 8; ; size = Math.min(pageMost, size * 4)) {
      const { count, last } = await readPage(readOfAll('backwards', fromPosition, size), take);
      if (search.isOver) searched = end;
      if (search.isOver || last?.position === undefined || count < size) return known;
      fromPosition = last.position;
    }
  }

  return { head, saw };
}
