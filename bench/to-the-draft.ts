import { type Bench, type Lab, type Run } from './bench.ts';
import { ingestRun, type IngestRun } from './ingest.ts';
import { postgres } from './postgres.ts';
import { type InsertQuestion } from './postgres-insert.ts';
import { startWorker } from './processes.ts';
import { manyCustomers } from './usage.ts';

const load = { via: 'ndjson', connections: 8, linesPerBatch: 1000, warmUpSeconds: 2 } as const;
const inserting = { rows: 100, connections: 4 };

/** What is aimed at: a run of so many seconds has as many usage events as this gives. */
const aimPerSecond = 100_000;
const defaultSeconds = 8;

/** A run that takes longer than this many times its seconds ends with fewer usage events. */
const patience = 5;
/** From here on a first run that does not count would take more time than it is worth. */
const longSeconds = 20;

export const toTheDraft: Bench = {
  name: 'to-the-draft',
  about: 'usage over HTTP until it is counted, exactly once, beside the least that does so',
  async run(lab) {
    const seconds = lab.seconds ?? defaultSeconds;
    const lines = roundUp(lab.events ?? seconds * aimPerSecond, load.linesPerBatch);
    const customers = lab.customers ?? manyCustomers;
    const limit = patience * Math.max(seconds, lines / aimPerSecond);
    const pass = async (server: 'paygo' | 'smallest'): Promise<Run> => {
      const run = await ingestRun({
        ...{ ...load, server, customers, lines },
        ...{ seconds: limit, toTheDraft: true },
      });
      if (run.rejected > 0) throw new Error(`${String(run.rejected)} were rejected`);
      if (run.count < lines) throw new Error(`only ${String(run.count)} were acknowledged in time`);
      read(lab, server, run);
      return run;
    };
    const common = { unit: 'usage events', warmUp: lines < longSeconds * aimPerSecond };
    const ours = { name: 'paygo', run: () => pass('paygo') };
    const name = `${String(lines)} usage events, customers: ${String(customers)}`;
    lab.note('a run ends when as many are counted; their number and their sum are checked');
    await lab.compare({
      ...{ ...common, name, ours },
      baseline: { name: 'smallest', run: () => pass('smallest') },
    });
    await besidePostgres(lab, lines, customers, { ...common, name, ours });
  },
};

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

type Common = Omit<Parameters<Lab['compare']>[0], 'baseline'>;

async function besidePostgres(
  lab: Lab,
  lines: number,
  customers: number,
  common: Common,
): Promise<void> {
  if (postgres.obstacle !== null) {
    lab.note(`beside PostgreSQL: skipped, ${postgres.obstacle}`);
    return;
  }
  lab.note(await postgres.version());
  const { rows, connections } = inserting;
  lab.note(`postgres-insert: ${String(rows)} rows a statement, ${String(connections)} connections`);
  const worker = startWorker<InsertQuestion, Run>(new URL('./postgres-insert.ts', import.meta.url));
  try {
    await lab.compare({
      ...common,
      name: `${common.name}, beside PostgreSQL`,
      baseline: {
        name: 'postgres-insert',
        async run() {
          const { url, drop } = await postgres.newDatabase();
          try {
            return await worker.ask({ ...inserting, url, lines, customers });
          } finally {
            await drop();
          }
        },
      },
    });
  } finally {
    await worker.stop();
  }
}

const mebibyte = 2 ** 20;

function read(lab: Lab, server: 'paygo' | 'smallest', run: IngestRun): void {
  const { peakBytes, bytes, mostBytes, allSentBytes, counted, postponed, samples } = run;
  const name = (what: string): string => `${what}, ${server}`;
  lab.read(
    { name: name('memory at most'), unit: 'MiB', value: peakBytes / mebibyte },
    {
      ...{ name: name('on disk, each'), unit: 'bytes', value: bytes / counted },
      beside: { name: 'sent', value: allSentBytes / counted },
    },
    {
      ...{ name: name('on disk at most, each'), unit: 'bytes', value: mostBytes / counted },
      beside: { name: 'sent', value: allSentBytes / counted },
    },
  );
  if (postponed > 0) lab.note(`${server}: ${String(postponed)} requests were answered 503`);
  if (samples.length === 0) return;
  const thousands = (values: readonly number[]): string =>
    values.map((value) => String(Math.round(value / 1000))).join(' ');
  const acknowledged = thousands(samples.map((sample) => sample.acknowledgedPerSecond));
  const folded = thousands(samples.map((sample) => sample.countedPerSecond));
  lab.note(`${server}, thousands a second by 5 s: acknowledged ${acknowledged}; counted ${folded}`);
}
