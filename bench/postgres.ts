import pg from 'pg';

const server = process.env['DATABASE_URL'] ?? '';

let databases = 0;

/** The PostgreSQL that DATABASE_URL names, where it does. */
export const postgres = {
  /** null: there is one. */
  obstacle:
    server === '' ? 'DATABASE_URL is not set: scripts/with-postgres.sh npm run bench' : null,

  /** What there is to know of it beside a figure. */
  async version(): Promise<string> {
    const admin = await connect(server);
    try {
      const { rows } = await admin.query<{ version: string; fsync: string }>(
        `select current_setting('server_version') as version, current_setting('fsync') as fsync`,
      );
      return rows.map(({ version, fsync }) => `PostgreSQL ${version}, fsync ${fsync}`).join();
    } finally {
      await admin.end();
    }
  },

  /** A database of its own on the same server, so that nothing of others is touched. */
  async newDatabase(): Promise<{ readonly url: string; readonly drop: () => Promise<void> }> {
    databases += 1;
    const name = `paygo_bench_${String(process.pid)}_${String(databases)}`;
    await administer(`create database ${name} template template0`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return { url: url.href, drop: () => administer(`drop database ${name} with (force)`) };
  },
};

export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

async function administer(statement: string): Promise<void> {
  const admin = await connect(server);
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}
