import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, vi, type Mock } from 'vitest';
import { type Leases } from '../../projections/leases.ts';
import { openLeases } from '../../projections/open-leases.ts';
import { type PostgresPlace, type SessionPool } from '../../projections/postgres.ts';
import { Unavailable } from '../../src/application/ports.ts';
import { discard, newFolder, postgresOf } from './places.ts';

/** What stands for a process: its leases, and its way to the database, which can be cut. */
export type Contender = {
  readonly process: string;
  readonly leases: Leases;
  readonly logger: { readonly info: Mock; readonly warn: Mock; readonly error: Mock };
  /** From now on the database is away, answers nothing, or is there again. */
  cut(fault: Fault): void;
};

export type Fault = 'none' | 'away' | 'silent';

/** Short lives, yet long enough for a busy machine. */
export const ttlMs = 1200;
export const renewMs = 200;

const undo: (() => Promise<void>)[] = [];

/** A place in the database and those who contend for its leases, gone after each test. */
export function useContenders(): {
  readonly folder: () => string;
  readonly contender: (folder: string, process?: string) => Promise<Contender>;
} {
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  let serial = 0;
  return {
    folder: () => {
      const folder = newFolder();
      undo.push(() => discard(folder));
      return folder;
    },
    contender: async (folder, process = `process-${String((serial += 1))}`) => {
      let fault: Fault = 'none';
      const postgres = faulty(postgresOf(folder), () => fault);
      const logger = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
      const leases = await openLeases({ postgres, process, logger, ttlMs, renewMs });
      undo.push(() => {
        fault = 'none';
        return leases.close();
      });
      return {
        process,
        leases,
        logger,
        cut: (to) => {
          fault = to;
        },
      };
    },
  };
}

function faulty(place: PostgresPlace, fault: () => Fault): PostgresPlace {
  const trouble = async (withinMs = 60_000): Promise<void> => {
    const now = fault();
    if (now === 'none') return;
    if (now === 'silent') await delay(withinMs);
    throw new Unavailable(`the database is ${now}`);
  };
  return {
    ...place,
    pool: (connections, withinMs): SessionPool => {
      const pool = place.pool(connections, withinMs);
      return {
        async connect() {
          await trouble(withinMs);
          const session = await pool.connect();
          return {
            async query(text, parameters) {
              await trouble(withinMs);
              return session.query(text, parameters);
            },
            release: () => {
              session.release();
            },
          };
        },
        end: () => pool.end(),
        hasOneSession: pool.hasOneSession === true,
      };
    },
  };
}
