import { Unavailable } from '../src/application/ports.ts';
import { type RunnerLogger } from './runner.ts';
import { passes, takeLease, type Lease, type LeaseContext } from './lease.ts';
import { leasesGeneration, leaseTable, prepareLeases } from './leases-table.ts';
import { shareLeases } from './leases-share.ts';
import { LeaseLost, type Held, type Leases } from './leases.ts';
import { openPostgres, postgresSessions, schemaOf, type PostgresPlace } from './postgres.ts';

export type LeasesOptions = {
  readonly postgres: PostgresPlace;
  /** Of this process alone, and of this life of it. */
  readonly process: string;
  readonly logger: RunnerLogger;
  /** How long a lease outlives the last sign of its holder. */
  readonly ttlMs?: number;
  readonly renewMs?: number;
};

/**
 * Leases in a schema of their own, which all processes with the same prefix share. Who has died is
 * succeeded when its leases have expired: ttlMs, and a quarter of renewMs.
 */
export async function openLeases(options: LeasesOptions): Promise<Leases> {
  const { postgres, process, logger, ttlMs = 6000, renewMs = 2000 } = options;
  const database = await openPostgres(postgres, leasesGeneration, prepareLeases);
  const schema = schemaOf(postgres, leasesGeneration);
  // A lease must be renewed in time: silence counts as an outage long before it is lost.
  const answerWithinMs = Math.ceil(ttlMs / 2);
  const sessions = postgresSessions(postgres.pool(1, answerWithinMs), {
    schema,
    answerWithinMs,
  });
  const table = leaseTable(sessions, { schema, process, ttlMs });
  const context: LeaseContext = { table, logger, ttlMs, renewMs };
  const lookEveryMs = renewMs / 4;
  const answered = patience(logger, lookEveryMs);
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const untilClosed = async (
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> => {
    const running = run(AbortSignal.any([signal, closing.signal]));
    underWay.add(running);
    try {
      await running;
    } finally {
      underWay.delete(running);
    }
  };
  await database.removeOtherGenerations();

  return {
    hold: (name, signal, work) =>
      untilClosed(signal, async (until) => {
        do {
          const lease = await answered(() => takeLease(context, name), until);
          if (lease !== undefined && lease !== null) {
            logger.info({ lease: name, fence: String(lease.held.fence) }, 'a lease is taken');
            await workUnder(lease, until, work, logger);
          }
        } while (await passes(lookEveryMs, until));
      }),
    share: (group, count, signal, changed) =>
      untilClosed(signal, (until) =>
        shareLeases(context, { group, count, process, changed, answered, lookEveryMs }, until),
      ),
    async close() {
      closing.abort();
      await Promise.allSettled(underWay);
      await sessions.destroy();
      await database.close();
    },
  };
}

/** What fails as the lease is lost, or the database away, is tried again under the next lease. */
async function workUnder(
  lease: Lease,
  signal: AbortSignal,
  work: (held: Held) => Promise<void>,
  logger: RunnerLogger,
): Promise<void> {
  signal.addEventListener('abort', lease.giveUp);
  if (signal.aborted) lease.giveUp();
  try {
    await work(lease.held);
  } catch (error) {
    if (!(error instanceof LeaseLost) && !(error instanceof Unavailable)) throw error;
    logger.warn({ err: error, lease: lease.held.name }, 'what the lease is for was interrupted');
  } finally {
    signal.removeEventListener('abort', lease.giveUp);
    await lease.release();
  }
}

/** Asks again and again while the database is away. */
const patience =
  (logger: RunnerLogger, retryMs: number) =>
  async <Answer>(ask: () => Promise<Answer>, signal: AbortSignal): Promise<Answer | undefined> => {
    let pauseMs = retryMs;
    while (!signal.aborted) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        if (pauseMs === retryMs) logger.warn({ err: error }, 'leases are not to be reached');
        if (!(await passes(pauseMs, signal))) return undefined;
        pauseMs = Math.min(pauseMs * 2, retryMs * 4);
      }
    }
    return undefined;
  };
