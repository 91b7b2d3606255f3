import { type Kysely } from 'kysely';
import { type Metric } from '../src/catalog/events.ts';
import { hourOf, type Instant } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type GroupKey } from '../src/usage/groups.ts';
import { type Tally } from '../src/usage/metering.ts';
import { isChange, isUsage } from './usage-changes.ts';
import { isMarked, markOf } from './usage-marks.ts';
import { firstRecordings, type OriginalLine } from './usage-dedupe.ts';
import { entry, gain, type Gain, type Gains } from './usage-gains.ts';
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
  type StreamMark,
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
): Promise<Measured> {
  const changes: PlacedChange[] = [];
  const lines: PlacedLine[] = [];
  const marks: StreamMark[] = [];
  for (const recorded of events) {
    if (isUsage(recorded)) {
      placeLines(recorded, changes.length, takes, lines);
      if (isMarked(recorded)) marks.push(markOf(recorded));
    } else if (isChange(recorded)) changes.push(placedChange(recorded));
  }
  const { firsts, repeats } = await firstRecordings(lines, originalLine, db);
  const runs = new Map<number, Run>();
  const runAt = (after: number): Run => entry(runs, after, newRun);
  const seeing = metricsByType(metrics);
  for (const line of firsts) {
    const run = runAt(line.run);
    for (const metric of seeing(line.usage.eventType)) {
      const tally = tallyOfLine(metric, line);
      if (tally === undefined) continue;
      if (tally !== 'passed_over') count(run.series, metric, line, tally);
      else addTo(run.passedOver, metric.metricId);
    }
  }
  for (const [run, repeat] of repeats) runAt(run).repeats.push(repeat);
  return { changes, runs: Array.from(runs, ([after, run]) => measured(after, run)), marks };
}

/** By metric, key and group. */
type Series = Map<string, Map<string, Map<GroupKey, Gains>>>;

type Run = {
  readonly series: Series;
  readonly passedOver: Map<string, number>;
  readonly repeats: NotedRepeat[];
};

const newRun = (): Run => ({ series: new Map(), passedOver: new Map(), repeats: [] });

function count(series: Series, metric: Metric, line: PlacedLine, tally: Tally): void {
  const keys = entry(series, metric.metricId, () => new Map<string, Map<GroupKey, Gains>>());
  const groups = entry(keys, line.key, () => new Map<GroupKey, Gains>());
  const gains = entry(groups, groupOfLine(metric, line), () => new Map<Instant, Gain>());
  gain(gains, hourOf(line.usage.timestamp), tally, line.recordedAt);
}

const measured = (after: number, { series, passedOver, repeats }: Run): MeasuredRun => ({
  after,
  series: [...measuredSeries(series)],
  passedOver: [...passedOver],
  repeats,
});

function* measuredSeries(series: Series): Generator<MeasuredSeries> {
  for (const [metricId, keys] of series) {
    for (const [key, groups] of keys) {
      for (const [groupKey, gains] of groups) {
        const hours = Array.from(
          gains,
          ([window, { tally, recordedAt }]) => [window, writeTally(tally), recordedAt] as const,
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

const addTo = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};
