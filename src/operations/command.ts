import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type EventLog } from '../application/ports.ts';
import { blaming, ConfigError, loadConfig, startFault, type Config } from '../config.ts';
import { connectEventStore } from '../event-log/connected.ts';
import { giveWay } from '../give-way.ts';
import { startMeter, type Meter } from './progress.ts';

export type Call = {
  readonly args: readonly string[];
  /** By default the process's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Hears how far it has come; absent: nobody watches. */
  readonly tell?: (line: string) => void;
  /** Resolves when what was said has been taken; absent: it is at once. */
  readonly drained?: () => Promise<void>;
  /** Ends it, at any moment. */
  readonly signal: AbortSignal;
};

/** It was called wrongly; the message says how. */
export class WrongCall extends Error {}

/**
 * Runs a command's work, with what the environment says; its exit code: 0 it is so, 1 it is not or
 * cannot be found out, 2 it was called wrongly.
 */
export async function attempt(
  call: Call,
  work: (config: Config) => Promise<boolean>,
): Promise<number> {
  let config: Config | undefined;
  try {
    config = call.env === undefined ? loadConfig() : loadConfig(call.env);
    return (await work(config)) ? 0 : 1;
  } catch (error) {
    const fault = isAbort(error) ? 'it was ended before it was done' : startFault(error, config);
    call.complain(`paygo: ${fault.trim().replaceAll('\n', '; ')}`);
    return error instanceof WrongCall || error instanceof ConfigError ? 2 : 1;
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError';

/**
 * As attempt, of work on the log that the environment names. check: throws WrongCall where no log
 * is needed to say so.
 */
export const onLog = (
  call: Call,
  work: (log: EventLog, config: Config) => Promise<boolean>,
  check?: () => void,
): Promise<number> =>
  attempt(call, async (config) => {
    check?.();
    const log = await openLog(config);
    return work(interruptible(log, call.signal), config).finally(() => log.close());
  });

/** The same log, for reading: an embedded one answers at once, and a signal would not be heard. */
function interruptible(log: EventLog, signal: AbortSignal): EventLog {
  const hear = async (): Promise<void> => {
    await giveWay();
    signal.throwIfAborted();
  };
  return {
    ...log,
    readStream: (...request) => hear().then(() => log.readStream(...request)),
    readAll: (...request) => hear().then(() => log.readAll(...request)),
  };
}

/** Throws WrongCall where there is none: an empty log would have nothing wrong with it. */
export function embeddedLogFolder({ dataFolder }: Config): string {
  if (existsSync(join(dataFolder, 'log.db'))) return dataFolder;
  throw new WrongCall(`PAYGO_DATA_DIR: there is no event log (log.db) in ${resolve(dataFolder)}`);
}

async function openLog(config: Config): Promise<EventLog> {
  const { eventStoreUrl, streamPrefix } = config;
  if (eventStoreUrl === null) {
    const { openSqliteLog } = await import('../event-log/sqlite.ts');
    return openSqliteLog({ folder: embeddedLogFolder(config) });
  }
  return blaming('EVENTSTORE_URL', () => connectEventStore({ eventStoreUrl, streamPrefix }));
}

/** What tells of progress to those who watch. */
export const meterOf = ({ tell }: Call): Meter => startMeter(tell ?? (() => undefined));

/** Does the work with a meter that stops with it. */
export async function metered<Result>(
  call: Call,
  work: (meter: Meter) => Promise<Result>,
): Promise<Result> {
  const meter = meterOf(call);
  try {
    return await work(meter);
  } finally {
    meter.stop();
  }
}
