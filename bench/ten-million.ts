import { mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { type Bench, type Lab, type Run } from './bench.ts';
import { bytesIn } from './files.ts';
import { createBilled, type Billed } from './long-account.ts';
import { type LogAnswer, type LogPlan, type LogQuestion } from './long-log.ts';
import { checkDraft, readLong } from './long-reads.ts';
import { startWorker } from './processes.ts';
import { serveFolder, type Served } from './served.ts';
import { manyCustomers } from './usage.ts';
import { type FoldQuestion } from './usage-fold.ts';
import { recordAccount } from './usage-log.ts';

const defaultEvents = 10_000_000;
const briefEvents = 1_000_000;
const fewEvents = 10_000;
const linesPerEvent = 100;
const keys = { largest: 'cust-one@example.com', small: 'cust-two@example.com' };
/** Within the month that the usage is of. */
const now = '2025-02-28T23:59:00Z';
const bytesNeededEach = 600;
const steps = 20;
const starts = 5;
const mebibyte = 2 ** 20;

export const tenMillion: Bench = {
  name: 'ten-million',
  about: `a log of --events usage events (${String(defaultEvents)}): rebuild, start-up, drafts, audit, sizes`,
  async run(lab) {
    const asked = lab.events ?? (lab.isBrief ? briefEvents : defaultEvents);
    const events = Math.ceil(asked / linesPerEvent) * linesPerEvent;
    const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
    const plan: LogPlan = {
      ...{ folder, customers: lab.customers ?? manyCustomers },
      largest: { key: keys.largest, events },
      small: { key: keys.small, events: Math.min(fewEvents, events) },
    };
    try {
      checkSpace(folder, events);
      const [largest, small] = await createAccount(plan);
      if (largest === undefined || small === undefined) throw new Error('there are two of them');
      const log = await recordUsage(lab, plan);
      await rebuild(lab, plan, log);
      await readStarts(lab, folder);
      readSizes(lab, folder, log);
      const served = await serve(folder);
      try {
        await checkDraft(served.url, largest, log.sums.largest);
        await checkDraft(served.url, small, log.sums.small);
        const lastPosition = await positionOf(served);
        await readLong(lab, { ...served, largest, small, lastPosition, someIds: log.someIds });
        readMemory(lab, 'serving', served);
      } finally {
        await served.stop();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

const serve = (folder: string, patienceSeconds = 60): Promise<Served> =>
  serveFolder(folder, { now, patienceSeconds });

function checkSpace(folder: string, events: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = events * bytesNeededEach;
  if (bavail * bsize >= needed) return;
  const [free, wanted] = [bavail * bsize, needed].map((bytes) => Math.round(bytes / mebibyte));
  throw new Error(`${String(wanted)} MiB are needed in ${tmpdir()}, ${String(free)} are free`);
}

async function createAccount({ folder, customers }: LogPlan): Promise<readonly Billed[]> {
  // The server goes first: a log that begins without a test clock never has one.
  const served = await serve(folder);
  const billed = await createBilled(served.url, [keys.largest, keys.small]).finally(served.stop);
  const log = openSqliteLog({ folder });
  await recordAccount(log, [], customers);
  await log.close();
  return billed;
}

async function recordUsage(lab: Lab, plan: LogPlan): Promise<LogAnswer> {
  const worker = startWorker<LogQuestion, LogAnswer>(new URL('./long-log.ts', import.meta.url));
  const startedAt = performance.now();
  try {
    for (let step = 1; step < steps; step += 1) {
      const { events } = await worker.ask({ plan, share: step / steps });
      lab.passing(`recording: ${String(events)}`);
    }
    const log = await worker.ask({ plan, share: 1 });
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    lab.lasting(`recorded ${String(log.events)} usage events in ${String(seconds)} s`);
    lab.note(
      `${String(log.events)} usage events, ${String(linesPerEvent)} together: ` +
        `${String(plan.largest.events)} of one customer in one month, ${String(plan.small.events)} of one, ` +
        `the others of ${String(plan.customers)}; ${String(log.repeats)} are repeats, ` +
        `${String(log.conflicts)} are repeats with other content`,
    );
    return log;
  } finally {
    await worker.stop();
  }
}

/** The server's own: it starts on a log, and has no read models. */
async function rebuild(lab: Lab, { folder }: LogPlan, { events }: LogAnswer): Promise<void> {
  const worker = startWorker<FoldQuestion, Run>(new URL('./usage-fold.ts', import.meta.url));
  const patienceSeconds = 60 + events / 10_000;
  try {
    await lab.compare({
      name: 'rebuilding all read models, start-up included',
      unit: 'usage events',
      pairs: lab.runs ?? 1,
      warmUp: false,
      ours: {
        name: 'npm start',
        async run() {
          rmSync(join(folder, 'read-models'), { recursive: true });
          const served = await serve(folder, patienceSeconds);
          try {
            readMemory(lab, 'rebuilding', served);
            const { readySeconds: seconds, cpuSeconds } = served;
            return { count: events, seconds, cpuSeconds: cpuSeconds() };
          } finally {
            await served.stop();
          }
        },
      },
      baseline: {
        name: 'bare fold',
        async run() {
          const how = 'fold barely';
          const run = await worker.ask({ folder, usageEvents: events, linesPerEvent, how });
          return { ...run, count: events };
        },
      },
    });
  } finally {
    await worker.stop();
  }
}

/** In turn on the long log and on none; the files were read before. */
async function readStarts(lab: Lab, folder: string): Promise<void> {
  for (let start = 1; start <= (lab.runs ?? starts); start += 1) {
    lab.passing(`starting: ${String(start)}`);
    const long = await startOn(folder);
    const empty = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
    try {
      const beside = { name: 'empty', value: await startOn(empty) };
      lab.read({ name: 'start-up, until /health is 200', unit: 's', value: long, beside });
    } finally {
      rmSync(empty, { recursive: true });
    }
  }
}

async function startOn(folder: string): Promise<number> {
  const { readySeconds, stop } = await serve(folder);
  await stop();
  return readySeconds;
}

/** While no server runs: all that was written stands in the files then. */
function readSizes(lab: Lab, folder: string, { events, sentBytes }: LogAnswer): void {
  const beside = { name: 'sent', value: sentBytes / events };
  const log = readdirSync(folder)
    .filter((name) => name.startsWith('log.db'))
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const each = (name: string, bytes: number): void => {
    lab.read({ name: `on disk, each: ${name}`, unit: 'bytes', value: bytes / events, beside });
  };
  each('the log', log);
  each('the read models', bytesIn(join(folder, 'read-models')));
  each('all', bytesIn(folder));
}

function readMemory(lab: Lab, doing: string, { peakBytes }: Served): void {
  const value = (peakBytes() ?? NaN) / mebibyte;
  lab.read({ name: `memory at most, ${doing}`, unit: 'MiB', value });
}

async function positionOf({ url }: Served): Promise<bigint> {
  const health = (await (await fetch(`${url}/health`)).json()) as {
    readonly usagePosition: string;
  };
  return BigInt(health.usagePosition);
}
