import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type EventLog } from '../application/ports.ts';
import { blaming, loadConfig, startFault, type Config } from '../config.ts';
import { openEventStoreLog } from '../event-log/eventstoredb.ts';
import { openSqliteLog } from '../event-log/sqlite.ts';
import { type Instant } from '../kernel/calendar.ts';
import { compareAnswers } from './compare-answers.ts';
import { compareLogs } from './compare-logs.ts';
import { copyLog } from './copy-log.ts';
import { patient } from './log-events.ts';
import { grouped, startMeter, type Meter } from './progress.ts';

const help = `Copies the embedded event log into EventStoreDB, and verifies the copy.

  npm run copy-log                    copy what the target does not hold yet, then verify
  npm run copy-log -- --verify-only   verify alone
  npm run copy-log -- --help          this text

  PAYGO_DATA_DIR       the folder with the log to copy; no server may be using it (./data)
  EVENTSTORE_URL       where to copy it to, as esdb://host:2113?tls=false
  PAYGO_STREAM_PREFIX  what the names of its streams begin with there (paygo-)
  PAYGO_GRACE_HOURS    as the server has it, for the drafts that are compared (24)
  TMPDIR               where the read models of both logs are built to compare their answers

It may be ended at any moment; called again, it goes on where the target ends. A target that holds
anything else than a beginning of the log is refused. Verified is first each event, then what
customers may ask: the catalog, customers, contracts, invoices and metered usage.

Exit code: 0 all is copied and verified, 1 it is not, 2 it was called wrongly.
`;

export type Call = {
  readonly args: readonly string[];
  /** By default the process's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  /** Ends it, at any moment. */
  readonly signal: AbortSignal;
};

type Wish = { readonly config: Config; readonly eventStoreUrl: string; readonly copies: boolean };

/** It was called wrongly; the message says how. */
class WrongCall extends Error {}

const count = (events: number): string => `${grouped(events)} event${events === 1 ? '' : 's'}`;

/** Runs `npm run copy-log`; its exit code. */
export async function copyLogCommand(call: Call): Promise<number> {
  let config: Config | undefined;
  try {
    const wish = readWish(call);
    if (wish === 'help') {
      call.say(help.trimEnd());
      return 0;
    }
    ({ config } = wish);
    return (await run(call, wish)) ? 0 : 1;
  } catch (error) {
    call.complain(`copy-log: ${startFault(error, config).trim().replaceAll('\n', '; ')}`);
    return error instanceof WrongCall ? 2 : 1;
  }
}

function readWish({ args, env }: Call): Wish | 'help' {
  try {
    const options = { 'verify-only': { type: 'boolean' }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    if (values.help === true) return 'help';
    const config = loadConfig(env);
    const { eventStoreUrl, dataFolder } = config;
    if (eventStoreUrl === null) throw new Error('EVENTSTORE_URL: set it to where to copy the log');
    if (!existsSync(join(dataFolder, 'log.db'))) {
      throw new Error(`PAYGO_DATA_DIR: there is no event log (log.db) in ${resolve(dataFolder)}`);
    }
    return { config, eventStoreUrl, copies: values['verify-only'] !== true };
  } catch (error) {
    throw new WrongCall(startFault(error, undefined), { cause: error });
  }
}

/** Whether the target is a copy of the source in the end. */
async function run(call: Call, wish: Wish): Promise<boolean> {
  const { dataFolder, streamPrefix } = wish.config;
  const source = openSqliteLog({ folder: dataFolder });
  const scratch = mkdtempSync(join(tmpdir(), 'paygo-copy-log-'));
  const meter = startMeter(call.say);
  let target: EventLog | undefined;
  try {
    target = openEventStoreLog({ url: wish.eventStoreUrl, prefix: streamPrefix });
    call.say(`from ${resolve(dataFolder)} to the event store's streams ${streamPrefix}*`);
    const work = copyAndVerify(call, wish, { source, target }, scratch, meter);
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

type Logs = { readonly source: EventLog; readonly target: EventLog };

async function copyAndVerify(
  { say }: Call,
  { config, copies }: Wish,
  { source, target: server }: Logs,
  scratch: string,
  meter: Meter,
): Promise<boolean> {
  // Not patiently: a wrong address is told at once.
  await blaming('EVENTSTORE_URL', () => server.head());
  const logs = { source, target: patient(server) };
  if (copies) {
    const startedAtMs = performance.now();
    const { found, copied } = await copyLog(logs, meter);
    const seconds = (performance.now() - startedAtMs) / 1000;
    const pace = `${grouped(Math.round(copied / seconds))} events/s`;
    say(`copied ${count(copied)} (${pace}); ${grouped(found)} were there before`);
  }
  say(`the logs are the same: ${count(await compareLogs(logs, meter))}`);
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
