import { giveWay } from '../give-way.ts';
import { present } from '../kernel/invariant.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type EventLog } from '../application/ports.ts';
import { type UsageRecorded } from '../usage/events.ts';

/**
 * A stream of usage, and the first revision of it that is asked for; startsAt: it has no event
 * before that position, where that is known.
 */
export type UsageStream = {
  readonly stream: string;
  readonly from: number;
  readonly startsAt?: bigint;
};

export type Merging = {
  readonly after: bigint;
  /** The last position that is asked for. */
  readonly through: bigint;
  /** Events of a stream that are read at once, at most; the first time, where few may be wanted. */
  readonly pageSize?: number;
  readonly firstPage?: number;
  /** With their stored texts. */
  readonly stored?: boolean;
};

type Event = Recorded<UsageRecorded>;

/** A stream that is being read; next: the first of its page that is not given yet. */
type Cursor = {
  readonly stream: string;
  readonly page: readonly Event[];
  readonly size: number;
  next: number;
};

const largePage = 64;

/** About so many lines are a page, and given at once: some milliseconds of work. */
const pageLines = 2500;

/** About so many are held, of all streams. */
const mostLines = 100_000;

/**
 * The events of several streams of usage, in log order, as many at once as can be told and are soon
 * worked on: between them, others have their turn.
 */
export async function* mergedUsage(
  log: Pick<EventLog, 'readStream'>,
  streams: readonly UsageStream[],
  { after, through, stored = false, ...pages }: Merging,
): AsyncGenerator<readonly Event[]> {
  const { pageSize = largePage, firstPage = 1 } = pages;
  const linesEach = Math.min(pageLines, mostLines / streams.length);
  const read = async (stream: string, from: number, maxCount: number): Promise<Cursor> => {
    await giveWay();
    const page = await log.readStream(stream, { from, maxCount, stored });
    return { stream, page: page as readonly Event[], next: 0, size: maxCount };
  };
  /** Reads on where a page is given whole. */
  const turn = async (cursor: Cursor): Promise<Cursor> => {
    const { stream, page, next } = cursor;
    if (next < page.length || !goesOn(cursor)) return cursor;
    const fitting = Math.floor((linesEach * page.length) / linesOf(page));
    return read(stream, last(page).revision + 1, Math.max(1, Math.min(pageSize, fitting)));
  };
  const later = [...streams].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  let cursors: Cursor[] = [];
  for (;;) {
    let known = knownThrough(cursors, through);
    while (later[0] !== undefined && startOf(later[0]) <= known) {
      const start = startOf(later[0]);
      const count = later.findIndex((one) => startOf(one) > start);
      const starting = later.splice(0, count === -1 ? later.length : count);
      const opened = await Promise.all(
        starting.map(({ stream, from }) => read(stream, from, firstPage)),
      );
      cursors.push(...opened.filter(({ page }) => page.length > 0));
      known = knownThrough(cursors, through);
    }
    if (cursors.length === 0) return;
    const events = cursors.flatMap((cursor) => takeThrough(cursor, known));
    if (cursors.length > 1) events.sort((a, b) => (a.position < b.position ? -1 : 1));
    const wanted = events.filter(({ position }) => position > after && position <= through);
    for (const some of inPages(wanted)) {
      await giveWay();
      yield some;
    }
    const turned: Cursor[] = [];
    for (const cursor of cursors) turned.push(await turn(cursor));
    cursors = turned.filter(({ page, next }) => (page[next]?.position ?? through + 1n) <= through);
  }
}

const startOf = ({ startsAt }: UsageStream): bigint => startsAt ?? 0n;

/** What is read reaches through here in every stream that goes on. */
const knownThrough = (cursors: readonly Cursor[], through: bigint): bigint =>
  cursors
    .filter(goesOn)
    .map(({ page }) => last(page).position)
    .reduce((least, position) => (position < least ? position : least), through);

const goesOn = ({ page, size }: Cursor): boolean => page.length === size;

/** The page's events through the position, which are given with this. */
function takeThrough(cursor: Cursor, known: bigint): readonly Event[] {
  const { page, next } = cursor;
  let end = next;
  while (end < page.length && present(page[end], 'an index within').position <= known) end += 1;
  cursor.next = end;
  return page.slice(next, end);
}

/** The events, some after the other, so that each has about as many lines as a page. */
function* inPages(events: readonly Event[]): Generator<readonly Event[]> {
  let from = 0;
  let lines = 0;
  for (const [index, event] of events.entries()) {
    const more = linesOf([event]);
    if (index > from && lines + more > pageLines) {
      yield events.slice(from, index);
      from = index;
      lines = 0;
    }
    lines += more;
  }
  if (from < events.length) yield from === 0 ? events : events.slice(from);
}

/** A line has about so many characters. */
const lineLength = 200;

/** About how many they have, one at least; texts are not parsed for it. */
const linesOf = (events: readonly Event[]): number =>
  events.reduce(
    (lines, one) =>
      lines +
      1 +
      (one.stored === undefined ? one.event.lines.length : one.stored.data.length / lineLength),
    0,
  );

const last = (page: readonly Event[]): Event => present(page.at(-1), 'a page is not empty');
