import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startRunner } from '../projections/runner.ts';
import { openStore } from '../projections/store.ts';
import { type UsageTables } from '../projections/usage-tables.ts';
import { usageProjection } from '../projections/usage.ts';
import { createHistory } from '../src/application/history.ts';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { bareFold } from './bare-fold.ts';
import { type Run } from './bench.ts';
import { serve } from './processes.ts';
import { timed } from './stopwatch.ts';
import { oneMetric, recordAccount, recordUsage } from './usage-log.ts';

/** What is to be done with the log in the folder, which holds so many usage events, or will. */
export type FoldQuestion = {
  readonly folder: string;
  readonly usageEvents: number;
  readonly linesPerEvent: number;
  readonly how: 'record' | 'fold' | 'fold barely';
};

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

serve(async (question: FoldQuestion): Promise<Run> => {
  const readModels = join(question.folder, 'read-models');
  try {
    switch (question.how) {
      case 'record':
        return await record(question);
      case 'fold':
        return await fold(question, readModels);
      case 'fold barely':
        return await timed(() => bareFold(join(question.folder, 'log.db'), readModels));
    }
  } finally {
    rmSync(readModels, { recursive: true, force: true });
  }
});

async function record(question: FoldQuestion): Promise<Run> {
  const log = openSqliteLog({ folder: question.folder });
  try {
    await recordAccount(log, oneMetric);
    return await timed(() => recordUsage(log, question));
  } finally {
    await log.close();
  }
}

/** As the server does that starts on a log and has no read models yet. */
async function fold({ folder, usageEvents }: FoldQuestion, readModels: string): Promise<Run> {
  const log = openSqliteLog({ folder });
  const { originalLine, usageBetween } = createHistory(log);
  const store = await openStore<UsageTables>({
    folder: readModels,
    name: 'usage',
    projections: [usageProjection({ originalLine, history: usageBetween })],
  });
  try {
    return await timed(async () => {
      const runner = await startRunner({ log, store, logger: silent });
      await runner.caughtUp();
      await runner.stop();
      return usageEvents;
    });
  } finally {
    await store.close();
    await log.close();
  }
}
