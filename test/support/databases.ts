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
  // One connection from the start: the server may have none left when an outage is to begin.
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  const run = async (text: string, values: readonly string[] = []): Promise<void> => {
    await client.query(text, [...values]);
  };
  await run(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    endSessions: () =>
      run('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]),
    async drop() {
      await run(`drop database ${name} with (force)`);
      await client.end();
    },
  };
}
