import { resolve } from 'node:path';
import { type Logger } from 'pino';
import { createAudit } from '../projections/audit.ts';
import { createBilling } from '../projections/billing.ts';
import { createDrafts } from '../projections/invoice-list.ts';
import { ratedUsage } from '../projections/rated-usage.ts';
import { waitUntilCounted, type ReadModels } from '../projections/read-models.ts';
import { type Backend } from '../schema/backend.ts';
import { apolloServer, buildApi } from '../schema/build.ts';
import { requestContext, type Context } from '../schema/context.ts';
import { type Biller } from './application/biller.ts';
import { openClock, type PaygoClock } from './application/clock.ts';
import { createEngine } from './application/create-engine.ts';
import { type Engine } from './application/engine.ts';
import { startPolicy } from './application/policy.ts';
import { type Billing, type EventLog } from './application/ports.ts';
import { blaming, type Config } from './config.ts';
import { openSqliteLog } from './event-log/sqlite.ts';
import { type Health } from './http/health.ts';
import { buildServer, type Api } from './http/server.ts';
import { openReadSide, type Connect, type ReadSide } from './read-side.ts';

export type Paygo = {
  readonly url: string;
  /** Lets requests under way end, then flushes and closes everything. */
  close(): Promise<void>;
};

/** What a process is made of: what it does, and how it ends, in the order that it came to be. */
type Parts = {
  readonly config: Config;
  readonly logger: Logger;
  readonly connect: Connect | undefined;
  readonly closers: (() => Promise<void>)[];
};

/**
 * The composition root: the only place that knows everybody. Resolves when requests are answered.
 * connect: instead of connections to DATABASE_URL.
 */
export async function startPaygo(
  config: Config,
  logger: Logger,
  connect?: Connect,
): Promise<Paygo> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    return { url: await compose({ config, logger, connect, closers }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts the parts together, adding for each how it ends; resolves to the server's URL. */
async function compose(process: Parts): Promise<string> {
  const { config, logger, closers } = process;
  const { graceHours, roles } = config;
  const log = await openLog(config);
  closers.push(() => log.close());
  const clock = await openClock(log, config.testClock);
  logger.info(
    {
      roles,
      log: config.eventStoreUrl === null ? resolve(config.dataFolder) : 'EventStoreDB',
      readModels: config.databaseUrl === null ? resolve(config.dataFolder) : 'PostgreSQL',
      clock: clock.isTestClock ? 'test' : 'real',
      now: clock.now(),
      graceHours,
    },
    'paygo starts',
  );
  const reads = await openReadSide({ ...process, log });
  const billing = createBilling(reads.models, graceHours);
  const { engine, biller } = createEngine({ log, clock, billing, graceHours });

  let ready = false;
  const server = await buildServer({
    config,
    api: roles.includes('api')
      ? apiOf({ engine, billing, clock, log }, reads.models, process)
      : null,
    health: () => healthOf(reads, ready),
    logger,
  });
  closers.push(() => server.close());
  const url = await server.listen();
  await Promise.all([reads.main.caughtUp(), reads.usage.caughtUp()]);
  if (roles.includes('biller')) {
    const stop = reads.alone('biller', (signal) => keepBilling(biller, reads, logger, signal));
    closers.push(stop);
  }
  ready = true;
  return url;
}

async function openLog({ eventStoreUrl, streamPrefix, dataFolder }: Config): Promise<EventLog> {
  if (eventStoreUrl === null) return openSqliteLog({ folder: dataFolder });
  // Only where it is used: its client takes long to load.
  const { openEventStoreLog } = await import('./event-log/eventstoredb.ts');
  return blaming('EVENTSTORE_URL', async () => {
    const log = openEventStoreLog({ url: eventStoreUrl, prefix: streamPrefix });
    try {
      await log.head();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  });
}

type Core = {
  readonly engine: Engine;
  readonly billing: Billing;
  readonly clock: PaygoClock;
  readonly log: EventLog;
};

function apiOf(core: Core, models: ReadModels, process: Parts): Api<Context> {
  const { engine, billing, clock, log } = core;
  const backend: Backend = {
    engine,
    clock,
    views: {
      main: models.main.reader,
      usage: models.usage.reader,
      drafts: createDrafts(models, process.config.graceHours),
      audit: createAudit(models, log),
      ratedUsage: (request) => ratedUsage(models, request),
      waitForMain: models.waitForMain,
      waitFor: billing.waitFor,
      waitUntilCounted: (ids, timeoutMs) => waitUntilCounted(models.usage.reader, ids, timeoutMs),
    },
  };
  return {
    apollo: apolloServer({ schema: buildApi(), logger: process.logger }),
    async context(caller) {
      // Where the log gives no answer, what needs it says so better than what does not.
      await clock.refresh().catch(() => undefined);
      return requestContext(backend, caller);
    },
  };
}

/** Bills until the signal aborts. */
async function keepBilling(
  biller: Biller,
  reads: ReadSide,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const policy = startPolicy(biller, logger);
  const stopWaking = reads.main.onMove(policy.wake);
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
  stopWaking();
  await policy.stop();
}

function healthOf(reads: ReadSide, ready: boolean): Health {
  const reason = reads.failure();
  if (reason !== null) return { status: 'failed', reason };
  if (!ready) return { status: 'starting', reason: 'the read models catch up with the log' };
  return {
    status: 'ok',
    mainPosition: String(reads.main.position()),
    usagePosition: String(reads.usage.position()),
  };
}
