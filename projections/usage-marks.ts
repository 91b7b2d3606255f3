import { type Kysely } from 'kysely';
import { type Stretch } from '../src/audit/keys.ts';
import { type Interval } from '../src/kernel/calendar.ts';
import { inChunks } from './chunks.ts';
import { among } from './usage-chunks.ts';
import { eventsBetween } from './usage-marking.ts';
import { type UsageTables } from './usage-tables.ts';

/** Where to begin to read a stream of usage, for what it holds behind a position. */
export type StreamPlace = {
  readonly key: string;
  readonly stream: string;
  readonly from: number;
  /** The position of its first event. */
  readonly startsAt: bigint;
};

/**
 * Every stream of usage under the keys, or those of them that are named, from the last mark that is
 * not behind the position.
 */
export async function streamsOfKeys(
  db: Kysely<UsageTables>,
  keys: readonly string[],
  after: bigint,
  streams: readonly string[] | null = null,
): Promise<readonly StreamPlace[]> {
  const rows = await inChunks(keys, (chunk) =>
    db
      .selectFrom('usage_mark')
      .select(['key', 'stream'])
      .select(({ fn, eb }) =>
        fn
          .coalesce(fn.max('revision').filterWhere('position', '<=', Number(after)), eb.val(0))
          .as('from'),
      )
      .select(({ fn }) => fn.min('position').as('starts_at'))
      .where('key', 'in', chunk)
      .$if(streams !== null, (marks) => marks.where(among(db, 'stream', streams ?? [])))
      .groupBy(['key', 'stream'])
      .orderBy('stream')
      .execute(),
  );
  return rows.map((row) => ({
    key: row.key,
    stream: row.stream,
    from: row.from,
    startsAt: BigInt(row.starts_at),
  }));
}

/** The first marked event of a stream that is not before the revision, if there is one. */
export async function markFrom(
  db: Kysely<UsageTables>,
  key: string,
  stream: string,
  revision: number,
): Promise<{ readonly revision: number; readonly position: bigint } | undefined> {
  const row = await db
    .selectFrom('usage_mark')
    .select(['revision', 'position'])
    .where('key', '=', key)
    .where('stream', '=', stream)
    .where('revision', '>=', revision)
    .orderBy('revision')
    .limit(1)
    .executeTakeFirst();
  return row && { revision: row.revision, position: BigInt(row.position) };
}

/** Usage of an interval, where it was recorded in some stretches of the log. */
export type UsageSought = {
  readonly interval: Interval;
  readonly stretches: readonly Stretch[];
};

/**
 * The first revision of a stream, not before that one, from which on there may be what is sought;
 * undefined: there is none.
 */
export async function revisionWith(
  db: Kysely<UsageTables>,
  { key, stream, from }: Pick<StreamPlace, 'key' | 'stream' | 'from'>,
  { interval, stretches }: UsageSought,
): Promise<number | undefined> {
  const row = await db
    .selectFrom('usage_mark')
    .select('revision')
    .where('key', '=', key)
    .where('stream', '=', stream)
    .where('revision', '>', from - eventsBetween)
    .where('first_at', '<', interval.endingBefore)
    .where('last_at', '>=', interval.startingAt)
    .where((eb) =>
      eb.or(
        stretches.map((stretch) =>
          eb.and([
            eb('through', '>=', Number(stretch.from)),
            ...(stretch.before === null ? [] : [eb('position', '<', Number(stretch.before))]),
          ]),
        ),
      ),
    )
    .orderBy('revision')
    .limit(1)
    .executeTakeFirst();
  return row && Math.max(row.revision, from);
}
