import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { type Config } from './config.ts';
import { type Paygo } from './paygo.ts';

/** npm passes on a signal that the terminal has sent to this process already. */
const sameSignalMs = 1000;

/**
 * Each thread's heap is cleaned once it holds three times what lives there, not four: usage that
 * passes through would fill a hundred megabytes more.
 */
setFlagsFromString('--heap-growing-percent=200');

/** One answers, one folds. Without a core to spare, to help a thread clean slows both down. */
const busyThreads = 2;
if (availableParallelism() <= busyThreads) setFlagsFromString('--no-parallel-scavenge');

let running: Paygo | undefined;
let askedToEndAt: number | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
await start();

async function start(): Promise<void> {
  // Only now: a signal that comes while the rest is loaded finds somebody who listens.
  const [{ pino }, { loadConfig, startFault }, { startPaygo }] = await Promise.all([
    import('pino'),
    import('./config.ts'),
    import('./paygo.ts'),
  ]);
  let config: Config | undefined;
  try {
    config = loadConfig();
    const logger = pino({ level: config.logLevel });
    running = await startPaygo(config, logger);
    const { url } = running;
    const where = config.roles.includes('api')
      ? { api: `${url}/graphql` }
      : { health: `${url}/health` };
    logger.info(where, 'paygo is ready');
  } catch (error) {
    process.stderr.write(`paygo cannot start: ${startFault(error, config)}\n`);
    process.exitCode = 1;
  }
}

function end(): void {
  if (askedToEndAt !== undefined) {
    if (performance.now() - askedToEndAt > sameSignalMs) process.exit(1);
    return;
  }
  askedToEndAt = performance.now();
  // Before it is ready it has answered nobody, and its files can be left at any moment.
  if (running === undefined) process.exit(0);
  void running.close();
}
