import { type Logger } from 'pino';
import { waitUntilCounted, type ReadModels } from '../../projections/read-models.ts';
import { startRunner, type Runner } from '../../projections/runner.ts';
import { openStore, type Store } from '../../projections/store.ts';
import { mainProjections, mainStreams } from '../../projections/tables.ts';
import { metricsOf } from '../../projections/usage-metrics.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { createHistory } from '../application/history.ts';
import { NotCounted, Unavailable, type EventLog } from '../application/ports.ts';
import { foldUsage } from '../usage-thread/folding.ts';
import { type Progress } from './progress.ts';

export type BuiltReadModels = { readonly models: ReadModels; close(): Promise<void> };

export type Building = {
  readonly log: EventLog;
  /** An empty folder for the files. */
  readonly folder: string;
  readonly logger: Logger;
  readonly progress: Progress;
};

/** Folds all that the log holds into read models of their own. */
export async function buildReadModels(building: Building): Promise<BuiltReadModels> {
  const { log, folder, logger, progress } = building;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const history = createHistory(log);
    const main = await openStore({ folder, name: 'main', projections: mainProjections });
    closers.push(() => main.close());
    const mainRunner = await startRunner({ log, store: main, streamPrefixes: mainStreams, logger });
    closers.push(() => mainRunner.stop());
    const folding = await foldUsage(log, folder, logger);
    closers.push(() => folding.close());
    const { store: usage, runner: usageRunner } = folding;
    closers.push(() => usageRunner.stop());
    usageRunner.onBatch(({ events, through }) => {
      progress.seen(events.length, through);
    });
    await Promise.all([mainRunner.caughtUp(), usageRunner.caughtUp()]);
    await untilCounted(usage, usageRunner);
    const models: ReadModels = {
      main,
      usage,
      waitForMain: mainRunner.waitFor,
      waitForUsage: usageRunner.waitFor,
      contractsBefore: history.contractsBefore,
    };
    return { models, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const lookEveryMs = 1000;

/** Metrics that were created after usage count it behind the log. */
async function untilCounted({ reader }: Store<UsageTables>, runner: Runner): Promise<void> {
  const metricIds = (await metricsOf(reader)).map(({ metricId }) => metricId);
  for (;;) {
    try {
      await waitUntilCounted(reader, metricIds, lookEveryMs);
      return;
    } catch (error) {
      if (!(error instanceof NotCounted)) throw error;
    }
    const { failed } = runner.state();
    if (failed !== null) throw new Unavailable(`usage read models: ${failed}`);
  }
}
