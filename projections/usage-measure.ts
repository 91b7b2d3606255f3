import { type Kysely } from 'kysely';
import { type Metric } from '../src/catalog/events.ts';
import { hourOf, type Instant } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { sees } from '../src/usage/filters.ts';
import { type GroupKey } from '../src/usage/groups.ts';
import { wholeTallyOf } from '../src/usage/metering.ts';
import { isChange, isUsage } from './usage-changes.ts';
import { openMarks } from './usage-marking.ts';
import { firstRecordings, type OriginalLine } from './usage-dedupe.ts';
import { entry, gain, gained, gainWhole, type Gain, type Gains } from './usage-gains.ts';
import {
  groupOfLine,
  metricsByType,
  placeLines,
  tallyOfLine,
  type PlacedLine,
  type Takes,
} from './usage-lines.ts';
import {
  writeTally,
  type Measured,
  type MeasuredRun,
  type MeasuredSeries,
  type NotedRepeat,
  type PlacedChange,
} from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

export type Measuring = {
  readonly metrics: readonly Metric[];
  readonly originalLine: OriginalLine;
  /** null: all lines. */
  readonly takes: Takes | null;
};

/**
 * Counts a stretch of the log by key, whoever holds it: its usage that is new, and its repeats. No
 * metric begins within it. Several who each take a part of the transactionIds count it together.
 */
export async function measure(
  events: readonly Recorded[],
  { metrics, originalLine, takes }: Measuring,
  db: Kysely<UsageTables>,
): Promise<Omit<Measured, 'times'>> {
  const changes: PlacedChange[] = [];
  const lines: PlacedLine[] = [];
  const { note, marks } = openMarks();
  for (const recorded of events) {
    if (isUsage(recorded)) {
      placeLines(recorded, changes.length, takes, lines);
      note(recorded);
    } else if (isChange(recorded)) changes.push(placedChange(recorded));
  }
  const { firsts, repeats } = await firstRecordings(lines, originalLine, db);
  const runs = new Map<number, Run>();
  const runAt = (after: number): Run => entry(runs, after, newRun);
  const seeing = metricsByType(metrics);
  const hourAt = hoursOf();
  let one: KeyCount | undefined;
  for (const line of firsts) {
    const run = runAt(line.run);
    if (one?.lastPosition !== line.position) one = keyCount(run.keys, line);
    one.events += 1;
    const window = hourAt(line.usage.timestamp);
    for (const metric of seeing(line.usage.eventType)) count(run, metric, line, window);
  }
  for (const [run, repeat] of repeats) runAt(run).repeats.push(repeat);
  return { changes, runs: Array.from(runs, ([after, run]) => measured(after, run)), marks };
}

/** As hourOf: neighbours mostly fall into one hour, whose text is made once for them. */
function hoursOf(): (at: Instant) => Instant {
  let hour: Instant | null = null;
  let beginning = '';
  return (at) => {
    if (hour === null || !at.startsWith(beginning)) {
      hour = hourOf(at);
      beginning = hour.slice(0, '2024-10-01T00'.length);
    }
    return hour;
  };
}

/** By metric, key and group. */
type Series = Map<string, Map<string, Map<GroupKey, Gains>>>;

type Run = {
  readonly series: Series;
  /** By metric and position. */
  readonly passedOver: Map<string, Map<number, number>>;
  readonly keys: Map<string, KeyCount>;
  readonly repeats: NotedRepeat[];
};

/** Of the lines so far. */
type KeyCount = {
  readonly firstPosition: number;
  readonly firstRecordedAt: Instant;
  lastPosition: number;
  lastRecordedAt: Instant;
  events: number;
};

const newRun = (): Run => ({
  series: new Map(),
  passedOver: new Map(),
  keys: new Map(),
  repeats: [],
});

/** The count of the line's key: the lines of an event, which all have one, look it up but once. */
function keyCount(keys: Run['keys'], { key, position, recordedAt }: PlacedLine): KeyCount {
  const one = entry(keys, key, () => ({
    firstPosition: position,
    firstRecordedAt: recordedAt,
    lastPosition: position,
    lastRecordedAt: recordedAt,
    events: 0,
  }));
  one.lastPosition = position;
  one.lastRecordedAt = recordedAt;
  return one;
}

function count(run: Run, metric: Metric, line: PlacedLine, window: Instant): void {
  if (!sees(metric, line.usage)) return;
  const { aggregation } = metric;
  const isTotal = aggregation === 'COUNT' || aggregation === 'SUM';
  const whole = isTotal ? wholeTallyOf(metric, line.usage) : undefined;
  if (isTotal && whole !== undefined) {
    gainWhole(gainsOf(run, metric, line), window, aggregation, whole, line.recordedAt);
    return;
  }
  const tally = tallyOfLine(metric, line);
  if (tally === 'passed_over') passOver(run.passedOver, metric.metricId, line.position);
  else if (tally !== undefined) {
    gain(gainsOf(run, metric, line), window, tally, line.recordedAt);
  }
}

function gainsOf({ series }: Run, metric: Metric, line: PlacedLine): Gains {
  const keys = entry(series, metric.metricId, newKeys);
  const groups = entry(keys, line.key, newGroups);
  return entry(groups, groupOfLine(metric, line), newGains);
}

const newKeys = () => new Map<string, Map<GroupKey, Gains>>();
const newGroups = () => new Map<GroupKey, Gains>();
const newGains = () => new Map<Instant, Gain>();

const measured = (after: number, { series, passedOver, keys, repeats }: Run): MeasuredRun => ({
  after,
  series: [...measuredSeries(series)],
  passedOver: [...passedOver].flatMap(([metricId, places]) =>
    Array.from(places, ([position, events]) => [metricId, position, events] as const),
  ),
  keys: Array.from(keys, ([key, count]) => ({ key, ...count })),
  repeats,
});

function* measuredSeries(series: Series): Generator<MeasuredSeries> {
  for (const [metricId, keys] of series) {
    for (const [key, groups] of keys) {
      for (const [groupKey, gains] of groups) {
        const hours = Array.from(
          gains,
          ([window, of]) => [window, writeTally(gained(of)), of.recordedAt] as const,
        );
        yield { metricId, key, groupKey, hours };
      }
    }
  }
}

const placedChange = ({
  position,
  event,
  metadata: { recordedAt },
}: Recorded<PlacedChange['event']>): PlacedChange => ({
  position: Number(position),
  recordedAt,
  event,
});

function passOver(counts: Run['passedOver'], metricId: string, position: number): void {
  const places = entry(counts, metricId, () => new Map<number, number>());
  places.set(position, (places.get(position) ?? 0) + 1);
}
