import { type Kysely } from 'kysely';
import { type BillableMetricCreated, type Metric } from '../src/catalog/events.ts';
import { type PeriodClosed } from '../src/contracts/events.ts';
import { type CustomerCreated, type IngestAliasesSet } from '../src/customers/events.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { fromJson, toJson } from './json.ts';
import { foldKeysSet } from './usage-claims.ts';
import { type OriginalLine } from './usage-dedupe.ts';
import { foldMetricCreated, foldUsage, type UsageHistory } from './usage-fold.ts';
import { foldPeriodClosed } from './usage-owners.ts';
import { type UsageTables } from './usage-tables.ts';

/** How the projection looks back into the log. */
export type UsageLog = { readonly originalLine: OriginalLine; readonly history: UsageHistory };

type UsageChange =
  BillableMetricCreated | CustomerCreated | IngestAliasesSet | PeriodClosed | UsageRecorded;

const folded: Readonly<Record<UsageChange['type'], true>> = {
  BillableMetricCreated: true,
  CustomerCreated: true,
  IngestAliasesSet: true,
  PeriodClosed: true,
  UsageRecorded: true,
};

/** Folds a batch of the log: stretches of usage in memory, what stands between them one by one. */
export async function foldBatch(
  events: readonly Recorded[],
  log: UsageLog,
  db: Kysely<UsageTables>,
): Promise<void> {
  let metrics = await metricsOf(db);
  let run: Recorded<UsageRecorded>[] = [];
  const foldRun = async (): Promise<void> => {
    if (run.length > 0) await foldUsage(run, metrics, log.originalLine, db);
    run = [];
  };
  for (const recorded of events) {
    if (!isFolded(recorded)) continue;
    if (isOf(recorded, 'UsageRecorded')) {
      run.push(recorded);
      continue;
    }
    await foldRun();
    metrics = await foldChange(recorded, metrics, log, db);
  }
  await foldRun();
}

/** Gives the metrics from here on. */
async function foldChange(
  recorded: Recorded<UsageChange>,
  metrics: readonly Metric[],
  log: UsageLog,
  db: Kysely<UsageTables>,
): Promise<readonly Metric[]> {
  const { event } = recorded;
  const position = Number(recorded.position);
  switch (event.type) {
    case 'BillableMetricCreated': {
      const { type: _type, ...metric } = event;
      await db
        .insertInto('usage_metric')
        .values({
          metric_id: metric.metricId,
          definition: toJson(metric),
          position,
          passed_over: 0,
        })
        .execute();
      await foldMetricCreated({ ...recorded, event }, log.history, db);
      return [...metrics, metric];
    }
    case 'CustomerCreated':
    case 'IngestAliasesSet':
      await foldKeysSet(event, { position, recordedAt: recorded.metadata.recordedAt }, metrics, db);
      return metrics;
    case 'PeriodClosed':
      await foldPeriodClosed(event, position, db);
      return metrics;
    case 'UsageRecorded':
      return metrics;
  }
}

const metricsOf = async (db: Kysely<UsageTables>): Promise<readonly Metric[]> => {
  const rows = await db
    .selectFrom('usage_metric')
    .select('definition')
    .orderBy('position')
    .execute();
  return rows.map(({ definition }) => fromJson(definition));
};

const isFolded = (recorded: Recorded): recorded is Recorded<UsageChange> =>
  Object.hasOwn(folded, recorded.event.type);

const isOf = <Type extends UsageChange['type']>(
  recorded: Recorded<UsageChange>,
  type: Type,
): recorded is Recorded<Extract<UsageChange, { type: Type }>> => recorded.event.type === type;
