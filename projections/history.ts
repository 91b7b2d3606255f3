import { type Kysely } from 'kysely';
import { z } from 'zod';
import { contractsStream } from '../src/contracts/events.ts';
import { customerStream } from '../src/customers/events.ts';
import { invoiceStream } from '../src/invoices/events.ts';
import { type KeyClaimed } from '../src/kernel/claim.ts';
import { type EventReference, type Recorded } from '../src/kernel/recorded.ts';
import { inChunks } from './chunks.ts';
import { type Projection } from './store.ts';
import { createIndex, createTable } from './table.ts';
import { chunked } from './usage-chunks.ts';

/** Prefix of the streams in which customers claim the keys of their usage. */
export const claimStreams = 'ingestKey-';

export type HistoryTables = {
  /** Every event about a customer but its usage. */
  history: {
    customer_id: string;
    position: number;
    stream: string;
    revision: number;
    type: string;
  };
};

type Row = HistoryTables['history'];

/** Where the log tells of each customer; its usage is found by the streams of its keys. */
export const historyProjection: Projection<HistoryTables> = {
  name: 'history',
  version: 1,
  async create(db) {
    const columns = {
      customer_id: 'text',
      position: 'bigint',
      stream: 'text',
      revision: 'bigint',
      type: 'text',
    } as const;
    const key = ['customer_id', 'position'];
    await createTable(db, 'history', columns, key, { byKey: true });
    await createIndex(db, 'history', 'stream', ['stream', 'revision']);
  },
  async apply(events, db) {
    const rows: Row[] = [];
    const customerOf = await invoiceCustomers(events, db);
    for (const recorded of events) {
      const { stream, revision, position, event } = recorded;
      const customer_id = customerNamed(recorded) ?? customerOf.get(stream);
      if (customer_id === undefined) continue;
      rows.push({ customer_id, position: Number(position), stream, revision, type: event.type });
    }
    for (const chunk of chunked(rows)) await db.insertInto('history').values(chunk).execute();
  },
};

const prefixes = [customerStream(''), contractsStream('')];

function customerNamed({ stream, event }: Recorded): string | undefined {
  for (const prefix of prefixes) {
    if (stream.startsWith(prefix)) return stream.slice(prefix.length);
  }
  if (stream.startsWith(claimStreams)) return (event as KeyClaimed).owner;
  return undefined;
}

const naming = z.object({ customerId: z.string() });

/** Whose the batch's invoices are: their first events say it. */
async function invoiceCustomers(
  events: readonly Recorded[],
  db: Kysely<HistoryTables>,
): Promise<ReadonlyMap<string, string>> {
  const ofInvoices = events.filter(({ stream }) => stream.startsWith(invoiceStream('')));
  const customers = new Map<string, string>();
  for (const { stream, event } of ofInvoices) {
    const { data } = naming.safeParse(event);
    if (data !== undefined) customers.set(stream, data.customerId);
  }
  const unknown = ofInvoices.map(({ stream }) => stream).filter((one) => !customers.has(one));
  const rows = await inChunks(unknown, (chunk) =>
    db
      .selectFrom('history')
      .select(['stream', 'customer_id'])
      .distinct()
      .where('stream', 'in', chunk)
      .execute(),
  );
  for (const row of rows) customers.set(row.stream, row.customer_id);
  return customers;
}

export type HistoryRequest = {
  readonly customerId: string;
  /** Types of events; null: all. */
  readonly types: readonly string[] | null;
  readonly after: bigint;
  readonly through: bigint;
  readonly limit: number;
};

/** Where events about a customer stand, oldest first, but those of its usage. */
export async function historyOf(
  db: Kysely<HistoryTables>,
  { customerId, types, after, through, limit }: HistoryRequest,
): Promise<readonly (EventReference & { readonly position: bigint })[]> {
  let rows = db
    .selectFrom('history')
    .select(['stream', 'revision', 'position'])
    .where('customer_id', '=', customerId)
    .where('position', '>', Number(after))
    .where('position', '<=', Number(through));
  const wanted = types === null ? null : await typesAmong(db, customerId, types);
  if (wanted?.length === 0) return [];
  if (wanted !== null) rows = rows.where('type', 'in', wanted);
  const found = await rows.orderBy('position').limit(limit).execute();
  return found.map((row) => ({ ...row, position: BigInt(row.position) }));
}

/** More are more than a statement may have parameters. */
const mostTypes = 1000;

/** The types; of very many, those that the customer's events have. */
async function typesAmong(
  db: Kysely<HistoryTables>,
  customerId: string,
  types: readonly string[],
): Promise<readonly string[]> {
  if (types.length <= mostTypes) return types;
  const asked = new Set(types);
  const rows = await db
    .selectFrom('history')
    .select('type')
    .distinct()
    .where('customer_id', '=', customerId)
    .execute();
  return rows.map(({ type }) => type).filter((type) => asked.has(type));
}
