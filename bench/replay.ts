import { type BilledUsage } from './billed-log.ts';
import { type Bench, type Lab, type Run } from './bench.ts';
import { temporaryFolder } from '../test/support/paygo.ts';
import { startWorker } from './processes.ts';
import { type ReplayQuestion } from './replay-work.ts';

const oneMonth: BilledUsage = { customers: 1, usageEventsEach: 1_000_000, linesPerEvent: 100 };
const account: BilledUsage = { customers: 100, usageEventsEach: 10_000, linesPerEvent: 100 };

export const replay: Bench = {
  name: 'replay',
  about: 'computing finalized invoices again from the log (SQLite), beside the least that could',
  async run(lab) {
    const times = await compare(lab, oneMonth, 'replay', 'an invoice of 1,000,000 usage events');
    lab.note(
      `that invoice took ${seconds(times, 'seconds')} s, ${seconds(times, 'cpuSeconds')} s of CPU`,
    );
    await compare(lab, account, 'verify', 'verify, 100 invoices of 10,000');
  },
};

const seconds = (runs: readonly Run[], of: 'seconds' | 'cpuSeconds'): string =>
  runs
    .map((run) => (run[of] ?? 0).toLocaleString('en-US', { maximumFractionDigits: 2 }))
    .join(', ');

/** Ours, of each run. */
async function compare(
  lab: Lab,
  usage: BilledUsage,
  how: 'replay' | 'verify',
  name: string,
): Promise<readonly Run[]> {
  const start = () =>
    startWorker<ReplayQuestion, Run>(new URL('./replay-work.ts', import.meta.url));
  const [ours, bare] = [start(), start()];
  const { path: folder, remove } = await temporaryFolder({ replays: false });
  const runs: Run[] = [];
  try {
    await ours.ask({ how: 'record', folder, usage });
    await lab.compare({
      name,
      unit: 'usage events',
      ours: {
        name: how,
        run: async () => {
          const run = await ours.ask({ how, folder, usage });
          runs.push(run);
          return run;
        },
      },
      baseline: { name: 'bare sum', run: () => bare.ask({ how: 'bare', folder, usage }) },
    });
    return runs.slice(1);
  } finally {
    await Promise.all([ours.stop(), bare.stop(), remove()]);
  }
}
