import { type Kysely } from 'kysely';
import { type BillableMetricCreated, type Metric } from '../src/catalog/events.ts';
import { hourOf } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { sees } from '../src/usage/filters.ts';
import { fromJson, toJson } from './json.ts';
import { onlyFirst } from './usage-dedupe.ts';
import { gainsAt, writeDeltas, type Deltas } from './usage-deltas.ts';
import { gain } from './usage-gains.ts';
import { placeLines, tallyOfLine, type PlacedLine } from './usage-lines.ts';
import { keyHistories, ownership, pastStandings, unclaimedStanding } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/** The usage events after a position and through another, in log order. */
export type UsageHistory = (
  after: bigint,
  through: bigint,
) => AsyncIterable<readonly Recorded<UsageRecorded>[]>;

/** The metrics so far, in log order. */
export async function metricsOf(db: Kysely<UsageTables>): Promise<readonly Metric[]> {
  const rows = await db
    .selectFrom('usage_metric')
    .select('definition')
    .orderBy('position')
    .execute();
  return rows.map(({ definition }) => fromJson(definition));
}

/**
 * A metric that is created after usage was recorded counts that usage too (billing rule 13): each
 * line for the owner, and between the cuts, where it would stand had the metric been there from the
 * start.
 */
export async function foldMetricCreated(
  { type: _type, ...metric }: BillableMetricCreated,
  position: number,
  history: UsageHistory,
  db: Kysely<UsageTables>,
): Promise<void> {
  const row = { metric_id: metric.metricId, definition: toJson(metric), position, passed_over: 0 };
  await db.insertInto('usage_metric').values(row).execute();
  let passedOver = 0;
  for await (const events of history(0n, BigInt(position))) {
    const placed: PlacedLine[] = [];
    for (const event of events) placeLines(event, 0, null, placed);
    const seen = placed.filter(({ usage }) => sees(metric, usage));
    passedOver += await countPast(metric, await onlyFirst(seen, db), db);
  }
  await addPassedOver(new Map([[metric.metricId, passedOver]]), db);
}

/** Gives how many of the lines the metric could not use. */
async function countPast(
  metric: Metric,
  lines: readonly PlacedLine[],
  db: Kysely<UsageTables>,
): Promise<number> {
  const { metricId } = metric;
  const histories = await keyHistories(
    db,
    lines.map((line) => line.key),
  );
  const owned = lines.map((line) => ownership(histories.get(line.key) ?? [], line.position));
  const standingAt = await pastStandings(
    db,
    owned.flatMap((to) => (to === undefined ? [] : [to.owner])),
  );
  const deltas: Deltas = new Map();
  let passedOver = 0;
  lines.forEach((line, index) => {
    const to = owned[index];
    const since = to?.claim?.from ?? line.position;
    const recordedAt = to?.claim?.recordedAt ?? line.recordedAt;
    const standing = to === undefined ? unclaimedStanding(line.key) : standingAt(to.owner, since);
    const tally = tallyOfLine(metric, line);
    if (tally === 'passed_over') passedOver += 1;
    else if (tally !== undefined) {
      const window = hourOf(line.usage.timestamp);
      gain(gainsAt(deltas, { standing, metricId, groupKey: '' }), window, tally, recordedAt);
    }
  });
  await writeDeltas(deltas, db);
  return passedOver;
}

/** Adds to how many events each metric saw and could not use. */
export async function addPassedOver(
  counts: Iterable<readonly [metricId: string, events: number]>,
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
