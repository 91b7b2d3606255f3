import { PGlite } from '@electric-sql/pglite';
import { type SessionPool } from '../../projections/postgres.ts';
import { fromPostgres, toPostgres } from '../../projections/postgres-values.ts';

/**
 * PostgreSQL within this process. It has one session: one after another has it, and who asks for a
 * second one while holding the first waits for ever.
 */
export function createPglite(): { readonly pool: () => SessionPool; close(): Promise<void> } {
  let started: Promise<PGlite> | undefined;
  let last: Promise<void> = Promise.resolve();
  const pool = (): SessionPool => ({
    async connect() {
      started ??= PGlite.create();
      const before = last;
      let release = (): void => undefined;
      last = new Promise((resolve) => {
        release = resolve;
      });
      await before;
      const pglite = await started;
      return {
        async query(text, parameters) {
          const { rows, affectedRows } = await pglite.query(text, toPostgres(parameters), {
            parsers: fromPostgres,
          });
          const [command = ''] = text.trimStart().split(' ', 1);
          return { rows, command: command.toUpperCase(), rowCount: affectedRows ?? 0 };
        },
        release: () => {
          release();
        },
      };
    },
    end: () => Promise.resolve(),
    hasOneSession: true,
  });
  return {
    pool,
    async close() {
      await (await started)?.close();
    },
  };
}

/** The same for all who ask. */
export const pglitePool: () => SessionPool = createPglite().pool;
