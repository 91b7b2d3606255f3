import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely';
import { z } from 'zod';
import { type BillingConfig, type CustomerEvent } from '../src/customers/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { inChunks } from './chunks.ts';
import { eventsOf } from './events.ts';
import { fromJson, toJson, type Json } from './json.ts';
import {
  countAll,
  decodeCursor,
  encodeCursor,
  pageOf,
  type Page,
  type PageRequest,
} from './page.ts';
import { type Projection } from './store.ts';
import { createIndex, createTable } from './table.ts';

export type CustomerTables = {
  customer: {
    customer_id: string;
    position: number;
    name: string;
    ingest_aliases: Json<readonly string[]>;
    billing_config: Json<BillingConfig> | null;
    created_at: Instant;
    archived_at: Instant | null;
    /** What a search looks at, in lower case: name, id and aliases, a line each. */
    search_text: string;
  };
  customer_alias: { alias: string; customer_id: string };
};

export type Customer = {
  readonly customerId: string;
  readonly name: string;
  readonly ingestAliases: readonly string[];
  readonly billingConfig: BillingConfig | null;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
};

export const customersProjection: Projection<CustomerTables> = {
  name: 'customers',
  version: 1,
  async create(db) {
    const customer = {
      customer_id: 'text',
      position: 'bigint',
      name: 'text',
      ingest_aliases: 'text',
      billing_config: 'text?',
      created_at: 'text',
      archived_at: 'text?',
      search_text: 'text',
    } as const;
    await createTable(db, 'customer', customer, ['customer_id']);
    await createIndex(db, 'customer', 'position', ['position']);
    await createTable(db, 'customer_alias', { alias: 'text', customer_id: 'text' }, ['alias']);
    await createIndex(db, 'customer_alias', 'customer', ['customer_id']);
  },
  async apply(events, db) {
    for (const { event, position } of eventsOf<CustomerEvent>(events, {
      CustomerCreated: true,
      IngestAliasesSet: true,
      BillingConfigSet: true,
      CustomerArchived: true,
      ClaimRevoked: true,
    })) {
      await applyOne(event, Number(position), db);
    }
  },
};

async function applyOne(
  event: CustomerEvent,
  position: number,
  db: Kysely<CustomerTables>,
): Promise<void> {
  const customer = db.updateTable('customer');
  switch (event.type) {
    case 'CustomerCreated': {
      const { customerId, name, ingestAliases } = event;
      const row = {
        customer_id: customerId,
        position,
        // Logs of before they were refused may hold halves of surrogate pairs.
        name: name.toWellFormed(),
        ingest_aliases: toJson(ingestAliases),
        billing_config: event.billingConfig === null ? null : toJson(event.billingConfig),
        created_at: event.createdAt,
        archived_at: null,
        search_text: searchText(name, customerId, ingestAliases),
      };
      await db.insertInto('customer').values(row).execute();
      return setAliases(customerId, ingestAliases, db);
    }
    case 'IngestAliasesSet': {
      const { customerId, ingestAliases } = event;
      const { name } = await db
        .selectFrom('customer')
        .select('name')
        .where('customer_id', '=', customerId)
        .executeTakeFirstOrThrow();
      const ingest_aliases = toJson(ingestAliases);
      const search_text = searchText(name, customerId, ingestAliases);
      await customer
        .set({ ingest_aliases, search_text })
        .where('customer_id', '=', customerId)
        .execute();
      return setAliases(customerId, ingestAliases, db);
    }
    case 'BillingConfigSet': {
      const billing_config = event.billingConfig === null ? null : toJson(event.billingConfig);
      await customer.set({ billing_config }).where('customer_id', '=', event.customerId).execute();
      return;
    }
    case 'CustomerArchived':
      await customer
        .set({ archived_at: event.archivedAt })
        .where('customer_id', '=', event.customerId)
        .execute();
      return;
    case 'ClaimRevoked':
      return;
  }
}

/** The whole set. An alias that another customer is about to give up is the last taker's. */
async function setAliases(
  customer_id: string,
  aliases: readonly string[],
  db: Kysely<CustomerTables>,
): Promise<void> {
  await db.deleteFrom('customer_alias').where('customer_id', '=', customer_id).execute();
  for (const alias of aliases) {
    await db
      .insertInto('customer_alias')
      .values({ alias, customer_id })
      .onConflict((taken) => taken.column('alias').doUpdateSet({ customer_id }))
      .execute();
  }
}

export async function customersByIds(
  db: Kysely<CustomerTables>,
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, Customer>> {
  const rows = await inChunks(customerIds, (ids) =>
    db.selectFrom('customer').selectAll().where('customer_id', 'in', ids).execute(),
  );
  return new Map(rows.map((row) => [row.customer_id, toCustomer(row)]));
}

/** Aliases only: a customer's id is found by customersByIds. */
export async function customerIdByAlias(
  db: Kysely<CustomerTables>,
  alias: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('customer_alias')
    .select('customer_id')
    .where('alias', '=', alias)
    .executeTakeFirst();
  return row?.customer_id;
}

/** In order of creation. search: part of the name, the id or an alias, in upper or lower case. */
export async function listCustomers(
  db: Kysely<CustomerTables>,
  search: string | null,
  page: PageRequest,
): Promise<Page<Customer>> {
  const [after = 0] = decodeCursor('customers', z.tuple([z.number()]), page.after) ?? [];
  const all = db.selectFrom('customer');
  const found = search === null ? all : all.where(matches(search));
  const { count } = await found.select(countAll).executeTakeFirstOrThrow();
  const rows = await found
    .selectAll()
    .where('position', '>', after)
    .orderBy('position')
    .limit(page.first + 1)
    .execute();
  return pageOf(rows, page, count, (row) => ({
    cursor: encodeCursor('customers', [row.position]),
    node: toCustomer(row),
  }));
}

const toCustomer = (row: CustomerTables['customer']): Customer => ({
  customerId: row.customer_id,
  name: row.name,
  ingestAliases: fromJson(row.ingest_aliases),
  billingConfig: row.billing_config === null ? null : fromJson(row.billing_config),
  createdAt: row.created_at,
  archivedAt: row.archived_at,
});

const searchText = (name: string, customerId: string, aliases: readonly string[]): string =>
  [name, customerId, ...aliases].join('\n').toLowerCase().toWellFormed();

/** Longer than any name, id or alias; stores refuse patterns that are far longer. */
const longestSearch = 1000;

function matches(search: string): RawBuilder<SqlBool> {
  if (search.length > longestSearch) return sql<SqlBool>`1 = 0`;
  const pattern = search.toLowerCase().replace(/[\\%_]/g, '\\$&');
  return sql<SqlBool>`search_text like ${`%${pattern}%`} escape '\\'`;
}
