import { join, resolve } from 'node:path';
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
import { createUsageBacklog } from './application/usage-backlog.ts';
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

/**
 * The composition root: the only place that knows everybody. Resolves when requests are answered.
 */
export async function startPaygo(config: Config, logger: Logger): Promise<Paygo> {
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    return { url: await compose(config, logger, closers), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Puts the parts together, adding for each how it ends; resolves to the server's URL. */
async function compose(
  config: Config,
  logger: Logger,
  closers: (() => Promise<void>)[],
): Promise<string> {
  const log = openSqliteLog({ folder: config.dataFolder });
  closers.push(() => log.close());
  const { graceHours } = config;
  const clock = await openClock(log, config.testClock);
  logger.info(
    {
      dataFolder: resolve(config.dataFolder),
      clock: clock.isTestClock ? 'test' : 'real',
      now: clock.now(),
      graceHours,
    },
    'paygo starts',
  );
  const { models, runners } = await openReads(log, config, logger, closers);
  const billing = createBilling(models, graceHours);
  const [, usageRunner] = runners;
  const usageBacklog = createUsageBacklog(() => usageRunner.position());
  const { engine, biller } = createEngine({ log, clock, billing, graceHours, usageBacklog });
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
    openRecording: (by) => engine.openRecording(by),
    health: () => healthOf(runners, ready),
    logger,
  });
  closers.push(() => server.close());
  const url = await server.listen();
  await Promise.all(runners.map((runner) => runner.caughtUp()));
  await models.main.removeOtherVersions();
  await models.usage.removeOtherVersions();
  const policy = startPolicy(biller, logger);
  for (const runner of runners.slice(0, 1)) runner.onBatch(policy.wake);
  closers.push(() => policy.stop());
  ready = true;
  return url;
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
  closers: (() => Promise<void>)[],
): Promise<{ models: ReadModels; runners: readonly [Runner, Runner] }> {
  const folder = join(dataFolder, 'read-models');
  const history = createHistory(log);
  const metering = usageProjection({
    originalLine: history.originalLine,
    history: history.usageBetween,
  });
  const main = await openStore({ folder, name: 'main', projections: mainProjections });
  closers.push(() => main.close());
  const usage = await openStore({ folder, name: 'usage', projections: [metering] });
  closers.push(() => usage.close());
  const mainRunner = await startRunner({ log, store: main, streamPrefixes: mainStreams, logger });
  closers.push(() => mainRunner.stop());
  const usageRunner = await startRunner({ log, store: usage, logger });
  closers.push(() => usageRunner.stop());
  return {
    models: {
      main,
      usage,
      waitForMain: mainRunner.waitFor,
      waitForUsage: usageRunner.waitFor,
      contractsBefore: history.contractsBefore,
    },
    runners: [mainRunner, usageRunner],
  };
}
