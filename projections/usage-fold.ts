import { type Kysely } from 'kysely';
import { type BillableMetricCreated, type Metric } from '../src/catalog/events.ts';
import { hourOf, type Instant } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { sees, seesType } from '../src/usage/filters.ts';
import { tallyOf, type Tally } from '../src/usage/metering.ts';
import { count, writeDeltas, type Counted, type Deltas } from './usage-deltas.ts';
import {
  firstRecordings,
  onlyFirst,
  placedLines,
  type OriginalLine,
  type PlacedLine,
} from './usage-dedupe.ts';
import {
  keyHistories,
  ownership,
  pastStandings,
  standings,
  unclaimedStanding,
  type Standing,
} from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/** The usage events after a position and through another, in log order. */
export type UsageHistory = (
  after: bigint,
  through: bigint,
) => AsyncIterable<readonly Recorded<UsageRecorded>[]>;

/**
 * Counts usage that follows one another in the log, with no change of keys, cuts or metrics
 * between.
 */
export async function foldUsage(
  events: readonly Recorded<UsageRecorded>[],
  metrics: readonly Metric[],
  originalLine: OriginalLine,
  db: Kysely<UsageTables>,
): Promise<void> {
  const lines = await firstRecordings(placedLines(events), originalLine, db);
  const histories = await keyHistories(
    db,
    lines.map((line) => line.key),
  );
  const holders = new Map<string, string | undefined>();
  for (const [key, history] of histories) holders.set(key, history.at(-1)?.owner ?? undefined);
  const standingOf = await standings(
    db,
    [...holders.values()].filter((owner) => owner !== undefined),
  );
  const hours: Deltas = new Map();
  const passedOver = new Map<string, number>();
  const seeing = metricsByType(metrics);
  for (const line of lines) {
    const holder = holders.get(line.key);
    const standing = holder === undefined ? unclaimedStanding(line.key) : standingOf(holder);
    for (const metric of seeing(line.usage.eventType)) {
      const tally = tallyOfLine(metric, line);
      if (tally === undefined) continue;
      if (tally === 'passed_over') addTo(passedOver, metric.metricId);
      else count(hours, countedAs(metric, standing, line, tally, line.recordedAt));
    }
  }
  await writeDeltas(hours, db);
  await writePassedOver(passedOver, db);
}

/**
 * A metric that is created after usage was recorded counts that usage too (billing rule 13): each
 * line for the owner, and between the cuts, where it would stand had the metric been there from the
 * start.
 */
export async function foldMetricCreated(
  { position, event }: Recorded<BillableMetricCreated>,
  history: UsageHistory,
  db: Kysely<UsageTables>,
): Promise<void> {
  const passedOver = new Map<string, number>();
  for await (const events of history(0n, position)) {
    const seen = placedLines(events).filter((line) => sees(event, line.usage));
    const lines = await onlyFirst(seen, db);
    const histories = await keyHistories(
      db,
      lines.map((line) => line.key),
    );
    const owned = lines.map((line) => ownership(histories.get(line.key) ?? [], line.position));
    const standingAt = await pastStandings(
      db,
      owned.flatMap((to) => (to === undefined ? [] : [to.owner])),
    );
    const hours: Deltas = new Map();
    lines.forEach((line, index) => {
      const to = owned[index];
      const since = to?.claim?.from ?? line.position;
      const recordedAt = to?.claim?.recordedAt ?? line.recordedAt;
      const standing = to === undefined ? unclaimedStanding(line.key) : standingAt(to.owner, since);
      const tally = tallyOfLine(event, line);
      if (tally === 'passed_over') addTo(passedOver, event.metricId);
      else if (tally !== undefined) {
        count(hours, countedAs(event, standing, line, tally, recordedAt));
      }
    });
    await writeDeltas(hours, db);
  }
  await writePassedOver(passedOver, db);
}

const countedAs = (
  { metricId }: Metric,
  standing: Standing,
  { usage }: PlacedLine,
  tally: Tally,
  recordedAt: Instant,
): Counted => ({ metricId, standing, window: hourOf(usage.timestamp), tally, recordedAt });

function tallyOfLine(
  metric: Metric,
  { position, line, usage }: PlacedLine,
): Tally | 'passed_over' | undefined {
  if (!sees(metric, usage)) return undefined;
  return tallyOf(metric, usage, metric.aggregation === 'LATEST' ? orderOf(position, line) : '');
}

/** Compares as text in log order. */
const orderOf = (position: number, line: number): string =>
  `${String(position).padStart(16, '0')}-${String(line).padStart(7, '0')}`;

/** The metrics that may see events of a type; each type is looked up once. */
function metricsByType(metrics: readonly Metric[]): (eventType: string) => readonly Metric[] {
  const known = new Map<string, readonly Metric[]>();
  return (eventType) => {
    let seeing = known.get(eventType);
    if (seeing === undefined) {
      seeing = metrics.filter((metric) => seesType(metric.eventTypeFilter, eventType));
      known.set(eventType, seeing);
    }
    return seeing;
  };
}

const addTo = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

async function writePassedOver(
  counts: ReadonlyMap<string, number>,
  db: Kysely<UsageTables>,
): Promise<void> {
  for (const [metricId, more] of counts) {
    await db
      .updateTable('usage_metric')
      .set(({ eb }) => ({ passed_over: eb('passed_over', '+', more) }))
      .where('metric_id', '=', metricId)
      .execute();
  }
}
