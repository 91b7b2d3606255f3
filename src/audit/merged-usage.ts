import { present } from '../kernel/invariant.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type EventLog, type ReadStream } from '../application/ports.ts';
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
  /** Events that are read at once; the first time, where only a few may be wanted. */
  readonly pageSize?: number;
  readonly firstPage?: number;
  /** Not many more usage lines are read at once: fewer events, where they are large. */
  readonly pageLines?: number;
  /** With their stored texts. */
  readonly stored?: boolean;
};

type Event = Recorded<UsageRecorded>;

/** A stream that is being read; next: the first of its page that is not given yet. */
type Cursor = {
  readonly stream: string;
  readonly stored: boolean;
  page: readonly Event[];
  next: number;
  size: number;
};

const largePage = 64;

/** The events of several streams of usage, in log order, as many at once as can be told. */
export async function* mergedUsage(
  log: Pick<EventLog, 'readStream'>,
  streams: readonly UsageStream[],
  { after, through, stored = false, ...pages }: Merging,
): AsyncGenerator<readonly Event[]> {
  const { pageSize = largePage, firstPage = pageSize, pageLines = Infinity } = pages;
  const open = async ({ stream, from }: UsageStream): Promise<Cursor> => {
    const page = await read(log, stream, { from, maxCount: firstPage, stored });
    return { stream, stored, page, next: 0, size: firstPage };
  };
  const later = [...streams].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  let cursors: Cursor[] = [];
  for (;;) {
    let known = knownThrough(cursors, through);
    while (later[0] !== undefined && startOf(later[0]) <= known) {
      const start = startOf(later[0]);
      const count = later.findIndex((one) => startOf(one) > start);
      const starting = later.splice(0, count === -1 ? later.length : count);
      const opened = await Promise.all(starting.map(open));
      cursors.push(...opened.filter(({ page }) => page.length > 0));
      known = knownThrough(cursors, through);
    }
    if (cursors.length === 0) return;
    const events = cursors.flatMap((cursor) => takeThrough(cursor, known));
    if (cursors.length > 1) events.sort((a, b) => (a.position < b.position ? -1 : 1));
    const wanted = events.filter(({ position }) => position > after && position <= through);
    if (wanted.length > 0) yield wanted;
    for (const cursor of cursors) await turn(log, cursor, pageSize, pageLines);
    cursors = cursors.filter(({ page, next }) => (page[next]?.position ?? through + 1n) <= through);
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

/** Reads on where a page is given whole. */
async function turn(
  log: Pick<EventLog, 'readStream'>,
  cursor: Cursor,
  pageSize: number,
  pageLines: number,
): Promise<void> {
  if (cursor.next < cursor.page.length || !goesOn(cursor)) return;
  const { stream, stored, page } = cursor;
  const from = last(page).revision + 1;
  const maxCount = Math.max(1, Math.min(pageSize, Math.floor(pageLines / linesEach(page))));
  cursor.page = await read(log, stream, { from, maxCount, stored });
  cursor.next = 0;
  cursor.size = maxCount;
}

/** On average. */
const linesEach = (page: readonly Event[]): number =>
  page.reduce((sum, { event }) => sum + event.lines.length, 0) / page.length;

const last = (page: readonly Event[]): Event => present(page.at(-1), 'a page is not empty');

const read = async (
  log: Pick<EventLog, 'readStream'>,
  stream: string,
  options: ReadStream,
): Promise<readonly Event[]> => (await log.readStream(stream, options)) as readonly Event[];
