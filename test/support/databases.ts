import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A database of a test's own on the server at DATABASE_URL. */
export type TestDatabase = {
  readonly url: string;
  /** Ends all sessions with it, as an administrator would. */
  endSessions(): Promise<void>;
  drop(): Promise<void>;
};

export async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().slice(0, 8)}`;
  const run = async (text: string, values: readonly string[] = []): Promise<void> => {
    const client = new pg.Client({ connectionString: serverUrl });
    await client.connect();
    try {
      await client.query(text, [...values]);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    endSessions: () =>
      run('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
    drop: () => run(`drop database ${name} with (force)`),
  };
}
