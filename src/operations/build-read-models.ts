import { type Logger } from 'pino';
import { type ReadModels } from '../../projections/read-models.ts';
import { startRunner } from '../../projections/runner.ts';
import { openStore } from '../../projections/store.ts';
import { mainProjections, mainStreams } from '../../projections/tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { createHistory } from '../application/history.ts';
import { type EventLog } from '../application/ports.ts';
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
    usageRunner.onBatch(({ events, through }) => {
      progress.seen(events.length, through);
    });
    await Promise.all([mainRunner.caughtUp(), usageRunner.caughtUp()]);
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
