import { type Kysely } from 'kysely';
import { type Metric } from '../src/catalog/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Json } from './json.ts';
import { createSharingTables, type SharingTables } from './usage-sharing-tables.ts';
import { createIndex, createTable } from './table.ts';

/** H: the hour, M: the UTC month that starts with the row's window. */
export type Grain = 'H' | 'M';

/**
 * Where counted usage stands: its owner, and how many of the owner's periods were closed when it
 * counted.
 */
export type BucketKey = {
  owner: string;
  metric_id: string;
  grain: Grain;
  window: Instant;
  /** Empty until metrics are grouped. */
  group_key: string;
  after_cut: number;
};

export type BucketRow = BucketKey & {
  /** The total, the maximum or the latest value. */
  value: string;
  /** Of the event that decided it: MAX and LATEST. */
  decided_at: Instant | null;
  decided_order: string | null;
};

export type ValueRow = BucketKey & { value: string; first_at: Instant };

export type UsageTables = {
  /** In PostgreSQL; in SQLite they are kept in runs: see usage-ids.ts. */
  usage_id: { transaction_id: string; position: number; line: number };
  /** Who holds the key from that position on; null: nobody. */
  usage_key: { key: string; from_position: number; owner: string | null; recorded_at: Instant };
  usage_cut: {
    customer_id: string;
    cut: number;
    position: number;
    /** The greatest end of a contract's USAGE period that was closed up to this cut. */
    closed_through: Instant | null;
  };
  usage_metric: {
    metric_id: string;
    definition: Json<Metric>;
    position: number;
    /** Through where it has counted the usage from before that position; then, all is. */
    counted_through: number;
    passed_over: number;
  };
  usage_bucket: BucketRow;
  usage_value: ValueRow;
  /**
   * Usage of that UTC month that was recorded in that after_cut, for a period that was closed by
   * then.
   */
  late_usage: {
    customer_id: string;
    month: Instant;
    after_cut: number;
    /** When the last of it was recorded. */
    recorded_at: Instant;
  };
  usage_duplicate: { key: string; duplicates: number };
  usage_conflict: {
    position: number;
    line: number;
    transaction_id: string;
    key: string;
    first_position: number;
    first_line: number;
  };
  /** Every recording of a transactionId but the first, and where that one stands. */
  usage_repeat: {
    transaction_id: string;
    position: number;
    line: number;
    is_conflict: number;
    first_position: number;
  };
  /** Usage under a key that nobody holds. */
  usage_waiting: {
    key: string;
    events: number;
    first_position: number;
    first_recorded_at: Instant;
    last_recorded_at: Instant;
  };
  /** The recorded events of which a metric saw a line that it could not use. */
  usage_passed_over: { metric_id: string; position: number };
  /**
   * Where every so many-th event of a stream of usage stands, its first one's among them: a way
   * into the middle of it, and the list of a key's streams.
   */
  usage_mark: {
    key: string;
    stream: string;
    revision: number;
    position: number;
    /** Of the last event before the next mark. */
    through: number;
    /** The least and the greatest instant of the usage up to there: it need not come in order. */
    first_at: Instant;
    last_at: Instant;
  };
  /**
   * The latest instant at which anything through that position was recorded; events: so many since
   * the row before.
   */
  usage_time: { position: number; recorded_at: Instant; events: number };
} & SharingTables;

export async function createUsageTables(db: Kysely<UsageTables>): Promise<void> {
  await table(db, 'usage_key', ['key', 'from_position'], {
    key: 'text',
    from_position: 'bigint',
    owner: 'text?',
    recorded_at: 'text',
  });
  await db.schema.createIndex('usage_key_owner').on('usage_key').column('owner').execute();
  await table(db, 'usage_cut', ['customer_id', 'cut'], {
    customer_id: 'text',
    cut: 'integer',
    position: 'bigint',
    closed_through: 'text?',
  });
  await table(db, 'usage_metric', ['metric_id'], {
    metric_id: 'text',
    definition: 'text',
    position: 'bigint',
    counted_through: 'bigint',
    passed_over: 'bigint',
  });
  await table(db, 'usage_bucket', bucketKey, {
    ...bucketColumns,
    value: 'text',
    decided_at: 'text?',
    decided_order: 'text?',
  });
  await table(db, 'usage_value', [...bucketKey, 'value'], {
    ...bucketColumns,
    value: 'text',
    first_at: 'text',
  });
  await table(db, 'late_usage', ['customer_id', 'month', 'after_cut'], {
    customer_id: 'text',
    month: 'text',
    after_cut: 'integer',
    recorded_at: 'text',
  });
  await table(db, 'usage_duplicate', ['key'], { key: 'text', duplicates: 'bigint' });
  await table(db, 'usage_conflict', ['position', 'line'], {
    position: 'bigint',
    line: 'integer',
    transaction_id: 'text',
    key: 'text',
    first_position: 'bigint',
    first_line: 'integer',
  });
  await createExceptionTables(db);
  await table(db, 'usage_mark', ['key', 'stream', 'revision'], {
    key: 'text',
    stream: 'text',
    revision: 'bigint',
    position: 'bigint',
    through: 'bigint',
    first_at: 'text',
    last_at: 'text',
  });
  await table(db, 'usage_time', ['position'], {
    position: 'bigint',
    recorded_at: 'text',
    events: 'integer',
  });
  await createSharingTables(db);
}

/** What an operator may want to look at: nothing is written here for usage that just counts. */
async function createExceptionTables(db: Kysely<UsageTables>): Promise<void> {
  await table(db, 'usage_repeat', ['transaction_id', 'position', 'line'], {
    transaction_id: 'text',
    position: 'bigint',
    line: 'integer',
    is_conflict: 'integer',
    first_position: 'bigint',
  });
  await createIndex(db, 'usage_repeat', 'place', ['position']);
  await table(db, 'usage_waiting', ['key'], {
    key: 'text',
    events: 'bigint',
    first_position: 'bigint',
    first_recorded_at: 'text',
    last_recorded_at: 'text',
  });
  await createIndex(db, 'usage_waiting', 'age', ['first_position']);
  await table(db, 'usage_passed_over', ['metric_id', 'position'], {
    metric_id: 'text',
    position: 'bigint',
  });
}

export const bucketKey = [
  'owner',
  'metric_id',
  'grain',
  'window',
  'group_key',
  'after_cut',
] as const;

const bucketColumns = {
  owner: 'text',
  metric_id: 'text',
  grain: 'text',
  window: 'text',
  group_key: 'text',
  after_cut: 'integer',
} as const;

/** Half the pages to write. */
const table = (
  db: Kysely<UsageTables>,
  name: string,
  key: readonly string[],
  columns: Parameters<typeof createTable>[2],
): Promise<void> => createTable(db, name, columns, key, { byKey: true });
