import { Kysely, PostgresDialect, sql, type PostgresPool } from 'kysely';
import { type QueryExecutorProvider } from 'kysely';
import { invariant, present } from '../src/kernel/invariant.ts';
import { prepared, type Database, type Generation, type Prepare } from './database.ts';
import { claimSchema, openGenerations } from './postgres-generations.ts';

/** A connection while somebody has it. */
export type Session = {
  query(
    text: string,
    parameters: readonly unknown[],
  ): Promise<{ readonly command: string; readonly rowCount: number | null }>;
  release(): void;
};

/** Gives the same object for the same connection. */
export type SessionPool = {
  connect(): Promise<Session>;
  end(): Promise<void>;
  /** All who connect, through whatever pool, have the same session, one after another. */
  readonly hasOneSession?: boolean;
};

/** Where in PostgreSQL stores stand: each generation in a schema of its own. */
export type PostgresPlace = {
  /**
   * A new pool of at most so many connections, which counts silence of so many milliseconds as an
   * outage: see postgresPool. A session has to last as long as its connection: a pooler that gives
   * each transaction another one will not do.
   */
  readonly pool: (connections: number, answerWithinMs?: number) => SessionPool;
  /** What the schemas' names begin with: lower-case letters, digits and _. By default `paygo`. */
  readonly prefix?: string;
};

/** The database cannot hold read models, and will not in a moment. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}

/** With their writers, and one for leases, three databases make 16 connections a process. */
const readers = 4;
const longestName = 63;
const oldestVersion = 13;
/** Below a lease's life: who stops in mid-transaction holds no locks when the next one begins. */
const idleInTransactionMs = 5000;

/** Opens the generation's schema, or makes it. Throws UnfitDatabase. */
export const openPostgres = <Tables>(
  place: PostgresPlace,
  generation: Generation,
  prepare: Prepare<Tables>,
): Promise<Database<Tables>> => {
  const { database, begin } = postgresDatabase<Tables>(place, generation);
  return prepared(database, async () => {
    await begin();
    await prepare(database);
  });
};

/** The name of the generation's schema. */
export function schemaOf({ prefix }: PostgresPlace, { store, fingerprint }: Generation): string {
  const schema = `${familyOf(prefix, store)}${fingerprint}`;
  invariant(/^[a-z][a-z0-9_]*$/.test(schema) && schema.length <= longestName, 'a schema name');
  return schema;
}

const familyOf = (prefix = 'paygo', store: string): string => `${prefix}_${store}_`;

function postgresDatabase<Tables>(
  place: PostgresPlace,
  generation: Generation,
): { readonly database: Database<Tables>; readonly begin: () => Promise<void> } {
  const schema = schemaOf(place, generation);
  const pools = { writer: place.pool(1), reader: place.pool(readers) };
  const writer = postgresSessions<Tables>(pools.writer, { schema });
  const reader = postgresSessions<Tables>(pools.reader, { schema, readOnly: true });
  const generations = openGenerations(writer, {
    register: `${place.prefix ?? 'paygo'}_generations`,
    family: familyOf(place.prefix, generation.store),
    schema,
  });
  const database: Database<Tables> = {
    writer,
    reader,
    async claim(db) {
      await claimSchema(schema, db);
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
    removeOtherGenerations: () => generations.removeOthers(),
    async close() {
      await generations.close();
      await reader.destroy();
      await writer.destroy();
    },
  };
  const begin = async (): Promise<void> => {
    const sharesSessions = pools.writer.hasOneSession === true;
    refuseUnfit(await factsOf(writer), await factsOf(reader), sharesSessions);
    await generations.use();
  };
  return { database, begin };
}

type Facts = { readonly encoding: string; readonly version: number; readonly session: number };

async function factsOf(db: QueryExecutorProvider): Promise<Facts> {
  const { rows } = await sql<Facts>`
    select current_setting('server_encoding') as encoding,
      current_setting('server_version_num')::int4 as version, pg_backend_pid() as session
  `.execute(db);
  return present(rows[0], 'a question without a table has one answer');
}

/** Throws UnfitDatabase. */
export function refuseUnfit(writer: Facts, reader: Facts, sharesSessions: boolean): void {
  const { encoding, version } = writer;
  const major = Math.floor(version / 10_000);
  if (encoding !== 'UTF8') unfit(`the database's encoding is ${encoding}: it must be UTF8`);
  if (major < oldestVersion) {
    unfit(`the server's version is ${String(major)}: it must be ${String(oldestVersion)} or later`);
  }
  // Both connections are open now.
  if (!sharesSessions && writer.session === reader.session) {
    unfit('a pooler shares sessions out by the transaction: it must do so by the connection');
  }
}

function unfit(reason: string): never {
  throw new UnfitDatabase(`PostgreSQL: ${reason}`);
}

type SessionSettings = {
  /** What names without a schema mean. */
  readonly schema: string;
  readonly readOnly?: boolean;
  readonly answerWithinMs?: number;
};

/** Questions and writes over the pool; its connections keep to the settings. */
export function postgresSessions<Tables>(
  pool: SessionPool,
  { schema, readOnly = false, answerWithinMs = 0 }: SessionSettings,
): Kysely<Tables> {
  const settings = {
    search_path: schema,
    default_transaction_read_only: readOnly ? 'on' : 'off',
    idle_in_transaction_session_timeout: String(readOnly ? 0 : idleInTransactionMs),
    statement_timeout: String(answerWithinMs),
  };
  const each = Object.keys(settings).map(
    (name, index) => `set_config('${name}', $${String(index + 1)}, false)`,
  );
  const text = `select ${each.join(', ')}`;
  const set = new WeakSet<Session>();
  const connect = async (): Promise<Session> => {
    const session = await pool.connect();
    if (set.has(session)) return session;
    try {
      await session.query(text, Object.values(settings));
    } catch (error) {
      session.release();
      throw error;
    }
    set.add(session);
    return session;
  };
  // Kysely's type asks for cursors, too: those are for streams.
  const settled = { connect, end: () => pool.end() } as unknown as PostgresPool;
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: settled }) });
}
