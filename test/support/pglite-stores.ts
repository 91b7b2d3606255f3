import { type Session, type SessionPool } from '../../projections/postgres.ts';
import { type Connect } from '../../src/read-side.ts';
import { createPglite } from './pglite.ts';

/**
 * PostgreSQL within this process for a server's read models: the usage store has one of its own,
 * because it is read while the main store is, and each has one session only.
 */
export function createPgliteStores(): { readonly connect: Connect; close(): Promise<void> } {
  const main = createPglite();
  const usage = createPglite();
  return {
    connect: (_connections, store) =>
      store === 'usage' ? withLeasesIn(main.pool(), usage.pool()) : main.pool(),
    async close() {
      await main.close();
      await usage.close();
    },
  };
}

/** What is asked about leases is asked where they are: in one database, they are beside it. */
const withLeasesIn = (leases: SessionPool, own: SessionPool): SessionPool => ({
  ...own,
  async connect(): Promise<Session> {
    const session = await own.connect();
    return {
      async query(text, parameters) {
        if (!/_leases_[0-9a-f]+"?\."?lease"?\b/.test(text)) return session.query(text, parameters);
        const other = await leases.connect();
        try {
          // Whoever had it last may have been a reader.
          await other.query('set default_transaction_read_only to off', []);
          return await other.query(text, parameters);
        } finally {
          other.release();
        }
      },
      release: () => {
        session.release();
      },
    };
  },
});
