import { type Kysely } from 'kysely';
import { type Metric, type Product, type Rate, type RateCard } from '../src/catalog/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Json } from './json.ts';
import { createIndex, createTable } from './table.ts';

export type CatalogTables = {
  metric: { metric_id: string; position: number; definition: Json<Metric> };
  product: { product_id: string; position: number; definition: Json<Product> };
  rate_card: {
    rate_card_id: string;
    position: number;
    /** Of the last event that changed the card. */
    last_position: number;
    definition: Json<RateCard>;
  };
  rate_card_alias: { alias: string; rate_card_id: string };
  rate: {
    rate_card_id: string;
    position: number;
    /** Place in its event, from 0. */
    line: number;
    product_id: string;
    starting_at: Instant;
    ending_before: Instant | null;
    definition: Json<Rate>;
  };
};

export async function createCatalogTables(db: Kysely<CatalogTables>): Promise<void> {
  for (const kind of ['metric', 'product']) {
    const id = `${kind}_id`;
    await createTable(db, kind, { [id]: 'text', position: 'bigint', definition: 'text' }, [id]);
    await createIndex(db, kind, 'position', ['position']);
  }
  const card = { position: 'bigint', last_position: 'bigint', definition: 'text' } as const;
  await createTable(db, 'rate_card', { rate_card_id: 'text', ...card }, ['rate_card_id']);
  const alias = { alias: 'text', rate_card_id: 'text' } as const;
  await createTable(db, 'rate_card_alias', alias, ['alias']);
  const rate = {
    rate_card_id: 'text',
    position: 'bigint',
    line: 'integer',
    product_id: 'text',
    starting_at: 'text',
    ending_before: 'text?',
    definition: 'text',
  } as const;
  await createTable(db, 'rate', rate, ['rate_card_id', 'position', 'line']);
  await createIndex(db, 'rate', 'start', ['rate_card_id', 'starting_at', 'position', 'line']);
}
