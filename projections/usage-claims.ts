import { type Kysely } from 'kysely';
import { type Metric } from '../src/catalog/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type CustomerCreated, type IngestAliasesSet } from '../src/customers/events.ts';
import { present } from '../src/kernel/invariant.ts';
import { wellFormed } from '../src/kernel/names.ts';
import { type Tally } from '../src/usage/metering.ts';
import { gainsAt, tallyOfRow, writeDeltas, type Deltas } from './usage-deltas.ts';
import { gain } from './usage-gains.ts';
import { keyHistories, standings, unclaimed } from './usage-owners.ts';
import { type BucketKey, type UsageTables } from './usage-tables.ts';
import { endWaiting } from './usage-waiting.ts';

/**
 * The customer holds its id and these aliases from here on, and is given what waited under them
 * (billing rule 12).
 */
export async function foldKeysSet(
  { customerId, ingestAliases }: CustomerCreated | IngestAliasesSet,
  at: { readonly position: number; readonly recordedAt: Instant },
  metrics: readonly Metric[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const keys = new Set([customerId, ...ingestAliases.map(wellFormed)]);
  const held = await keysOf(customerId, db);
  const gained = [...keys].filter((key) => !held.has(key));
  const released = [...held].filter((key) => !keys.has(key));
  const changes = [
    ...gained.map((key) => ({ key, owner: customerId })),
    ...released.map((key) => ({ key, owner: null })),
  ].map((change) => ({ ...change, from_position: at.position, recorded_at: at.recordedAt }));
  if (changes.length === 0) return;
  await db.insertInto('usage_key').values(changes).execute();
  await endWaiting(gained, db);
  for (const key of gained) await moveUnclaimed(key, customerId, at.recordedAt, metrics, db);
}

/** The keys that the customer holds now: another may have come to hold one that it once had. */
async function keysOf(customerId: string, db: Kysely<UsageTables>): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('usage_key')
    .select('key')
    .distinct()
    .where('owner', '=', customerId)
    .execute();
  const histories = await keyHistories(
    db,
    rows.map(({ key }) => key),
  );
  return new Set(
    [...histories].filter(([, h]) => h.at(-1)?.owner === customerId).map(([key]) => key),
  );
}

/** What waited is recorded for its owner only now: after all cuts so far. */
async function moveUnclaimed(
  key: string,
  customerId: string,
  recordedAt: Instant,
  metrics: readonly Metric[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const owner = unclaimed(key);
  const totals = await db
    .selectFrom('usage_bucket')
    .selectAll()
    .where('owner', '=', owner)
    .where('grain', '=', 'H')
    .execute();
  const values = await db
    .selectFrom('usage_value')
    .selectAll()
    .where('owner', '=', owner)
    .where('grain', '=', 'H')
    .execute();
  if (totals.length === 0 && values.length === 0) return;
  const standing = (await standings(db, [customerId]))(customerId);
  const aggregations = new Map(metrics.map((metric) => [metric.metricId, metric.aggregation]));
  const deltas: Deltas = new Map();
  const take = (row: BucketKey, tally: Tally): void => {
    const { metric_id: metricId, group_key: groupKey, window } = row;
    gain(gainsAt(deltas, { standing, metricId, groupKey }), window, tally, recordedAt);
  };
  for (const row of totals) {
    const aggregation = present(aggregations.get(row.metric_id), 'a bucket has its metric');
    if (aggregation === 'UNIQUE') continue;
    take(row, tallyOfRow(aggregation, row));
  }
  for (const row of values) {
    const firstAt = new Map([[row.value, row.first_at]]);
    take(row, { aggregation: 'UNIQUE', firstAt });
  }
  await db.deleteFrom('usage_bucket').where('owner', '=', owner).execute();
  await db.deleteFrom('usage_value').where('owner', '=', owner).execute();
  await writeDeltas(deltas, db);
}
