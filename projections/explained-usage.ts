import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Kysely } from 'kysely';
import { z } from 'zod';
import { type EventLog } from '../src/application/ports.ts';
import { stretchOf, type Owned } from '../src/audit/keys.ts';
import { mergedUsage } from '../src/audit/merged-usage.ts';
import { type Metric } from '../src/catalog/events.ts';
import { covers, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { windowsOf } from '../src/invoices/windows.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { usageStream, type UsageLine, type UsageRecorded } from '../src/usage/events.ts';
import { sees } from '../src/usage/filters.ts';
import { groupKeyOf, type GroupKey } from '../src/usage/groups.ts';
import { tallyOf } from '../src/usage/metering.ts';
import { decodeCursor, encodeCursor, pageOf, type Page, type PageRequest } from './page.ts';
import { answerWithinMs, type ReadModels } from './read-models.ts';
import { type RecordedLine } from './recorded-lines.ts';
import { markFrom, streamsOfKeys } from './usage-marks.ts';
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

const cursorKey = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);

/** A page of it, in the order in which it was recorded; null: there is none. */
export async function usagePage(
  source: UsageSource,
  wanted: UsageWanted | null,
  connection: string,
  page: PageRequest,
): Promise<Page<RecordedLine>> {
  const after = decodeCursor(connection, cursorKey, page.after);
  const [position, line] = after ?? [0, -1];
  const lines: RecordedLine[] = [];
  if (wanted !== null) {
    const reading = { after: { position, line }, firstPage: 2, pageSize: 16 };
    for await (const some of wantedLines(source, wanted, reading)) {
      lines.push(...some);
      if (lines.length > page.first) break;
    }
  }
  return pageOf(lines, page, 0, (node) => ({
    cursor: encodeCursor(connection, [node.position, node.line]),
    node,
  }));
}

/** How much of it there is: all of it is read. */
export async function usageCount(source: UsageSource, wanted: UsageWanted | null): Promise<number> {
  if (wanted === null) return 0;
  let count = 0;
  const reading = { after: { position: 0, line: -1 }, firstPage: 64, pageSize: 64 };
  for await (const some of wantedLines(source, wanted, reading)) count += some.length;
  return count;
}

type Reading = {
  readonly after: Place;
  readonly firstPage: number;
  readonly pageSize: number;
};

/** As much at once as is read at once. */
async function* wantedLines(
  { models, log }: UsageSource,
  wanted: UsageWanted,
  { after, ...pages }: Reading,
): AsyncGenerator<readonly RecordedLine[]> {
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
  const marked = withMarks(db, log, keyOf);
  for await (const events of mergedUsage(marked, streams, { after: from, through, ...pages })) {
    const found = events.flatMap((recorded) => {
      const stretch = stretchOf(
        owned.get(keyOf.get(recorded.stream) ?? '') ?? [],
        recorded.position,
      );
      return stretch === undefined ? [] : linesOf(recorded, stretch, wanted);
    });
    // A log on this machine answers at once: others would wait until all is read.
    await nextTurn();
    yield withoutRepeats(
      db,
      found.filter((one) => isBehind(one, after)),
    );
  }
}

/** The log, told where to look. */
const withMarks = (
  db: Kysely<UsageTables>,
  log: UsageSource['log'],
  keyOf: ReadonlyMap<string, string>,
): UsageSource['log'] => ({
  async readStream(stream, options = {}) {
    const { from = 0, maxCount = 1 } = options;
    const near = await markFrom(db, keyOf.get(stream) ?? '', stream, from + maxCount - 1);
    return log.readStream(stream, near === undefined ? options : { ...options, near });
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
