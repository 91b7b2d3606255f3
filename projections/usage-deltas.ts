import { type Kysely } from 'kysely';
import { type Aggregation } from '../src/catalog/events.ts';
import { latest, monthOf, type Instant } from '../src/kernel/calendar.ts';
import { decimal, printDecimal } from '../src/kernel/decimal.ts';
import { present } from '../src/kernel/invariant.ts';
import { keepFirst, mergeTallies, quantityOf, type Tally } from '../src/usage/metering.ts';
import { chunked } from './usage-chunks.ts';
import { readBuckets, writeBuckets, writeValues } from './usage-rows.ts';
import { type Standing } from './usage-owners.ts';
import {
  type BucketKey,
  type BucketRow,
  type Grain,
  type UsageTables,
  type ValueRow,
} from './usage-tables.ts';

/** A set of values that is this batch's own, and grows in place. */
type OwnValues = { readonly aggregation: 'UNIQUE'; readonly firstAt: Map<string, Instant> };
type Total = Exclude<Tally, { readonly aggregation: 'UNIQUE' }>;

/**
 * What counts, and where: in the window, an hour or a month by its start, of a metric and an owner.
 */
export type Counted = {
  readonly metricId: string;
  readonly standing: Standing;
  readonly window: Instant;
  readonly tally: Tally;
  /** When it came to its owner. */
  readonly recordedAt: Instant;
};

/** What one window of a metric and owner gains; recordedAt: when the last of it came. */
type Delta = Omit<Counted, 'tally' | 'recordedAt'> & {
  tally: Total | OwnValues;
  recordedAt: Instant;
};

/** What a batch of usage adds to the buckets, by bucket. */
export type Deltas = Map<string, Delta>;

export function count(deltas: Deltas, counted: Counted): void {
  const { metricId, window, standing, tally, recordedAt } = counted;
  const key = `${standing.owner} ${metricId} ${window} ${String(standing.afterCut)}`;
  const delta = deltas.get(key);
  if (delta === undefined) {
    const own = tally.aggregation === 'UNIQUE' ? ownValues(tally.firstAt) : tally;
    deltas.set(key, { ...counted, tally: own });
    return;
  }
  delta.recordedAt = latest(delta.recordedAt, recordedAt);
  if (delta.tally.aggregation === 'UNIQUE' && tally.aggregation === 'UNIQUE') {
    keepFirst(delta.tally.firstAt, tally.firstAt);
  } else {
    delta.tally = mergeTallies(delta.tally, tally) as Total;
  }
}

/**
 * Writes what the hours gain, into their rows and into those of their months, and marks what is
 * late.
 */
export async function writeDeltas(hours: Deltas, db: Kysely<UsageTables>): Promise<void> {
  const months: Deltas = new Map();
  for (const delta of hours.values()) {
    count(months, { ...delta, window: monthOf(delta.window) });
  }
  const deltas = [...placed(hours, 'H'), ...placed(months, 'M')];
  await writeTotals(deltas.filter(isTotal), db);
  await writeValues(db, deltas.flatMap(valueRows));
  await markLate([...hours.values()], db);
}

export const tallyOfRow = (
  aggregation: Exclude<Aggregation, 'UNIQUE'>,
  row: Pick<BucketRow, 'value' | 'decided_at' | 'decided_order'>,
): Total => {
  const value = decimal(row.value);
  if (aggregation === 'COUNT' || aggregation === 'SUM') return { aggregation, total: value };
  const at = present(row.decided_at, 'the deciding event has an instant');
  if (aggregation === 'MAX') return { aggregation, value, at };
  return {
    aggregation,
    value,
    at,
    order: present(row.decided_order, 'LATEST knows the log order'),
  };
};

const ownValues = (firstAt: ReadonlyMap<string, Instant>): OwnValues => ({
  aggregation: 'UNIQUE',
  firstAt: new Map(firstAt),
});

type PlacedDelta = { readonly row: BucketKey; readonly tally: Delta['tally'] };
type PlacedTotal = { readonly row: BucketKey; readonly tally: Total };

/** In the order of the table's key, so that rows that stand together are written together. */
const placed = (deltas: Deltas, grain: Grain): PlacedDelta[] =>
  [...deltas]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, delta]) => ({ row: placeOf(delta, grain), tally: delta.tally }));

const placeOf = ({ metricId, window, standing }: Counted, grain: Grain): BucketKey => ({
  owner: standing.owner,
  metric_id: metricId,
  grain,
  window,
  group_key: '',
  after_cut: standing.afterCut,
});

const isTotal = (delta: PlacedDelta): delta is PlacedTotal => delta.tally.aggregation !== 'UNIQUE';

const valueRows = ({ row, tally }: PlacedDelta): ValueRow[] =>
  tally.aggregation === 'UNIQUE'
    ? Array.from(tally.firstAt, ([value, first_at]) => ({ ...row, value, first_at })).sort((a, b) =>
        compareText(a.value, b.value),
      )
    : [];

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function writeTotals(deltas: readonly PlacedTotal[], db: Kysely<UsageTables>): Promise<void> {
  const read = await readBuckets(
    db,
    deltas.map(({ row }) => row),
  );
  const known = new Map(read.map((row) => [rowKey(row), row]));
  const rows = deltas.map(({ row, tally }) => {
    const before = known.get(rowKey(row));
    const merged =
      before === undefined ? tally : mergeTallies(tallyOfRow(tally.aggregation, before), tally);
    return {
      ...row,
      value: printDecimal(quantityOf(merged)),
      decided_at: 'at' in merged ? merged.at : null,
      decided_order: 'order' in merged ? merged.order : null,
    };
  });
  await writeBuckets(db, rows);
}

const rowKey = (row: BucketKey): string =>
  `${row.metric_id} ${row.grain} ${row.window} ${String(row.after_cut)} ${row.owner}`;

async function markLate(hours: readonly Delta[], db: Kysely<UsageTables>): Promise<void> {
  const marks = new Map<string, UsageTables['late_usage']>();
  for (const { window, standing, recordedAt } of hours) {
    if (standing.closedThrough === null || window >= standing.closedThrough) continue;
    const month = monthOf(window);
    const key = `${month} ${String(standing.afterCut)} ${standing.owner}`;
    marks.set(key, {
      customer_id: standing.owner,
      month,
      after_cut: standing.afterCut,
      recorded_at: latest(recordedAt, marks.get(key)?.recorded_at ?? recordedAt),
    });
  }
  for (const chunk of chunked([...marks.values()])) {
    await db
      .insertInto('late_usage')
      .values(chunk)
      .onConflict((conflict) =>
        conflict
          .columns(['customer_id', 'month', 'after_cut'])
          .doUpdateSet((eb) => ({ recorded_at: eb.ref('excluded.recorded_at') }))
          .whereRef('excluded.recorded_at', '>', 'late_usage.recorded_at'),
      )
      .execute();
  }
}
