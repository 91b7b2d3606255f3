import { CompiledQuery, Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely';
import { invariant } from '../src/kernel/invariant.ts';
import { prepared, type Database, type Generation, type Prepare } from './database.ts';

/** A connection while somebody has it. */
export type Session = {
  query(
    text: string,
    parameters: readonly unknown[],
  ): Promise<{ readonly command: string; readonly rowCount: number | null }>;
  release(): void;
};

/** Gives the same object for the same connection. */
export type SessionPool = { connect(): Promise<Session>; end(): Promise<void> };

/** Where in PostgreSQL stores stand: each generation in a schema of its own. */
export type PostgresPlace = {
  /** A new pool of at most so many connections: see postgresPool. */
  readonly pool: (connections: number) => SessionPool;
  /** What the schemas' names begin with: lower-case letters, digits and _. By default `paygo`. */
  readonly prefix?: string;
  /**
   * Whether removeOtherVersions drops the schemas of other generations. Only where no process of
   * another version runs or will run: those would lose their tables. By default they stay.
   */
  readonly dropsOthers?: boolean;
};

const readers = 8;
const longestName = 63;

/** Opens the generation's schema, or makes it. */
export const openPostgres = <Tables>(
  place: PostgresPlace,
  generation: Generation,
  prepare: Prepare<Tables>,
): Promise<Database<Tables>> => prepared(postgresDatabase(place, generation), prepare);

function postgresDatabase<Tables>(
  { pool, prefix = 'paygo', dropsOthers = false }: PostgresPlace,
  { store, fingerprint }: Generation,
): Database<Tables> {
  const family = `${prefix}_${store}_`;
  const schema = `${family}${fingerprint}`;
  invariant(/^[a-z][a-z0-9_]*$/.test(schema) && schema.length <= longestName, 'a schema name');
  const writer = kysely<Tables>(pool(1), schema, 'off');
  const reader = kysely<Tables>(pool(readers), schema, 'on');
  return {
    writer,
    reader,
    async claim(db) {
      await lockSchema(schema, db);
      await db.schema.createSchema(schema).ifNotExists().execute();
    },
    async tables(db) {
      const { rows } = await sql<{ name: string }>`
        select tablename::text as name from pg_tables where schemaname = ${schema}`.execute(db);
      return rows.map(({ name }) => name);
    },
    async lockCheckpoint(db) {
      await sql`select position from checkpoint for update`.execute(db);
    },
    snapshot: (ask) =>
      reader
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(ask),
    async removeOtherGenerations() {
      if (dropsOthers) await dropOthers(family, schema, writer);
    },
    async close() {
      await reader.destroy();
      await writer.destroy();
    },
  };
}

const session = `select set_config('search_path', $1, false),
  set_config('default_transaction_read_only', $2, false)`;

/** On every connection, names without a schema mean that schema's. */
const kysely = <Tables>(
  pool: SessionPool,
  schema: string,
  readOnly: 'on' | 'off',
): Kysely<Tables> =>
  new Kysely<Tables>({
    dialect: new PostgresDialect({
      // Kysely's type asks for cursors, too: those are for streams.
      pool: pool as unknown as PostgresPool,
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw(session, [schema, readOnly]));
      },
    }),
  });

async function dropOthers<Tables>(
  family: string,
  kept: string,
  writer: Kysely<Tables>,
): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select nspname::text as name from pg_namespace
    where nspname ~ ${`^${family}[0-9a-f]{16}$`} and nspname <> ${kept}`.execute(writer);
  for (const { name } of rows) {
    await writer.transaction().execute(async (db) => {
      await lockSchema(name, db);
      await db.schema.dropSchema(name).ifExists().cascade().execute();
    });
  }
}

/** Until the transaction ends, nobody else makes or drops that schema. */
const lockSchema = <Tables>(schema: string, db: Kysely<Tables>) =>
  sql`select pg_advisory_xact_lock(hashtextextended(${schema}, 0))`.execute(db);
