import { type Kysely } from 'kysely';
import { type BillableMetricCreated, type Metric } from '../src/catalog/events.ts';
import { hourOf } from '../src/kernel/calendar.ts';
import { sees } from '../src/usage/filters.ts';
import { fromJson, toJson } from './json.ts';
import { chunked } from './usage-chunks.ts';
import { onlyFirst } from './usage-dedupe.ts';
import { gainsAt, writeDeltas, type Deltas } from './usage-deltas.ts';
import { gain } from './usage-gains.ts';
import { hasIds } from './usage-ids.ts';
import { groupOfLine, metricsByType, tallyOfLine, type PlacedLine } from './usage-lines.ts';
import { type PassedOver } from './usage-measured.ts';
import { keyHistories, ownership, pastStandings, unclaimedStanding } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/** The metrics so far, in log order. */
export async function metricsOf(db: Kysely<UsageTables>): Promise<readonly Metric[]> {
  const rows = await db
    .selectFrom('usage_metric')
    .select('definition')
    .orderBy('position')
    .execute();
  return rows.map(({ definition }) => fromJson(definition));
}

/** A metric that is created after usage was recorded counts that later: see usage-behind.ts. */
export async function foldMetricCreated(
  { type: _type, ...metric }: BillableMetricCreated,
  position: number,
  db: Kysely<UsageTables>,
): Promise<void> {
  await db
    .insertInto('usage_metric')
    .values({
      metric_id: metric.metricId,
      definition: toJson(metric),
      position,
      counted_through: (await hasIds(db)) ? 0 : position,
      passed_over: 0,
    })
    .execute();
}

/**
 * Counts lines from before the metrics were created: each for the owner, and between the cuts,
 * where it would stand had the metrics been there from the start, as far as keys and cuts are
 * folded.
 */
export async function countPast(
  metrics: readonly Metric[],
  lines: readonly PlacedLine[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const seeing = metricsByType(metrics);
  const seen = lines.filter(({ usage }) =>
    seeing(usage.eventType).some((metric) => sees(metric, usage)),
  );
  const counted = await onlyFirst(seen, db);
  const keys = new Set(counted.map((line) => line.key));
  const histories = await keyHistories(db, keys);
  const owned = counted.map((line) => ownership(histories.get(line.key) ?? [], line.position));
  const owners = new Set(owned.flatMap((to) => (to === undefined ? [] : [to.owner])));
  const standingAt = await pastStandings(db, owners);
  const deltas: Deltas = new Map();
  const passedOver: PassedOver[] = [];
  counted.forEach((line, index) => {
    const to = owned[index];
    const since = to?.claim?.from ?? line.position;
    const recordedAt = to?.claim?.recordedAt ?? line.recordedAt;
    const standing = to === undefined ? unclaimedStanding(line.key) : standingAt(to.owner, since);
    const window = hourOf(line.usage.timestamp);
    for (const metric of seeing(line.usage.eventType)) {
      const { metricId } = metric;
      const tally = tallyOfLine(metric, line);
      if (tally === undefined) continue;
      if (tally === 'passed_over') {
        passedOver.push([metricId, line.position, 1]);
        continue;
      }
      const groupKey = groupOfLine(metric, line);
      gain(gainsAt(deltas, { standing, metricId, groupKey }), window, tally, recordedAt);
    }
  });
  await writeDeltas(deltas, db);
  await addPassedOver(passedOver, db);
}

/** Adds to how many events each metric saw and could not use, and to where they stand. */
export async function addPassedOver(
  passedOver: readonly PassedOver[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const counts = new Map<string, number>();
  const places = new Map<string, UsageTables['usage_passed_over']>();
  for (const [metricId, position, events] of passedOver) {
    counts.set(metricId, (counts.get(metricId) ?? 0) + events);
    places.set(`${metricId} ${String(position)}`, { metric_id: metricId, position });
  }
  for (const chunk of chunked([...places.values()])) {
    await db
      .insertInto('usage_passed_over')
      .values(chunk)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  for (const [metricId, more] of counts) {
    await db
      .updateTable('usage_metric')
      .set(({ eb }) => ({ passed_over: eb('passed_over', '+', more) }))
      .where('metric_id', '=', metricId)
      .execute();
  }
}
