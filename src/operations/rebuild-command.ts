import { once } from 'node:events';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { holdFiles } from '../../projections/sqlite.ts';
import { type EventLog } from '../application/ports.ts';
import { type Config } from '../config.ts';
import { buildReadModels } from './build-read-models.ts';
import { metered, onLog, WrongCall, type Call } from './command.ts';
import { counted, type Progress } from './progress.ts';

type Output = { readonly json?: true };

/** Builds the read models of the data folder anew, and puts them in the old ones' place. */
export const rebuildCommand = (call: Call, { json }: Output): Promise<number> =>
  onLog(call, async (log, config) => {
    const startedAtMs = performance.now();
    const { events, through } = await rebuild(call, log, config);
    const seconds = Math.round(performance.now() - startedAtMs) / 1000;
    if (json === true) call.say(JSON.stringify({ events, through: String(through), seconds }));
    else call.say(`read models rebuilt: ${counted(events, 'event')} in ${String(seconds)} s`);
    return true;
  });

type Rebuilt = { readonly events: number; readonly through: bigint };

async function rebuild(call: Call, log: EventLog, config: Config): Promise<Rebuilt> {
  const { dataFolder, databaseUrl } = config;
  if (databaseUrl !== null) {
    throw new WrongCall(
      'DATABASE_URL: read models in PostgreSQL are built by the projectors; drop their schemas instead',
    );
  }
  const present = join(dataFolder, 'read-models');
  const next = `${present}.new`;
  const past = `${present}.old`;
  const release = holdFiles(present);
  try {
    for (const leftOver of [next, past]) rmSync(leftOver, { recursive: true, force: true });
    const rebuilt = await Promise.race([build(call, log, next), ended(call.signal)]);
    // Ended between the two, there are none: the server builds them when it starts.
    if (existsSync(present)) renameSync(present, past);
    renameSync(next, present);
    return rebuilt;
  } finally {
    release();
    for (const leftOver of [next, past]) rmSync(leftOver, { recursive: true, force: true });
  }
}

const build = (call: Call, log: EventLog, folder: string): Promise<Rebuilt> =>
  metered(call, async (meter) => {
    let events = 0;
    const through = await log.head();
    const progress: Progress = {
      ...meter,
      seen(count, position) {
        events += count;
        meter.seen(count, position);
      },
    };
    progress.begin('rebuilding', through);
    const logger = pino({ level: 'error' }, pino.destination(process.stderr.fd));
    const built = await buildReadModels({ log, folder, logger, progress });
    await built.close();
    return { events, through };
  });

async function ended(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  signal.throwIfAborted();
  throw new Error('an aborted signal throws');
}
