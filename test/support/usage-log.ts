import { afterAll, beforeAll } from 'vitest';
import { type Kysely } from 'kysely';
import { openStore, type Store } from '../../projections/store.ts';
import { type UsageLog } from '../../projections/usage-changes.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { type Aggregation, type BillableMetricCreated } from '../../src/catalog/events.ts';
import { type PeriodClosed } from '../../src/contracts/events.ts';
import { type CustomerCreated, type IngestAliasesSet } from '../../src/customers/events.ts';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type PropertyValue, type UsageLine, type UsageRecorded } from '../../src/usage/events.ts';
import { discard, newFolder, placeOf } from './places.ts';
import { keptIds } from './usage-ids.ts';

export type UsageChange =
  BillableMetricCreated | CustomerCreated | IngestAliasesSet | PeriodClosed | UsageRecorded;

const start = instant('2024-01-01T00:00:00Z');

/** When the event at a position was recorded: an hour after the one before it. */
export const recordedAt = (position: number): Instant => addHours(start, position / 10);

/** The events at positions 10, 20, ... */
export const recorded = (events: readonly UsageChange[]): Recorded<UsageChange>[] =>
  events.map((event, index) => ({
    stream: 'any',
    revision: index,
    position: BigInt((index + 1) * 10),
    id: `event-${String(index)}`,
    event,
    metadata: {
      version: 1,
      actor: 'test',
      requestIds: [],
      recordedAt: recordedAt((index + 1) * 10),
    },
  }));

export const metricCreated = (
  aggregation: Aggregation,
  eventType = 'used',
  metricId = `met_${aggregation}`,
): BillableMetricCreated => ({
  type: 'BillableMetricCreated',
  metricId,
  name: aggregation,
  aggregation,
  aggregationKey: aggregation === 'COUNT' ? null : 'n',
  eventTypeFilter: { inValues: [eventType], notInValues: null },
  propertyFilters: [],
  groupKeys: [],
  createdAt: start,
});

export const customerCreated = (
  customerId: string,
  ...ingestAliases: readonly string[]
): CustomerCreated => ({
  type: 'CustomerCreated',
  customerId,
  name: customerId,
  ingestAliases,
  billingConfig: null,
  createdAt: start,
});

export const aliasesSet = (
  customerId: string,
  ...ingestAliases: readonly string[]
): IngestAliasesSet => ({ type: 'IngestAliasesSet', customerId, ingestAliases });

export const periodClosed = (
  customerId: string,
  cut: number,
  periodEnd: Instant,
  invoiceType: PeriodClosed['invoiceType'] = 'USAGE',
): PeriodClosed => ({
  type: 'PeriodClosed',
  customerId,
  contractId: 'con',
  invoiceId: `inv-${String(cut)}`,
  invoiceType,
  periodStart: start,
  periodEnd,
  lateOnly: false,
  cut,
  closedAt: periodEnd,
});

export const used = (
  transactionId: string,
  timestamp: string,
  n?: PropertyValue,
  eventType = 'used',
): UsageLine => ({
  transactionId,
  eventType,
  timestamp: instant(timestamp),
  properties: n === undefined ? {} : { n },
});

export const usage = (key: string, ...lines: readonly UsageLine[]): UsageRecorded => ({
  type: 'UsageRecorded',
  key,
  lines,
});

/** Looks back into the events, as the projection does into the log. */
export const logOf = (events: () => readonly Recorded<UsageChange>[]): UsageLog => ({
  originalLine: (position, line) => {
    const found = events().find((one) => one.position === position)?.event;
    const original = found?.type === 'UsageRecorded' ? found : undefined;
    const { key, lines } = present(original, 'usage at that position');
    return Promise.resolve({ key, line: present(lines[line], 'a line of it') });
  },
  async *history(after, through) {
    for (const one of events()) {
      const { event, position } = one;
      if (event.type !== 'UsageRecorded' || position <= after || position > through) continue;
      yield await Promise.resolve([{ ...one, event }]);
    }
  },
});

export type UsageStore = {
  readonly db: Kysely<UsageTables>;
  /**
   * Folds the events alone, in batches of these sizes over and over; by default all at once. After
   * each, so many steps of what is left behind, over and over; in the end, all of them.
   */
  fold(
    events: readonly Recorded<UsageChange>[],
    batchSizes?: readonly number[],
    steps?: readonly number[],
  ): Promise<Kysely<UsageTables>>;
  /** All rows of all tables, as text, in an order that the rows alone give. */
  rows(): Promise<Record<string, unknown[]>>;
};

/** A usage store of its own for the tests of a suite; linesInStep: see countBehind. */
export function useUsageStore(linesInStep = 2): UsageStore {
  const folder = newFolder();
  let log: readonly Recorded<UsageChange>[] = [];
  let open: Store<UsageTables> | undefined;
  const store = (): Store<UsageTables> => present(open, 'opened before the tests');
  beforeAll(async () => {
    const projections = [
      usageProjection(
        logOf(() => log),
        linesInStep,
      ),
    ];
    open = await openStore<UsageTables>({ ...placeOf(folder), name: 'usage', projections });
  });
  afterAll(async () => {
    await store().close();
    await discard(folder);
  });
  return {
    get db() {
      return store().reader;
    },
    async fold(events, batchSizes = [events.length], steps = [0]) {
      log = events;
      await store().reset();
      let from = 0;
      for (let batch = 0; from < events.length; batch += 1) {
        const size = batchSizes[batch % batchSizes.length] ?? 1;
        const next = events.slice(from, from + size);
        await store().fold(next, next.at(-1)?.position ?? 0n);
        from += size;
        const now = steps[batch % steps.length] ?? 0;
        for (let step = 0; step < now; step += 1) await store().catchUp();
      }
      while ((await store().catchUp()) !== null);
      return store().reader;
    },
    rows: () => usageRows(store().reader),
  };
}

/** All rows that were folded, as text, in an order that the rows alone give. */
export async function usageRows(db: Kysely<UsageTables>): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  all['usage_id'] = (await keptIds(db)).map((row) => JSON.stringify(row)).sort();
  for (const table of tables) {
    const rows = await db.selectFrom(table).selectAll().execute();
    all[table] = rows.map((row) => JSON.stringify(row)).sort();
  }
  return all;
}

/** What readers see, and what tells repeats. */
const tables = [
  'usage_key',
  'usage_cut',
  'usage_metric',
  'usage_bucket',
  'usage_value',
  'late_usage',
  'usage_duplicate',
  'usage_conflict',
  'usage_repeat',
  'usage_waiting',
  'usage_passed_over',
] as const;
