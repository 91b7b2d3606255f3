import { sql, type Kysely } from 'kysely';
import { invariant } from '../src/kernel/invariant.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { fromJson } from './json.ts';
import { type Held } from './leases.ts';
import { type Behind } from './store.ts';
import { type Measured } from './usage-measured.ts';
import { attribute } from './usage-attribute.ts';
import { type UsageLog } from './usage-changes.ts';
import { measure } from './usage-measure.ts';
import { metricsOf } from './usage-metrics.ts';
import { allShares, shareCount, shareOf } from './usage-sharing-tables.ts';
import { type UsageTables } from './usage-tables.ts';
import { timesOf } from './usage-times.ts';

/** A stretch of the log that is measured in parts, and then given to its owners at once. */
export type Round = {
  readonly after: number;
  readonly through: number;
  /** Of its last event. */
  readonly eventId: string;
  readonly endsAtMetric: boolean;
};

/** A share of the transactionIds, while this process has it. */
export type HeldShare = { readonly share: number; readonly held: Held };

/** How far those who share the work have come. */
export type Progress = {
  readonly checkpoint: number;
  /** Of each share: through where it is measured. */
  readonly measured: readonly number[];
  /** Those that are not given to their owners yet, in log order, with the parts that are there. */
  readonly rounds: readonly (Round & { readonly shares: number })[];
};

/** Others have measured those shares further: what was about to be written is no news. */
export class SharesMoved extends Error {
  override readonly name = 'SharesMoved';
}

export async function progressOf(db: Kysely<UsageTables>): Promise<Progress> {
  const shares = await db
    .selectFrom('usage_share')
    .select(['position', sql<number>`(select position from checkpoint)`.as('checkpoint')])
    .orderBy('share')
    .execute();
  const rounds = await db
    .selectFrom('usage_round')
    .select((eb) => [
      'after',
      'through',
      'event_id as eventId',
      'ends_at_metric',
      eb
        .selectFrom('usage_measured')
        .select(sql<number>`cast(coalesce(sum(shares), 0) as integer)`.as('shares'))
        .whereRef('usage_measured.through', '=', 'usage_round.through')
        .as('shares'),
    ])
    .orderBy('after')
    .execute();
  invariant(shares.length === shareCount, 'the store is made for so many shares');
  const checkpoint = shares[0]?.checkpoint ?? 0;
  const isShared = shares.every(({ position }) => position >= checkpoint);
  invariant(isShared, 'a store that one process folds is not shared');
  return {
    checkpoint,
    measured: shares.map(({ position }) => position),
    rounds: rounds.map(({ ends_at_metric, shares: parts, ...round }) => ({
      ...round,
      endsAtMetric: ends_at_metric === 1,
      shares: parts ?? 0,
    })),
  };
}

/** Says where the round ends, unless somebody has. */
export const decideRound = (
  writer: Kysely<UsageTables>,
  { after, through, eventId, endsAtMetric }: Round,
  shares: readonly HeldShare[],
): Promise<void> =>
  asHolder(writer, shares, after, async (db) => {
    await db
      .insertInto('usage_round')
      .values({ after, through, event_id: eventId, ends_at_metric: endsAtMetric ? 1 : 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });

/** Measures the shares' part of a round, and moves them on. */
export const measureRound = (
  writer: Kysely<UsageTables>,
  { after, through }: Round,
  events: readonly Recorded[],
  shares: readonly HeldShare[],
  { originalLine }: UsageLog,
): Promise<void> =>
  asHolder(writer, shares, after, async (db) => {
    const taken = new Set(shares.map(({ share }) => share));
    const takes = taken.size === shareCount ? null : (id: string) => taken.has(shareOf(id));
    const metrics = await metricsOf(db);
    const measuring = { metrics, originalLine: wakefully(originalLine, db), takes };
    const { changes, runs, marks } = await measure(events, measuring, db);
    // One of the parts has the changes, the marks and the times.
    const isFirst = taken.has(0);
    const content: Measured = {
      changes: isFirst ? changes : [],
      runs,
      marks: isFirst ? marks : [],
      times: isFirst ? timesOf(events) : [],
    };
    const bits = shares.reduce((all, { share }) => all + 2 ** share, 0);
    await db
      .insertInto('usage_measured')
      .values({ through, shares: bits, content: JSON.stringify(content) })
      .execute();
    await db
      .updateTable('usage_share')
      .set({ position: through })
      .where('share', 'in', [...taken])
      .execute();
  });

/**
 * Gives the next round to its owners and moves the checkpoint; false: it is not measured whole, or
 * somebody else is at it.
 */
export const attributeRound = (
  writer: Kysely<UsageTables>,
  { held }: HeldShare,
): Promise<boolean> =>
  writer.transaction().execute(async (db) => {
    const { rows } = await sql<{ position: number }>`
      select position from checkpoint for update skip locked`.execute(db);
    const [from] = rows;
    if (from === undefined) return false;
    const round = await db
      .selectFrom('usage_round')
      .selectAll()
      .where('after', '=', from.position)
      .executeTakeFirst();
    if (round === undefined) return false;
    const { after, through } = round;
    const parts = await db
      .deleteFrom('usage_measured')
      .where('through', '=', through)
      .returning(['shares', 'content'])
      .execute();
    const shares = parts.reduce((all, part) => all + part.shares, 0);
    if (shares !== allShares) throw new SharesMoved('the round is not measured whole');
    const measured = parts.map(({ content }) => fromJson(content));
    await attribute(measured, await metricsOf(db), db);
    await db.deleteFrom('usage_round').where('after', '=', after).execute();
    await sql`
      update checkpoint
      set position = ${through}, event_position = ${through}, event_id = ${round.event_id}
      where position = ${after}`.execute(db);
    await held.check(db);
    return true;
  });

/** A step of what earlier usage comes to for new metrics, where nobody attributes a round. */
export const countOn = (
  writer: Kysely<UsageTables>,
  { held }: HeldShare,
  count: Behind<UsageTables>,
): Promise<object | null> =>
  count(writer, (write) =>
    writer.transaction().execute(async (db) => {
      await sql`select position from checkpoint for update`.execute(db);
      await write(db);
      await held.check(db);
    }),
  );

/** Writes what only the holder of all the shares may, while they stand there. */
const asHolder = (
  writer: Kysely<UsageTables>,
  shares: readonly HeldShare[],
  after: number,
  write: (db: Kysely<UsageTables>) => Promise<void>,
): Promise<void> =>
  writer.transaction().execute(async (db) => {
    const standing = await db
      .selectFrom('usage_share')
      .select('share')
      .where(
        'share',
        'in',
        shares.map(({ share }) => share),
      )
      .where('position', '=', after)
      .orderBy('share')
      .forUpdate()
      .execute();
    if (standing.length !== shares.length) throw new SharesMoved('the shares are elsewhere');
    await write(db);
    for (const { held } of shares) await held.check(db);
  });

const readsBetween = 32;

/** The database ends transactions in which nothing is asked for long: the log may take its time. */
function wakefully(
  originalLine: UsageLog['originalLine'],
  db: Kysely<UsageTables>,
): UsageLog['originalLine'] {
  let reads = 0;
  return async (position, line) => {
    reads += 1;
    if (reads % readsBetween === 0) await sql`select 1`.execute(db);
    return originalLine(position, line);
  };
}
