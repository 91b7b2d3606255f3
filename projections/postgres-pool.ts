import pg from 'pg';
import { Unavailable } from '../src/application/ports.ts';
import { type Session, type SessionPool } from './postgres.ts';
import { fromPostgres, toPostgres } from './postgres-values.ts';

const connectWithinMs = 10_000;
const answerWithinMs = 60_000;

/** Connections to a server. What it may do a moment later is Unavailable, and so is silence. */
export function postgresPool(
  connectionString: string,
  connections: number,
  withinMs = answerWithinMs,
): SessionPool {
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    connectionTimeoutMillis: Math.min(connectWithinMs, withinMs),
    query_timeout: withinMs,
    keepAlive: true,
    application_name: 'paygo',
    types: { getTypeParser },
  });
  // A connection that breaks fails the query at hand, if any, and is dropped; that is all.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  const sessions = new WeakMap<pg.PoolClient, Session>();
  return {
    async connect() {
      const client = await asUnavailable(pool.connect());
      const session = sessions.get(client) ?? sessionOf(client);
      sessions.set(client, session);
      return session;
    },
    end: () => pool.end(),
  };
}

const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (type, format) =>
  fromPostgres[type] ?? (pg.types.getTypeParser(type, format) as (value: string) => unknown);

function sessionOf(client: pg.PoolClient): Session {
  let isBroken = false;
  const query = async (text: string, parameters: readonly unknown[]) => {
    // Such as the rollback that Kysely sends: it would wait in vain, too.
    if (isBroken) throw new Unavailable('the connection is broken');
    try {
      return await client.query(text, toPostgres(parameters));
    } catch (error) {
      isBroken ||=
        !(error instanceof pg.DatabaseError) || /^(08|57P0|25P03)/.test(error.code ?? '');
      throw error;
    }
  };
  return {
    query: (text, parameters) => asUnavailable(query(text, parameters)),
    release: () => {
      client.release(isBroken);
    },
  };
}

/** Of connections, resources, deadlocks and shutdowns; others are faults, and pass no sooner. */
const passing = /^(08|53|57P0|25P03|40001|40P01|55P03|57014)/;

async function asUnavailable<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof pg.DatabaseError && !passing.test(error.code ?? '')) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`PostgreSQL: ${reason}`);
  }
}
