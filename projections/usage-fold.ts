import { type Kysely } from 'kysely';
import { invariant } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { attribute } from './usage-attribute.ts';
import { isChange, isMetric, isUsage, type UsageLog } from './usage-changes.ts';
import { measure } from './usage-measure.ts';
import { metricsOf } from './usage-metrics.ts';
import { type UsageTables } from './usage-tables.ts';
import { timesOf, writeTimes } from './usage-times.ts';

/** Folds a batch of the log in one process: measures it, and gives it to its owners. */
export async function foldBatch(
  events: readonly Recorded[],
  { originalLine }: Pick<UsageLog, 'originalLine'>,
  db: Kysely<UsageTables>,
): Promise<void> {
  const shared = await db
    .selectFrom('usage_share')
    .select('share')
    .where('position', '>', 0)
    .execute();
  invariant(shared.length === 0, 'a store that processes share is not folded by one');
  for (const stretch of betweenMetrics(events)) {
    const metrics = await metricsOf(db);
    const measured = await measure(stretch, { metrics, originalLine, takes: null }, db);
    await attribute([{ ...measured, times: [] }], metrics, db);
  }
  await writeTimes(timesOf(events), db);
}

/** The events that are folded, in stretches that each end with a new metric; the last may not. */
function* betweenMetrics(events: readonly Recorded[]): Generator<readonly Recorded[]> {
  let stretch: Recorded[] = [];
  for (const recorded of events) {
    if (!isUsage(recorded) && !isChange(recorded)) continue;
    stretch.push(recorded);
    if (!isMetric(recorded)) continue;
    yield stretch;
    stretch = [];
  }
  if (stretch.length > 0) yield stretch;
}
