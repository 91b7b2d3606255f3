import { type Bench, type Run } from './bench.ts';
import { type AppendQuestion } from './embedded-append.ts';
import { startWorker } from './processes.ts';

const cases = [
  { concurrency: 1, eventsPerAppend: 1, linesPerEvent: 1 },
  { concurrency: 32, eventsPerAppend: 1, linesPerEvent: 1 },
  { concurrency: 256, eventsPerAppend: 1, linesPerEvent: 1 },
  { concurrency: 32, eventsPerAppend: 20, linesPerEvent: 1 },
  { concurrency: 16, eventsPerAppend: 1, linesPerEvent: 100 },
];

export const embeddedAppends: Bench = {
  name: 'embedded-appends',
  about: 'appending to the embedded log, flushed, beside bare inserts (better-sqlite3)',
  async run(lab) {
    const worker = () =>
      startWorker<AppendQuestion, Run>(new URL('./embedded-append.ts', import.meta.url));
    const workers = { log: worker(), bare: worker() };
    try {
      for (const one of cases) {
        const run = (via: AppendQuestion['via']): Promise<Run> =>
          workers[via].ask({ ...one, via, seconds: lab.seconds ?? 1 });
        const { concurrency, eventsPerAppend, linesPerEvent } = one;
        await lab.compare({
          name: `${String(concurrency)} at a time, ${String(eventsPerAppend)} x ${String(linesPerEvent)}`,
          unit: 'usage events',
          ours: { name: 'log', run: () => run('log') },
          baseline: { name: 'bare insert', run: () => run('bare') },
        });
      }
    } finally {
      await Promise.all([workers.log.stop(), workers.bare.stop()]);
    }
  },
};
