import { sql, type Kysely } from 'kysely';
import { type Metric } from '../src/catalog/events.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { inChunks } from './chunks.ts';
import { fromJson } from './json.ts';
import { type Behind } from './store.ts';
import { type UsageHistory } from './usage-changes.ts';
import { placeLines, type PlacedLine } from './usage-lines.ts';
import { countPast } from './usage-metrics.ts';
import { type UsageTables } from './usage-tables.ts';

/** Lines that a step takes on for a metric: little, so that the log's end does not wait long. */
const fewLines = 5000;
const mostTogether = 500;

/**
 * Counts for new metrics the usage that was recorded before them (billing rule 13), step by step:
 * some of it, and how far they have come, in one transaction. Live usage may be folded between any
 * two steps, and so may keys that are claimed and periods that are closed.
 */
export function countBehind(history: UsageHistory, linesInStep = fewLines): Behind<UsageTables> {
  let reading: Reading | null = null;
  return async (db, write) => {
    const task = await nextTask(db);
    if (task === null) {
      reading = null;
      return null;
    }
    const { metrics, after, through } = task;
    if (reading?.at !== after || reading.through !== through) {
      reading = read(history, after, through);
    }
    try {
      const lines = Math.max(linesInStep / 20, linesInStep / metrics.length);
      const events = await take(reading, lines);
      const to = reading.at;
      await write((transaction) => countStretch(task, { events, to }, transaction));
    } catch (error) {
      reading = null;
      if (!(error instanceof CountedElsewhere)) throw error;
    }
    const of = metrics.map(({ metricId }) => metricId);
    return { metrics: of, countedThrough: String(after), through: String(through) };
  };
}

type Task = {
  readonly metrics: readonly Metric[];
  readonly after: number;
  readonly through: number;
};

/** Somebody else has counted on: what was about to be counted is. */
class CountedElsewhere extends Error {
  override readonly name = 'CountedElsewhere';
}

/** The oldest that is behind, with those that stand where it does: they read the log together. */
async function nextTask(db: Kysely<UsageTables>): Promise<Task | null> {
  const rows = await db
    .selectFrom('usage_metric')
    .select(['definition', 'position', 'counted_through'])
    .whereRef('counted_through', '<', 'position')
    .orderBy('position')
    .execute();
  const [oldest] = rows;
  if (oldest === undefined) return null;
  const after = oldest.counted_through;
  const together = rows.filter((row) => row.counted_through === after).slice(0, mostTogether);
  return {
    metrics: together.map(({ definition }) => fromJson(definition)),
    after,
    through: oldest.position,
  };
}

async function countStretch(
  { metrics, after }: Task,
  { events, to }: { readonly events: readonly Recorded<UsageRecorded>[]; readonly to: number },
  db: Kysely<UsageTables>,
): Promise<void> {
  const metricIds = metrics.map(({ metricId }) => metricId);
  const moved = await db
    .updateTable('usage_metric')
    .set({ counted_through: to })
    .where('metric_id', 'in', metricIds)
    .where('counted_through', '=', after)
    .executeTakeFirst();
  if (Number(moved.numUpdatedRows) !== metrics.length) throw new CountedElsewhere();
  const lines: PlacedLine[] = [];
  for (const event of events) placeLines(event, 0, null, lines);
  await countPast(metrics, lines, db);
}

/** Usage events as they are read, a page of the log at a time. */
type Reading = {
  readonly through: number;
  /** Through where they are taken. */
  at: number;
  page: Recorded<UsageRecorded>[];
  readonly pages: AsyncIterator<readonly Recorded<UsageRecorded>[]>;
};

const read = (history: UsageHistory, after: number, through: number): Reading => ({
  through,
  at: after,
  page: [],
  pages: history(BigInt(after), BigInt(through))[Symbol.asyncIterator](),
});

/** The next events that hold so many lines, or somewhat more. */
async function take(reading: Reading, lines: number): Promise<Recorded<UsageRecorded>[]> {
  const taken: Recorded<UsageRecorded>[] = [];
  for (let found = 0; found < lines;) {
    const [next] = reading.page;
    if (next === undefined) {
      const more = await reading.pages.next();
      if (more.done === true) {
        reading.at = reading.through;
        return taken;
      }
      reading.page = [...more.value];
      continue;
    }
    reading.page.shift();
    taken.push(next);
    found += next.event.lines.length;
    reading.at = Number(next.position);
  }
  return taken;
}

/** Of the metrics, those that have not counted all from before them, or are not folded yet. */
export async function uncounted(
  db: Kysely<UsageTables>,
  metricIds: readonly string[],
): Promise<readonly string[]> {
  const counted = await inChunks(metricIds, (ids) =>
    db
      .selectFrom('usage_metric')
      .select('metric_id')
      .where('metric_id', 'in', ids)
      .whereRef('counted_through', '=', 'position')
      .execute(),
  );
  const known = new Set(counted.map((row) => row.metric_id));
  return metricIds.filter((metricId) => !known.has(metricId));
}

/** Through where each metric counts usage: where the store stands, once it has caught up. */
export async function countedThrough(
  db: Kysely<UsageTables>,
  metricIds: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const rows = await inChunks(metricIds, (ids) =>
    db
      .selectFrom('usage_metric')
      .select([
        'metric_id',
        'position',
        'counted_through',
        sql<number>`(select position from checkpoint)`.as('checkpoint'),
      ])
      .where('metric_id', 'in', ids)
      .execute(),
  );
  return new Map(
    rows.map((row) => [
      row.metric_id,
      BigInt(row.counted_through < row.position ? row.counted_through : row.checkpoint),
    ]),
  );
}
