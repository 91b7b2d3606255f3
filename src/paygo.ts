import { resolve } from 'node:path';
import { type Logger } from 'pino';
import { createAudit } from '../projections/audit.ts';
import { createBilling } from '../projections/billing.ts';
import { createDrafts } from '../projections/invoice-list.ts';
import { ratedUsage } from '../projections/rated-usage.ts';
import { settle, waitUntilCounted, type ReadModels } from '../projections/read-models.ts';
import { usageTrace } from '../projections/usage-trace.ts';
import { type Backend } from '../schema/backend.ts';
import { apolloServer, buildApi } from '../schema/build.ts';
import { requestContext, type Context } from '../schema/context.ts';
import { openClock, type PaygoClock } from './application/clock.ts';
import { createEngine } from './application/create-engine.ts';
import { type Engine } from './application/engine.ts';
import { type Billing, type EventLog } from './application/ports.ts';
import { createUsageArchive } from './application/usage-archive.ts';
import { createUsageBacklog } from './application/usage-backlog.ts';
import { billingSide, openProvider } from './billing-side.ts';
import { blaming, type Config } from './config.ts';
import { connectEventStore } from './event-log/connected.ts';
import { openSqliteLog } from './event-log/sqlite.ts';
import { type Health } from './http/health.ts';
import { buildServer, type Api } from './http/server.ts';
import { type Webhooks } from './http/webhooks.ts';
import { openPayers, openWebhooks } from './payment-edge.ts';
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
  const usageBacklog = createUsageBacklog(() => reads.usage.position());
  const payers = await openPayers(config);
  const { engine, biller } = createEngine({
    ...{ log, clock, billing, graceHours },
    ...{ usageBacklog, payers },
  });
  const provider = await openProvider(config);
  const billed = billingSide({ log, clock, biller, reads, provider, logger });

  const webhooks = await openWebhooks(config, { log, clock }, logger);
  const latest = async () => (config.eventStoreUrl === null ? log.head() : reads.main.position());
  const core: Core = { log, engine, billing, clock, latest, webhooks };

  let ready = false;
  const server = await buildServer({
    config,
    api: roles.includes('api') ? apiOf(core, reads.models, process) : null,
    health: () => healthOf(reads, { ...billed.figures(), ...webhooks?.figures() }, ready),
    logger,
  });
  closers.push(() => server.close());
  const url = await server.listen();
  await Promise.all([reads.main.caughtUp(), reads.usage.caughtUp()]);
  if (roles.includes('biller')) {
    closers.push(reads.alone('biller', billed.run));
  }
  ready = true;
  return url;
}

async function openLog({ eventStoreUrl, streamPrefix, dataFolder }: Config): Promise<EventLog> {
  if (eventStoreUrl === null) return openSqliteLog({ folder: dataFolder });
  return blaming('EVENTSTORE_URL', () => connectEventStore({ eventStoreUrl, streamPrefix }));
}

type Core = {
  readonly log: EventLog;
  readonly engine: Engine;
  readonly billing: Billing;
  readonly clock: PaygoClock;
  /** Through where the log is known to go. */
  readonly latest: () => Promise<bigint>;
  readonly webhooks: Webhooks | null;
};

function apiOf(core: Core, models: ReadModels, process: Parts): Api<Context> {
  const { log, engine, billing, clock, latest, webhooks } = core;
  const { graceHours } = process.config;
  const usageArchive = createUsageArchive(log);
  const backend: Backend = {
    engine,
    clock,
    views: {
      main: models.main.reader,
      usage: models.usage.reader,
      drafts: createDrafts(models, graceHours),
      audit: createAudit(models, log, graceHours),
      ratedUsage: (request) => ratedUsage(models, request),
      usageTrace: (id, now) => usageTrace({ models, archive: usageArchive, graceHours }, id, now),
      usageArchive,
      settle: () => settle(models, latest),
      waitForMain: models.waitForMain,
      waitFor: billing.waitFor,
      waitUntilCounted: (ids, timeoutMs) => waitUntilCounted(models.usage.reader, ids, timeoutMs),
    },
  };
  return {
    apollo: apolloServer({ schema: buildApi(), logger: process.logger }),
    webhooks,
    async context(caller) {
      // Where the log gives no answer, what needs it says so better than what does not.
      await clock.refresh().catch(() => undefined);
      return requestContext(backend, caller);
    },
    async openRecording(by) {
      await clock.refresh().catch(() => undefined);
      return engine.openRecording(by);
    },
  };
}

function healthOf(
  reads: ReadSide,
  figures: Readonly<Record<string, string>>,
  ready: boolean,
): Health {
  const reason = reads.failure();
  if (reason !== null) return { status: 'failed', reason };
  if (!ready) return { status: 'starting', reason: 'the read models catch up with the log' };
  return {
    status: 'ok',
    mainPosition: String(reads.main.position()),
    usagePosition: String(reads.usage.position()),
    ...figures,
  };
}
