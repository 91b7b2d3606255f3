import { type Pacing } from '../../projections/pacing.ts';
import { startRunner, type Runner, type RunnerLogger } from '../../projections/runner.ts';
import { openStore, type Store } from '../../projections/store.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { createHistory } from '../application/history.ts';
import { type EventLog } from '../application/ports.ts';

/** Far behind, so many events of the log are folded in a transaction, or what a batch may hold. */
const mostEvents = 20_000;

export type UsageFolding = {
  readonly store: Store<UsageTables>;
  readonly runner: Runner;
  /** Once it has been stopped, or has failed. */
  readonly close: () => Promise<void>;
};

/** Folds usage into a store in the folder, as the only one who does. */
export async function foldUsage(
  log: Pick<EventLog, 'head' | 'readAll' | 'readStream' | 'subscribe'>,
  folder: string,
  logger: RunnerLogger,
  pacing?: Pacing,
): Promise<UsageFolding> {
  const { originalLine, usageBetween } = createHistory(log);
  const projections = [usageProjection({ originalLine, history: usageBetween })];
  const store = await openStore<UsageTables>({ folder, name: 'usage', projections });
  try {
    const runner = await startRunner({ log, store, logger, batchSize: mostEvents, pacing });
    return { store, runner, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}
