import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bench, type Lab, type Run } from './bench.ts';
import { startWorker, type Worker } from './processes.ts';
import { type FoldQuestion } from './usage-fold.ts';

const logs = [
  { usageEvents: 200_000, linesPerEvent: 100 },
  { usageEvents: 200_000, linesPerEvent: 8 },
  { usageEvents: 50_000, linesPerEvent: 1 },
];

export const catchUp: Bench = {
  name: 'catch-up',
  about: 'building the usage read models (SQLite) from a log, beside the least that could count it',
  async run(lab) {
    const worker = () =>
      startWorker<FoldQuestion, Run>(new URL('./usage-fold.ts', import.meta.url));
    const workers = { fold: worker(), bare: worker() };
    try {
      for (const log of logs) await inFolder((folder) => compare(lab, workers, { folder, ...log }));
    } finally {
      await Promise.all([workers.fold.stop(), workers.bare.stop()]);
    }
  },
};

type Folder = (typeof logs)[number] & { readonly folder: string };
type Workers = Readonly<Record<'fold' | 'bare', Worker<FoldQuestion, Run>>>;

async function compare(lab: Lab, { fold, bare }: Workers, log: Folder): Promise<void> {
  await fold.ask({ ...log, how: 'record' });
  await lab.compare({
    name: `recorded ${String(log.linesPerEvent)} at a time`,
    unit: 'usage events',
    ours: { name: 'read models', run: () => fold.ask({ ...log, how: 'fold' }) },
    baseline: { name: 'bare fold', run: () => bare.ask({ ...log, how: 'fold barely' }) },
  });
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
