import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type EventLog } from '../src/application/ports.ts';
import { stretchOf, type Owned } from '../src/audit/keys.ts';
import { mergedUsage, type Merging } from '../src/audit/merged-usage.ts';
import { type Metric } from '../src/catalog/events.ts';
import { covers, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { windowsOf } from '../src/invoices/windows.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { usageStream, type UsageLine, type UsageRecorded } from '../src/usage/events.ts';
import { sees } from '../src/usage/filters.ts';
import { groupKeyOf, type GroupKey } from '../src/usage/groups.ts';
import { tallyOf } from '../src/usage/metering.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { answerWithinMs, type ReadModels } from './read-models.ts';
import { type RecordedLine } from './recorded-lines.ts';
import { markFrom, revisionWith, streamsOfKeys, type UsageSought } from './usage-marks.ts';
import { type Place } from './usage-measured.ts';
import { ownedKeys } from './usage-owned.ts';
import { repeatsAt } from './usage-repeats.ts';
import { type UsageTables } from './usage-tables.ts';

/** Which usage of a customer is asked for. */
export type UsageWanted = {
  readonly customerId: string;
  readonly metric: Metric;
  /** The properties that usage is grouped by, and their values. */
  readonly by: readonly string[];
  readonly group: GroupKey;
  readonly interval: Interval;
  /** The customer's keys and usage as the log had them then. */
  readonly through: bigint;
  /** Nothing that counted before that position is wanted. */
  readonly since: bigint;
  /** Whether usage of that instant is, that counts from that position on. */
  readonly counts: (at: Instant, since: bigint) => boolean;
};

export type UsageSource = {
  readonly models: Pick<ReadModels, 'usage' | 'waitForUsage'>;
  readonly log: Pick<EventLog, 'readStream'>;
};

/** Lines that are looked at for a page, some 20 ms; an event of the log is as much as a few. */
const mostWork = 10_000;
const workOfEvent = 20;

const cursorKey = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);

/**
 * A page of it, in the order in which it was recorded; null: there is none. Where much else has to
 * be read the page ends early, and what follows begins where it ended.
 */
export async function usagePage(
  source: UsageSource,
  wanted: UsageWanted | null,
  connection: string,
  page: PageRequest,
): Promise<Page<RecordedLine>> {
  const [position, line] = decodeCursor(connection, cursorKey, page.after) ?? [0, -1];
  const cursorOf = (place: Place): string => encodeCursor(connection, [place.position, place.line]);
  const lines: RecordedLine[] = [];
  let work = 0;
  let endsAt: Place | null = null;
  if (wanted !== null) {
    const reading = { after: { position, line }, firstPage: 2, pageSize: 16 };
    for await (const read of wantedLines(source, wanted, reading)) {
      lines.push(...read.lines);
      work += read.work;
      if (lines.length > page.first) break;
      if (work < mostWork) continue;
      endsAt = read.through;
      break;
    }
  }
  const all = pageOf(lines, page, 0, (node) => ({ cursor: cursorOf(node), node }));
  return endsAt === null ? all : { ...all, hasNextPage: true, endCursor: cursorOf(endsAt) };
}

/** How much of it there is: all of it is read. */
export async function usageCount(source: UsageSource, wanted: UsageWanted | null): Promise<number> {
  if (wanted === null) return 0;
  let count = 0;
  const all = { after: { position: 0, line: -1 } };
  for await (const { lines } of wantedLines(source, wanted, all)) count += lines.length;
  return count;
}

type Reading = Pick<Merging, 'firstPage' | 'pageSize'> & { readonly after: Place };

type Read = {
  /** What is wanted of what was read. */
  readonly lines: readonly RecordedLine[];
  /** The end of what was read. */
  readonly through: Place;
  /** None where all of it stands before the page. */
  readonly work: number;
};

/** As much at once as is read at once. */
async function* wantedLines(
  { models, log }: UsageSource,
  wanted: UsageWanted,
  { after, ...pages }: Reading,
): AsyncGenerator<Read> {
  const { customerId, through } = wanted;
  await models.waitForUsage(through, answerWithinMs);
  const db = models.usage.reader;
  const owned = countingStretches(await ownedKeys(db, customerId, through), wanted);
  const keyOf = new Map<string, string>();
  for (const key of owned.keys()) {
    for (const month of windowsOf(wanted.interval, 'MONTH')) {
      keyOf.set(usageStream(key, month.startingAt), key);
    }
  }
  const first = [...owned.values()].flat().map(({ from }) => from);
  const begin = first.reduce((least, from) => (from < least ? from : least), through) - 1n;
  const behind = BigInt(after.position) - 1n;
  const from = begin > behind ? begin : behind;
  const streams = await streamsOfKeys(db, [...owned.keys()], from, [...keyOf.keys()]);
  const soughtOf = (stream: string) => {
    const key = keyOf.get(stream) ?? '';
    return { key, interval: wanted.interval, stretches: owned.get(key) ?? [] };
  };
  const marked = withMarks(db, log, soughtOf);
  for await (const events of mergedUsage(marked, streams, { after: from, through, ...pages })) {
    const found = events.flatMap((recorded) => {
      const stretch = stretchOf(
        owned.get(keyOf.get(recorded.stream) ?? '') ?? [],
        recorded.position,
      );
      return stretch === undefined ? [] : linesOf(recorded, stretch, wanted);
    });
    const lines = await withoutRepeats(
      db,
      found.filter((one) => isBehind(one, after)),
    );
    const through = endOf(events);
    yield { lines, through, work: isBehind(through, after) ? workOf(events) : 0 };
  }
}

function endOf(events: readonly Recorded<UsageRecorded>[]): Place {
  const { position, event } = present(events.at(-1), 'only what there is is given');
  return { position: Number(position), line: event.lines.length };
}

const workOf = (events: readonly Recorded<UsageRecorded>[]): number =>
  events.reduce((work, { event }) => work + workOfEvent + event.lines.length, 0);

/** The log, told where to look, and without stretches of a stream that have nothing sought. */
const withMarks = (
  db: Kysely<UsageTables>,
  log: UsageSource['log'],
  soughtOf: (stream: string) => UsageSought & { readonly key: string },
): UsageSource['log'] => ({
  async readStream(stream, options = {}) {
    const { from: asked = 0, maxCount = 1 } = options;
    const { key, ...sought } = soughtOf(stream);
    const from = await revisionWith(db, { key, stream, from: asked }, sought);
    if (from === undefined) return [];
    const near = await markFrom(db, key, stream, from + maxCount - 1);
    return log.readStream(stream, { ...options, from, ...(near === undefined ? {} : { near }) });
  },
});

const isBehind = (one: Place, after: Place): boolean =>
  one.position > after.position || (one.position === after.position && one.line > after.line);

/** What of the keys' usage may count from the wanted position on. */
function countingStretches(
  owned: ReadonlyMap<string, readonly Owned[]>,
  { since }: UsageWanted,
): ReadonlyMap<string, readonly Owned[]> {
  const counting = [...owned].map(([key, stretches]): [string, readonly Owned[]] => [
    key,
    stretches.flatMap((stretch) => {
      if (stretch.claimedAt !== null) return stretch.claimedAt < since ? [] : [stretch];
      if (stretch.before !== null && stretch.before <= since) return [];
      return stretch.from < since ? [{ ...stretch, from: since }] : [stretch];
    }),
  ]);
  return new Map(counting.filter(([, stretches]) => stretches.length > 0));
}

function linesOf(
  { event, position, metadata: { recordedAt } }: Recorded<UsageRecorded>,
  { claimedAt }: Owned,
  wanted: UsageWanted,
): readonly RecordedLine[] {
  const since = claimedAt ?? position;
  return [...event.lines.entries()]
    .filter(([, usage]) => isWanted(usage, since, wanted))
    .map(([line, usage]) => ({
      position: Number(position),
      line,
      key: event.key,
      usage,
      recordedAt,
    }));
}

const isWanted = (
  usage: UsageLine,
  since: bigint,
  { metric, by, group, interval, counts }: UsageWanted,
): boolean =>
  covers(interval, usage.timestamp) &&
  sees(metric, usage) &&
  tallyOf(metric, usage, '') !== 'passed_over' &&
  groupKeyOf(by, usage) === group &&
  counts(usage.timestamp, since);

/** A transactionId counts once: where it was recorded first (billing rule 11). */
async function withoutRepeats(
  db: Kysely<UsageTables>,
  lines: readonly RecordedLine[],
): Promise<readonly RecordedLine[]> {
  const positions = new Set(lines.map(({ position }) => BigInt(position)));
  const rows = await repeatsAt(db, [...positions]);
  if (rows.length === 0) return lines;
  const repeats = new Set(rows.map(placeOf));
  return lines.filter((line) => !repeats.has(placeOf(line)));
}

const placeOf = (place: { readonly position: number | bigint; readonly line: number }): string =>
  `${String(place.position)} ${String(place.line)}`;
