import { sql } from 'kysely';
import { instant } from '../src/kernel/calendar.ts';
import { bulk } from './usage-bulk.ts';
import { bucketKey, type BucketKey, type BucketRow, type ValueRow } from './usage-tables.ts';

const sampleKey: BucketKey = {
  owner: '',
  metric_id: '',
  grain: 'H',
  window: instant('2000-01-01T00:00:00Z'),
  group_key: '',
  after_cut: 0,
};

type FoundBucket = Pick<BucketRow, 'value' | 'decided_at' | 'decided_order'> & { place: number };

/** The buckets of these keys, those that are there, with the place that their key has here. */
export const readBuckets = bulk<BucketKey & { place: number }, FoundBucket>(
  [...bucketKey, 'place'],
  { ...sampleKey, place: 0 },
  (_db, rows) => {
    const columns = sql.join(bucketKey.map((column) => sql.ref(column)));
    const keys = rows.map(
      (row) =>
        sql`(${row.owner}, ${row.metric_id}, ${row.grain}, ${row.window}, ${row.group_key},
          cast(${row.after_cut} as integer), cast(${row.place} as integer))`,
    );
    const same = bucketKey.map((column) => {
      const [there, wanted] = [sql.ref(`usage_bucket.${column}`), sql.ref(`wanted.${column}`)];
      return sql`${there} = ${wanted}`;
    });
    // SQLite goes through a cross join from left to right.
    return sql<FoundBucket>`
      with wanted (${columns}, place) as (values ${sql.join(keys)})
      select place, value, decided_at, decided_order
      from wanted cross join usage_bucket where ${sql.join(same, sql` and `)}`;
  },
);

export const writeBuckets = bulk<BucketRow, unknown>(
  [...bucketKey, 'value', 'decided_at', 'decided_order'],
  { ...sampleKey, value: '', decided_at: null, decided_order: null },
  (db, rows) =>
    db
      .insertInto('usage_bucket')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(bucketKey).doUpdateSet((eb) => ({
          value: eb.ref('excluded.value'),
          decided_at: eb.ref('excluded.decided_at'),
          decided_order: eb.ref('excluded.decided_order'),
        })),
      ),
);

/** Keeps the earlier instant of a value that is there. */
export const writeValues = bulk<ValueRow, unknown>(
  [...bucketKey, 'value', 'first_at'],
  { ...sampleKey, value: '', first_at: sampleKey.window },
  (db, rows) =>
    db
      .insertInto('usage_value')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns([...bucketKey, 'value'])
          .doUpdateSet((eb) => ({ first_at: eb.ref('excluded.first_at') }))
          .whereRef('excluded.first_at', '<', 'usage_value.first_at'),
      ),
);
