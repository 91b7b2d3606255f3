import { randomUUID } from 'node:crypto';
import { type Run } from './bench.ts';
import { lineOf } from './ingest-batches.ts';
import { connect } from './postgres.ts';
import { serve } from './processes.ts';
import { timed } from './stopwatch.ts';

export type InsertQuestion = {
  readonly url: string;
  /** Usage events in all, and rows of a statement. */
  readonly lines: number;
  readonly rows: number;
  readonly connections: number;
  readonly customers: number;
};

type Line = Readonly<Record<'customerId' | 'eventType' | 'timestamp', string>> & {
  readonly properties: object;
};

const columns = 5;

/** The least that keeps usage once in PostgreSQL, and has not counted it yet. */
serve(async ({ url, lines, rows, connections, customers }: InsertQuestion): Promise<Run> => {
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(url)));
  const [first] = clients;
  try {
    await first?.query(`create table usage_event (
      transaction_id text not null, customer_id text not null, event_type text not null,
      timestamp timestamptz not null, properties jsonb not null)`);
    await first?.query('create unique index on usage_event (transaction_id)');
    const next = valuesOf(customers);
    const text = insertOf(rows);
    let started = 0;
    const run = await timed(async () => {
      await Promise.all(
        clients.map(async (client) => {
          while (started < lines) {
            started += rows;
            await client.query({ name: 'insert', text, values: next(rows) });
          }
        }),
      );
      return lines;
    });
    const counted = await first?.query<{ count: string }>('select count(*) from usage_event');
    const found = counted?.rows[0]?.count;
    if (found !== String(lines)) throw new Error(`${String(found)} rows of ${String(lines)}`);
    // The work is the server's.
    return { ...run, cpuSeconds: null };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
});

function insertOf(rows: number): string {
  const row = (at: number): string =>
    `(${Array.from({ length: columns }, (_c, column) => `$${String(at * columns + column + 1)}`).join()})`;
  const values = Array.from({ length: rows }, (_row, at) => row(at)).join();
  return `insert into usage_event values ${values} on conflict (transaction_id) do nothing`;
}

/** The lines that are sent to /ingest, as values of rows. */
function valuesOf(customers: number): (rows: number) => string[] {
  const made = Array.from({ length: customers }, (_customer, customer) => {
    const { customerId, eventType, timestamp, properties } = JSON.parse(lineOf(customer)) as Line;
    return [customerId, eventType, timestamp, JSON.stringify(properties)];
  });
  let customer = 0;
  return (rows) =>
    Array.from({ length: rows }, () => {
      customer = (customer + 617) % customers;
      return [randomUUID(), ...(made[customer] ?? [])];
    }).flat();
}
