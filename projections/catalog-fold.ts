import { type Kysely } from 'kysely';
import { type CatalogEvent, type RateCardCreated, type RatesAdded } from '../src/catalog/events.ts';
import { type CatalogTables } from './catalog-tables.ts';
import { toJson } from './json.ts';
import { chunked } from './usage-chunks.ts';

/** What one event does to the tables. */
export async function applyCatalogEvent(
  event: CatalogEvent,
  position: number,
  db: Kysely<CatalogTables>,
): Promise<void> {
  switch (event.type) {
    case 'BillableMetricCreated': {
      const { type: _type, ...metric } = event;
      const row = { metric_id: metric.metricId, position, definition: toJson(metric) };
      await db.insertInto('metric').values(row).execute();
      return;
    }
    case 'ProductCreated': {
      const { type: _type, ...product } = event;
      const row = { product_id: product.productId, position, definition: toJson(product) };
      await db.insertInto('product').values(row).execute();
      return;
    }
    case 'RateCardCreated':
      return createRateCard(event, position, db);
    case 'RatesAdded':
      return addRates(event, position, db);
    case 'ClaimRevoked':
      return;
  }
}

async function createRateCard(
  { type: _type, ...card }: RateCardCreated,
  position: number,
  db: Kysely<CatalogTables>,
): Promise<void> {
  const { rateCardId: rate_card_id, aliases } = card;
  const row = { rate_card_id, position, last_position: position, definition: toJson(card) };
  await db.insertInto('rate_card').values(row).execute();
  for (const alias of aliases) {
    await db.insertInto('rate_card_alias').values({ alias, rate_card_id }).execute();
  }
}

async function addRates(
  { rateCardId, rates }: RatesAdded,
  position: number,
  db: Kysely<CatalogTables>,
): Promise<void> {
  const rows = rates.map((rate, line) => ({
    rate_card_id: rateCardId,
    position,
    line,
    product_id: rate.productId,
    starting_at: rate.startingAt,
    ending_before: rate.endingBefore,
    definition: toJson(rate),
  }));
  for (const chunk of chunked(rows)) await db.insertInto('rate').values(chunk).execute();
  await db
    .updateTable('rate_card')
    .set({ last_position: position })
    .where('rate_card_id', '=', rateCardId)
    .execute();
}
