import { parentPort, workerData } from 'node:worker_threads';
import { startRunner, type RunnerLogger } from '../projections/runner.ts';
import { openStore } from '../projections/store.ts';
import { type UsageTables } from '../projections/usage-tables.ts';
import { usageProjection } from '../projections/usage.ts';
import { createHistory } from './application/history.ts';
import { followSqliteLog, type LogFollower } from './event-log/sqlite-follower.ts';
import { present } from './kernel/invariant.ts';
import {
  type FromThread,
  type LogPlace,
  type ThreadStart,
  type ToThread,
} from './usage-thread-messages.ts';

/** While it is behind, it folds so many events of the log in a transaction, or 8 MiB of them. */
const mostEvents = 20_000;

const port = present(parentPort, 'this is the main file of a thread');

/** Folds the log into the usage store until it is told to stop, and tells how far it has come. */
async function foldUsage({ log: place, folder }: ThreadStart): Promise<void> {
  const log = await openLog(place);
  const { originalLine, usageBetween } = createHistory(log);
  const projections = [usageProjection({ originalLine, history: usageBetween })];
  const store = await openStore<UsageTables>({ folder, name: 'usage', projections });
  const goal = await log.head();
  const runner = await startRunner({ log, store, logger, batchSize: mostEvents });
  runner.onMove((position) => {
    tell({ type: 'reached', position });
  });
  const { fingerprint } = store;
  tell({ type: 'started', position: runner.position(), goal, fingerprint });
  port.on('message', (message: ToThread) => {
    if (message === 'grown') log.announce();
    else void runner.stop();
  });
  await runner.ended;
  const { failed } = runner.state();
  if (failed !== null) tell({ type: 'failed', reason: failed });
  await store.close();
  await log.close();
  port.close();
}

async function openLog(place: LogPlace): Promise<LogFollower> {
  if ('folder' in place) return followSqliteLog(place);
  const { openEventStoreLog } = await import('./event-log/eventstoredb.ts');
  const log = openEventStoreLog({ url: place.eventStoreUrl, prefix: place.streamPrefix });
  return { ...log, announce: () => undefined };
}

/** An error as loggers write it: what it holds may not pass between threads. */
const plain = (value: unknown): unknown =>
  value instanceof Error ? { type: value.name, message: value.message, stack: value.stack } : value;

function tell(message: FromThread): void {
  port.postMessage(message);
}

const logger: RunnerLogger = {
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
};

function say(level: 'info' | 'warn' | 'error'): RunnerLogger['info'] {
  return (details, message) => {
    const said = Object.entries(details).map(([name, value]: [string, unknown]) => [
      name,
      plain(value),
    ]);
    tell({ type: 'said', level, details: Object.fromEntries(said) as object, message });
  };
}

await foldUsage(workerData as ThreadStart);
