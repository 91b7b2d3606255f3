import { type ExpressionBuilder, type Kysely } from 'kysely';
import { z } from 'zod';
import {
  type CatalogEvent,
  type Metric,
  type Product,
  type Rate,
  type RateCard,
} from '../src/catalog/events.ts';
import { rateInForce, ratesByProduct, type RatesByProduct } from '../src/catalog/rates.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { applyCatalogEvent } from './catalog-fold.ts';
import { createCatalogTables, type CatalogTables } from './catalog-tables.ts';
import { inChunks } from './chunks.ts';
import { eventsOf } from './events.ts';
import { fromJson } from './json.ts';
import {
  countAll,
  instantPart,
  decodeCursor,
  encodeCursor,
  pageOf,
  type Edge,
  type Page,
  type PageRequest,
} from './page.ts';
import { type Projection } from './store.ts';

export const catalogProjection: Projection<CatalogTables> = {
  name: 'catalog',
  version: 1,
  create: createCatalogTables,
  async apply(events, db) {
    for (const { event, position } of eventsOf<CatalogEvent>(events, {
      BillableMetricCreated: true,
      ProductCreated: true,
      RateCardCreated: true,
      RatesAdded: true,
      ClaimRevoked: true,
    })) {
      await applyCatalogEvent(event, Number(position), db);
    }
  },
};

export async function metricsByIds(
  db: Kysely<CatalogTables>,
  metricIds: readonly string[],
): Promise<ReadonlyMap<string, Metric>> {
  const rows = await inChunks(metricIds, (ids) =>
    db.selectFrom('metric').selectAll().where('metric_id', 'in', ids).execute(),
  );
  return new Map(rows.map((row) => [row.metric_id, fromJson(row.definition)]));
}

export async function productsByIds(
  db: Kysely<CatalogTables>,
  productIds: readonly string[],
): Promise<ReadonlyMap<string, Product>> {
  const rows = await inChunks(productIds, (ids) =>
    db.selectFrom('product').selectAll().where('product_id', 'in', ids).execute(),
  );
  return new Map(rows.map((row) => [row.product_id, fromJson(row.definition)]));
}

/** In order of creation. */
export async function listProducts(
  db: Kysely<CatalogTables>,
  page: PageRequest,
): Promise<Page<Product>> {
  const [after = 0] = decodeCursor('products', z.tuple([z.number()]), page.after) ?? [];
  const rows = await db
    .selectFrom('product')
    .selectAll()
    .where('position', '>', after)
    .orderBy('position')
    .limit(page.first + 1)
    .execute();
  const all = await db.selectFrom('product').select(countAll).executeTakeFirstOrThrow();
  return pageOf(rows, page, all.count, (row) => ({
    cursor: encodeCursor('products', [row.position]),
    node: fromJson(row.definition),
  }));
}

export async function rateCardsByIds(
  db: Kysely<CatalogTables>,
  rateCardIds: readonly string[],
): Promise<ReadonlyMap<string, RateCard>> {
  const rows = await inChunks(rateCardIds, (ids) =>
    db.selectFrom('rate_card').selectAll().where('rate_card_id', 'in', ids).execute(),
  );
  return new Map(rows.map((row) => [row.rate_card_id, fromJson(row.definition)]));
}

export async function rateCardIdByAlias(
  db: Kysely<CatalogTables>,
  alias: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('rate_card_alias')
    .select('rate_card_id')
    .where('alias', '=', alias)
    .executeTakeFirst();
  return row?.rate_card_id;
}

/** The position of the last event of any of these cards; 0 when there is none. */
export async function rateCardPosition(
  db: Kysely<CatalogTables>,
  rateCardIds: readonly string[],
): Promise<bigint> {
  const rows = await inChunks(rateCardIds, (ids) =>
    db.selectFrom('rate_card').select('last_position').where('rate_card_id', 'in', ids).execute(),
  );
  return BigInt(rows.reduce((last, row) => Math.max(last, row.last_position), 0));
}

/** Each card's rates, those left out that were recorded after `through`. */
export async function ratesOfCards(
  db: Kysely<CatalogTables>,
  rateCardIds: readonly string[],
  through: bigint,
): Promise<ReadonlyMap<string, RatesByProduct>> {
  const rows = await inChunks(rateCardIds, (ids) =>
    db
      .selectFrom('rate')
      .select(['rate_card_id', 'definition'])
      .where('rate_card_id', 'in', ids)
      .where('position', '<=', Number(through))
      .orderBy('rate_card_id')
      .orderBy('position')
      .orderBy('line')
      .execute(),
  );
  const ratesOf = new Map<string, Rate[]>(rateCardIds.map((id) => [id, []]));
  for (const row of rows) ratesOf.get(row.rate_card_id)?.push(fromJson(row.definition));
  return new Map([...ratesOf].map(([id, rates]) => [id, ratesByProduct(rates)]));
}

type RateRow = CatalogTables['rate'];

/**
 * By start, oldest first, and of one start in the order added. at: only those in force at that
 * instant; through: those left out that were recorded after that position.
 */
export async function ratesPage(
  db: Kysely<CatalogTables>,
  rateCardId: string,
  at: Instant | null,
  page: PageRequest,
  through: bigint | null = null,
): Promise<Page<Rate>> {
  const connection = `rates of ${rateCardId}`;
  const after = decodeCursor(
    connection,
    z.tuple([instantPart, z.number(), z.number()]),
    page.after,
  );
  const toEdge = (row: RateRow): Edge<Rate> => ({
    cursor: encodeCursor(connection, [row.starting_at, row.position, row.line]),
    node: fromJson(row.definition),
  });
  let rates = db
    .selectFrom('rate')
    .where('rate_card_id', '=', rateCardId)
    .orderBy('starting_at')
    .orderBy('position')
    .orderBy('line');
  if (through !== null) rates = rates.where('position', '<=', Number(through));
  if (at !== null) {
    const inForce = ratesInForce(await rates.where(coversInstant(at)).selectAll().execute(), at);
    const rest = inForce.filter((row) => after === null || comesAfter(row, after));
    return pageOf(rest, page, inForce.length, toEdge);
  }
  const { count } = await rates.clearOrderBy().select(countAll).executeTakeFirstOrThrow();
  if (after !== null) {
    rates = rates.where((eb) =>
      eb(eb.refTuple('starting_at', 'position', 'line'), '>', eb.tuple(...after)),
    );
  }
  const rows = await rates
    .selectAll()
    .limit(page.first + 1)
    .execute();
  return pageOf(rows, page, count, toEdge);
}

const coversInstant = (at: Instant) => (eb: ExpressionBuilder<CatalogTables, 'rate'>) =>
  eb.and([
    eb('starting_at', '<=', at),
    eb.or([eb('ending_before', 'is', null), eb('ending_before', '>', at)]),
  ]);

/** Of rates by start, those in force. */
function ratesInForce(rows: readonly RateRow[], at: Instant): readonly RateRow[] {
  const rowOf = new Map(rows.map((row) => [fromJson(row.definition), row]));
  const inForce = new Set<RateRow | undefined>();
  for (const slots of ratesByProduct(rowOf.keys()).values()) {
    for (const { rates } of slots) {
      const rate = rateInForce(rates, at);
      if (rate !== undefined) inForce.add(rowOf.get(rate));
    }
  }
  return rows.filter((row) => inForce.has(row));
}

const comesAfter = (row: RateRow, [start, position, line]: readonly [Instant, number, number]) =>
  row.starting_at > start ||
  (row.starting_at === start &&
    (row.position > position || (row.position === position && row.line > line)));
