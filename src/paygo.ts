import { join } from 'node:path';
import { type Logger } from 'pino';
import { createBilling } from '../projections/billing.ts';
import { createDrafts } from '../projections/invoice-list.ts';
import { ratedUsage } from '../projections/rated-usage.ts';
import { type ReadModels } from '../projections/read-models.ts';
import { startRunner, type Runner } from '../projections/runner.ts';
import { openStore } from '../projections/store.ts';
import { mainProjections, mainStreams } from '../projections/tables.ts';
import { usageProjection } from '../projections/usage.ts';
import { type Backend } from '../schema/backend.ts';
import { apolloServer, buildApi } from '../schema/build.ts';
import { requestContext } from '../schema/context.ts';
import { openClock } from './application/clock.ts';
import { createEngine } from './application/create-engine.ts';
import { createHistory } from './application/history.ts';
import { startPolicy } from './application/policy.ts';
import { type EventLog } from './application/ports.ts';
import { type Config } from './config.ts';
import { openSqliteLog } from './event-log/sqlite.ts';
import { type Health } from './http/health.ts';
import { buildServer } from './http/server.ts';

export type Paygo = {
  readonly url: string;
  /** Lets requests under way end, then flushes and closes everything. */
  close(): Promise<void>;
};

/** The composition root: the only place that knows everybody. Resolves when requests are answered. */
export async function startPaygo(config: Config, logger: Logger): Promise<Paygo> {
  const log = openSqliteLog({ folder: config.dataFolder });
  const { graceHours } = config;
  const clock = await openClock(log, config.testClock);
  const { models, runners, close: closeReads } = await openReads(log, config, logger);
  const billing = createBilling(models, graceHours);
  const { engine, biller } = createEngine({ log, clock, billing, graceHours });
  const backend: Backend = {
    engine,
    clock,
    views: {
      main: models.main.reader,
      usage: models.usage.reader,
      drafts: createDrafts(models, graceHours),
      ratedUsage: (request) => ratedUsage(models, request),
      waitForMain: models.waitForMain,
      waitFor: billing.waitFor,
    },
  };

  let ready = false;
  const server = await buildServer({
    config,
    apollo: apolloServer({ schema: buildApi(), logger }),
    context: (caller) => requestContext(backend, caller),
    health: () => healthOf(runners, ready),
    logger,
  });
  const url = await server.listen();
  await Promise.all(runners.map((runner) => runner.caughtUp()));
  models.main.removeOtherVersions();
  models.usage.removeOtherVersions();
  const policy = startPolicy(biller, logger);
  const unsubscribe = runners.map((runner) => runner.onBatch(policy.wake));
  ready = true;

  return {
    url,
    async close() {
      await server.close();
      unsubscribe.forEach((end) => {
        end();
      });
      await policy.stop();
      await closeReads();
      await log.close();
    },
  };
}

function healthOf(runners: readonly Runner[], ready: boolean): Health {
  const states = runners.map((runner) => runner.state());
  const failed = states.map((state) => state.failed).find((reason) => reason !== null);
  if (failed !== undefined) return { status: 'failed', reason: failed };
  if (!ready) return { status: 'starting', reason: 'the read models catch up with the log' };
  const [main, usage] = states.map(({ position }) => String(position));
  return { status: 'ok', mainPosition: main ?? '', usagePosition: usage ?? '' };
}

async function openReads(
  log: EventLog,
  { dataFolder }: Config,
  logger: Logger,
): Promise<{ models: ReadModels; runners: readonly Runner[]; close: () => Promise<void> }> {
  const folder = join(dataFolder, 'read-models');
  const history = createHistory(log);
  const metering = usageProjection({
    originalLine: history.originalLine,
    history: history.usageBetween,
  });
  const main = await openStore({ folder, name: 'main', projections: mainProjections });
  const usage = await openStore({ folder, name: 'usage', projections: [metering] });
  const mainRunner = await startRunner({ log, store: main, streamPrefixes: mainStreams, logger });
  const usageRunner = await startRunner({ log, store: usage, logger });
  return {
    models: {
      main,
      usage,
      waitForMain: mainRunner.waitFor,
      waitForUsage: usageRunner.waitFor,
      contractsBefore: history.contractsBefore,
    },
    runners: [mainRunner, usageRunner],
    async close() {
      await Promise.all([mainRunner.stop(), usageRunner.stop()]);
      await Promise.all([main.close(), usage.close()]);
    },
  };
}
