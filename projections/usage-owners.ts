import { type Kysely } from 'kysely';
import { latest, type Instant } from '../src/kernel/calendar.ts';
import { type PeriodClosed } from '../src/contracts/events.ts';
import { inChunks } from './chunks.ts';
import { among } from './usage-chunks.ts';
import { type UsageTables } from './usage-tables.ts';

/** Who holds a key from a position on; null: nobody. */
export type Holding = {
  readonly from: number;
  readonly owner: string | null;
  readonly recordedAt: Instant;
};

/**
 * Where a line counts: its owner, how many of the owner's periods are closed by then, and through
 * when.
 */
export type Standing = {
  readonly owner: string;
  readonly afterCut: number;
  readonly closedThrough: Instant | null;
};

type Cut = {
  readonly position: number;
  readonly afterCut: number;
  readonly closedThrough: Instant | null;
};

/**
 * Stands in for the owner of usage under a key that nobody holds; no customer's id looks like it.
 */
export const unclaimed = (key: string): string => `?${key}`;

export const unclaimedStanding = (key: string): Standing => ({
  owner: unclaimed(key),
  afterCut: 0,
  closedThrough: null,
});

/** Who has held the keys, in log order. */
export async function keyHistories(
  db: Kysely<UsageTables>,
  keys: Iterable<string>,
): Promise<ReadonlyMap<string, readonly Holding[]>> {
  const histories = new Map<string, Holding[]>();
  const rows = await inChunks([...keys], (chunk) =>
    db
      .selectFrom('usage_key')
      .selectAll()
      .where(among(db, 'key', chunk))
      .orderBy('key')
      .orderBy('from_position')
      .execute(),
  );
  for (const { key, from_position: from, owner, recorded_at: recordedAt } of rows) {
    const history = histories.get(key);
    if (history === undefined) histories.set(key, [{ from, owner, recordedAt }]);
    else history.push({ from, owner, recordedAt });
  }
  return histories;
}

/**
 * The customer that a line belongs to (billing rule 12): the holder of the key when the line was
 * recorded, or the first that claimed it later, by that claim; undefined: nobody yet.
 */
export function ownership(
  history: readonly Holding[],
  position: number,
): { readonly owner: string; readonly claim: Holding | null } | undefined {
  const holder = history.findLast(({ from }) => from <= position);
  if (holder !== undefined && holder.owner !== null) return { owner: holder.owner, claim: null };
  for (const claim of history) {
    if (claim.from > position && claim.owner !== null) return { owner: claim.owner, claim };
  }
  return undefined;
}

/** How the customers stand now. */
export async function standings(
  db: Kysely<UsageTables>,
  customerIds: Iterable<string>,
): Promise<(customerId: string) => Standing> {
  const rows = await inChunks([...customerIds], (chunk) =>
    db
      .selectFrom('usage_cut')
      .select(({ fn }) => [
        'customer_id as owner',
        fn.max('cut').as('afterCut'),
        fn.max('closed_through').as('closedThrough'),
      ])
      .where(among(db, 'customer_id', chunk))
      .groupBy('customer_id')
      .execute(),
  );
  const found = new Map(rows.map((row) => [row.owner, row]));
  return (owner) => found.get(owner) ?? { owner, afterCut: 0, closedThrough: null };
}

/** How the customers stood when the event at a position was recorded. */
export async function pastStandings(
  db: Kysely<UsageTables>,
  customerIds: Iterable<string>,
): Promise<(customerId: string, position: number) => Standing> {
  const cuts = new Map<string, Cut[]>();
  const rows = await inChunks([...customerIds], (chunk) =>
    db
      .selectFrom('usage_cut')
      .select(['customer_id', 'position', 'cut as afterCut', 'closed_through as closedThrough'])
      .where('customer_id', 'in', chunk)
      .orderBy('customer_id')
      .orderBy('cut')
      .execute(),
  );
  for (const { customer_id: customerId, ...cut } of rows) {
    const known = cuts.get(customerId);
    if (known === undefined) cuts.set(customerId, [cut]);
    else known.push(cut);
  }
  return (owner, position) => {
    const last = cuts.get(owner)?.findLast((cut) => cut.position < position);
    return { owner, afterCut: last?.afterCut ?? 0, closedThrough: last?.closedThrough ?? null };
  };
}

/** Usage that is recorded after a USAGE period was closed is late for it (billing rule 21). */
export async function foldPeriodClosed(
  event: PeriodClosed,
  position: number,
  db: Kysely<UsageTables>,
): Promise<void> {
  const { closedThrough } = (await standings(db, [event.customerId]))(event.customerId);
  const closes = event.invoiceType === 'USAGE' && !event.lateOnly;
  await db
    .insertInto('usage_cut')
    .values({
      customer_id: event.customerId,
      cut: event.cut,
      position,
      closed_through: closes
        ? latest(event.periodEnd, closedThrough ?? event.periodEnd)
        : closedThrough,
    })
    .execute();
}
