import { type Kysely } from 'kysely';
import { tallyOfRow } from '../../projections/usage-deltas.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { present } from '../../src/kernel/invariant.ts';
import { metrics } from './usage-arbitraries.ts';
import { tallyText, type Reference } from './usage-reference.ts';

/** What the tables hold, in the reference's words. */
export async function held(db: Kysely<UsageTables>): Promise<Reference> {
  const aggregations = new Map(metrics.map((metric) => [metric.metricId, metric.aggregation]));
  const tallies = new Map<string, string>();
  for (const row of await db.selectFrom('usage_bucket').selectAll().execute()) {
    const aggregation = present(aggregations.get(row.metric_id), 'a metric of the log');
    if (aggregation === 'UNIQUE') throw new Error('UNIQUE keeps no bucket');
    tallies.set(rowName(row), tallyText(tallyOfRow(aggregation, row)));
  }
  const values = new Map<string, [string, string][]>();
  for (const row of await db.selectFrom('usage_value').selectAll().execute()) {
    values.set(rowName(row), [...(values.get(rowName(row)) ?? []), [row.value, row.first_at]]);
  }
  for (const [row, all] of values) tallies.set(row, JSON.stringify(all.sort()));
  const counts = await db.selectFrom('usage_metric').selectAll().execute();
  const late = await db.selectFrom('late_usage').selectAll().execute();
  return {
    tallies,
    passedOver: new Map(counts.map((row) => [row.metric_id, row.passed_over])),
    late: new Map(
      late.map((row) => [[row.customer_id, row.month, row.after_cut].join(' '), row.recorded_at]),
    ),
  };
}

const rowName = (row: {
  owner: string;
  metric_id: string;
  grain: string;
  window: string;
  group_key: string;
  after_cut: number;
}): string =>
  [row.owner, row.metric_id, row.grain, row.window, row.after_cut, row.group_key].join(' ');
