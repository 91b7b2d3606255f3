import { type Kysely } from 'kysely';
import { wellFormed } from '../src/kernel/names.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { inChunks } from './chunks.ts';
import { among, chunked } from './usage-chunks.ts';
import { type StreamMark } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** So many events of a stream stand between two marks: few rows, and little to search. */
const eventsBetween = 64;

export const isMarked = ({ revision }: Recorded<UsageRecorded>): boolean =>
  revision % eventsBetween === 0;

export const markOf = ({ stream, revision, position, event }: Recorded<UsageRecorded>) => ({
  key: wellFormed(event.key),
  stream,
  revision,
  position: Number(position),
});

export async function writeMarks(
  marks: readonly StreamMark[],
  db: Kysely<UsageTables>,
): Promise<void> {
  for (const chunk of chunked(marks)) await db.insertInto('usage_mark').values(chunk).execute();
}

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
