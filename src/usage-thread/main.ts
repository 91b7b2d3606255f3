import { parentPort } from 'node:worker_threads';
import { createPacing } from '../../projections/pacing.ts';
import { type RunnerLogger } from '../../projections/runner.ts';
import { connectEventStore } from '../event-log/connected.ts';
import { followSqliteLog, type LogFollower } from '../event-log/sqlite-follower.ts';
import { present } from '../kernel/invariant.ts';
import { foldUsage } from './folding.ts';
import { type FromThread, type LogPlace, type ThreadStart, type ToThread } from './messages.ts';

const port = present(parentPort, 'this is the main file of a thread');

/**
 * Unless somebody waits for it, usage of the embedded log is folded so often at most: the more of a
 * key's comes together, the less often what it adds to is written, and others need the core, too.
 */
const foldEveryMs = 250;

/** Folds the log into the usage store until it is told to stop, and tells how far it has come. */
async function follow({ log: place, folder }: ThreadStart): Promise<void> {
  const log = await openLog(place);
  const goal = await log.head();
  const pacing = 'folder' in place ? createPacing(foldEveryMs) : undefined;
  const { store, runner, close } = await foldUsage(log, folder, logger, pacing);
  runner.onMove((position) => {
    tell({ type: 'reached', position });
  });
  const { fingerprint } = store;
  tell({ type: 'started', position: runner.position(), goal, fingerprint });
  const hear = (message: ToThread): void => {
    if (message === 'grown') log.announce();
    else if (message === 'awaited') pacing?.hurry();
    else if (message === 'stop') void runner.stop();
  };
  port.on('message', hear);
  await runner.ended;
  port.off('message', hear);
  const { failed } = runner.state();
  if (failed !== null) tell({ type: 'failed', reason: failed });
  await close();
  await log.close();
  tell({ type: 'ended' });
}

async function openLog(place: LogPlace): Promise<LogFollower> {
  if ('folder' in place) return followSqliteLog(place);
  return { ...(await connectEventStore(place)), announce: () => undefined };
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

port.on('message', (message: ToThread) => {
  // What it throws ends the thread, and is told to the first one.
  if (typeof message === 'object') void follow(message.start);
});
