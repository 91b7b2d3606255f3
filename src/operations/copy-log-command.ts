import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { type EventLog } from '../application/ports.ts';
import { blaming, type Config } from '../config.ts';
import { openEventStoreLog } from '../event-log/eventstoredb.ts';
import { openSqliteLog } from '../event-log/sqlite.ts';
import { type Instant } from '../kernel/calendar.ts';
import { attempt, embeddedLogFolder, WrongCall, type Call } from './command.ts';
import { compareAnswers } from './compare-answers.ts';
import { compareLogs } from './compare-logs.ts';
import { copyLog } from './copy-log.ts';
import { patient } from './log-events.ts';
import { counted, grouped, startMeter, type Meter } from './progress.ts';

type Wish = { readonly verifyOnly?: true };

type Place = { readonly config: Config; readonly folder: string; readonly url: string };

/** Copies the embedded log into EventStoreDB, and verifies the copy; its exit code. */
export const copyLogCommand = (call: Call, wish: Wish): Promise<number> =>
  attempt(call, (config) => {
    const { eventStoreUrl: url } = config;
    if (url === null) throw new WrongCall('EVENTSTORE_URL: set it to where to copy the log');
    return run(call, wish, { config, url, folder: embeddedLogFolder(config) });
  });

/** Whether the target is a copy of the source in the end. */
async function run(call: Call, wish: Wish, { config, folder, url }: Place): Promise<boolean> {
  const { streamPrefix } = config;
  const source = openSqliteLog({ folder });
  const scratch = mkdtempSync(join(tmpdir(), 'paygo-copy-log-'));
  const meter = startMeter(call.say);
  let target: EventLog | undefined;
  try {
    target = openEventStoreLog({ url, prefix: streamPrefix });
    call.say(`from ${resolve(folder)} to the event store's streams ${streamPrefix}*`);
    const logs = { source, target };
    const work = copyAndVerify(call, wish, { ...logs, config, scratch, meter });
    return await Promise.race([work, ended(call.signal)]);
  } finally {
    meter.stop();
    rmSync(scratch, { recursive: true, force: true });
    // A call that is under way would be waited for.
    const closing = target?.close();
    if (!call.signal.aborted) await closing;
    await source.close();
  }
}

async function ended(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('it was ended before it was done: call it again to go on');
}

type Copying = {
  readonly source: EventLog;
  readonly target: EventLog;
  readonly config: Config;
  readonly scratch: string;
  readonly meter: Meter;
};

async function copyAndVerify(
  { say }: Call,
  { verifyOnly }: Wish,
  { source, target: server, config, scratch, meter }: Copying,
): Promise<boolean> {
  // Not patiently: a wrong address is told at once.
  await blaming('EVENTSTORE_URL', () => server.head());
  const logs = { source, target: patient(server) };
  if (verifyOnly !== true) {
    const startedAtMs = performance.now();
    const { found, copied } = await copyLog(logs, meter);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const pace = `${grouped(Math.round(copied / seconds))} events/s`;
    say(`copied ${counted(copied, 'event')} (${pace}); ${grouped(found)} were there before`);
  }
  say(`the logs are the same: ${counted(await compareLogs(logs, meter), 'event')}`);
  const logger = pino({ level: 'error' }, pino.destination(process.stderr.fd));
  const now = await latest(source);
  const comparison = { ...logs, folder: scratch, now, graceHours: config.graceHours, logger };
  let alike = true;
  for await (const compared of compareAnswers({ ...comparison, progress: meter })) {
    const { kind, same, difference } = compared;
    alike &&= difference === null;
    say(`${kind}: ${grouped(same)} answers are the same${difference === null ? '' : ', but then'}`);
    if (difference !== null) say(`  ${difference}`);
  }
  say(alike ? 'the copy is verified' : 'the copy is not verified');
  return alike;
}

/** The machine's time, or that of a test clock which is ahead of it: drafts are those of then. */
async function latest(log: EventLog): Promise<Instant> {
  const now = new Date().toISOString() as Instant;
  const head = await log.head();
  const { events } = await log.readAll({ after: head > 0n ? head - 1n : 0n, maxCount: 1 });
  const recordedAt = events[0]?.metadata.recordedAt ?? now;
  return recordedAt > now ? recordedAt : now;
}
