import { type Kysely } from 'kysely';
import { type Aggregation } from '../src/catalog/events.ts';
import { latest, monthOf, type Instant } from '../src/kernel/calendar.ts';
import { decimal, printDecimal } from '../src/kernel/decimal.ts';
import { present } from '../src/kernel/invariant.ts';
import { mergeTallies, quantityOf } from '../src/usage/metering.ts';
import { chunked } from './usage-chunks.ts';
import { entry, gain, gained, type Gain, type Gains, type Total } from './usage-gains.ts';
import { readBuckets, writeBuckets, writeValues } from './usage-rows.ts';
import { type Standing } from './usage-owners.ts';
import {
  type BucketKey,
  type BucketRow,
  type Grain,
  type UsageTables,
  type ValueRow,
} from './usage-tables.ts';

/** What something adds to: a metric and group of an owner. */
type Account = {
  readonly standing: Standing;
  readonly metricId: string;
  readonly groupKey: string;
};

type Delta = Account & { readonly hours: Gains };

/** What usage adds to the hours of accounts. */
export type Deltas = Map<string, Delta>;

/** What is added to that account so far. */
export function gainsAt(deltas: Deltas, account: Account): Gains {
  const { standing, metricId, groupKey } = account;
  const name = nameOf(standing.owner, metricId, standing.afterCut, groupKey);
  return entry(deltas, name, () => ({ ...account, hours: new Map<Instant, Gain>() })).hours;
}

/** Different for every account, whatever owners and groups are called. */
const nameOf = (owner: string, metricId: string, afterCut: number, groupKey: string): string =>
  `${owner} ${metricId} ${String(afterCut)} ${groupKey} ${String(groupKey.length)}`;

/**
 * Writes what the hours gain, into their rows and into those of their months, and marks what is
 * late. In the order of the tables' keys, so that rows that stand together are written together.
 */
export async function writeDeltas(deltas: Deltas, db: Kysely<UsageTables>): Promise<void> {
  const ordered = [...deltas].sort(([a], [b]) => compareText(a, b));
  const placed = ordered.flatMap(([, delta]) => placedGains(delta));
  await writeTotals(placed.filter(isTotal), db);
  await writeValues(db, placed.flatMap(valueRows));
  await markLate([...deltas.values()], db);
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

type PlacedGain = { readonly row: BucketKey; readonly tally: Gain['tally'] };
type PlacedTotal = { readonly row: BucketKey; readonly tally: Total };

function placedGains({ standing, metricId, groupKey, hours }: Delta): PlacedGain[] {
  const months: Gains = new Map();
  for (const [hour, of] of hours) gain(months, monthOf(hour), gained(of), of.recordedAt);
  const placed = (grain: Grain, gains: Gains): PlacedGain[] =>
    [...gains]
      .sort(([a], [b]) => compareText(a, b))
      .map(([window, of]) => ({
        row: {
          owner: standing.owner,
          metric_id: metricId,
          grain,
          window,
          group_key: groupKey,
          after_cut: standing.afterCut,
        },
        tally: gained(of),
      }));
  return [...placed('H', hours), ...placed('M', months)];
}

const isTotal = (placed: PlacedGain): placed is PlacedTotal =>
  placed.tally.aggregation !== 'UNIQUE';

const valueRows = ({ row, tally }: PlacedGain): ValueRow[] =>
  tally.aggregation === 'UNIQUE'
    ? Array.from(tally.firstAt, ([value, first_at]) => ({ ...row, value, first_at })).sort((a, b) =>
        compareText(a.value, b.value),
      )
    : [];

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function writeTotals(deltas: readonly PlacedTotal[], db: Kysely<UsageTables>): Promise<void> {
  const { rows: read } = await readBuckets(
    db,
    deltas.map(({ row }, place) => ({ ...row, place })),
  );
  const known = new Map(read.map((row) => [row.place, row]));
  const rows = deltas.map(({ row, tally }, place) => {
    const before = known.get(place);
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

async function markLate(deltas: readonly Delta[], db: Kysely<UsageTables>): Promise<void> {
  const marks = new Map<string, UsageTables['late_usage']>();
  for (const { standing, hours } of deltas) {
    const { owner, afterCut, closedThrough } = standing;
    if (closedThrough === null) continue;
    for (const [hour, { recordedAt }] of hours) {
      if (hour >= closedThrough) continue;
      const month = monthOf(hour);
      const name = `${month} ${String(afterCut)} ${owner}`;
      marks.set(name, {
        customer_id: owner,
        month,
        after_cut: afterCut,
        recorded_at: latest(recordedAt, marks.get(name)?.recorded_at ?? recordedAt),
      });
    }
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
