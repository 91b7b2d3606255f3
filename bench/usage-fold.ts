import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { followSqliteLog } from '../src/event-log/sqlite-follower.ts';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { foldUsage } from '../src/usage-thread/folding.ts';
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
  const { folder, how } = question;
  const readModels = join(folder, how === 'fold barely' ? 'bare' : 'read-models');
  try {
    switch (how) {
      case 'record':
        return await record(question);
      case 'fold':
        return await fold(question, readModels);
      case 'fold barely':
        return await timed(() => bareFold(join(folder, 'log.db'), readModels));
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

/** As the server's thread does that starts on a log and has no read models yet. */
async function fold({ folder, usageEvents }: FoldQuestion, readModels: string): Promise<Run> {
  const log = followSqliteLog({ folder });
  try {
    return await timed(async () => {
      const { runner, close } = await foldUsage(log, readModels, silent);
      await runner.caughtUp();
      await runner.stop();
      await close();
      return usageEvents;
    });
  } finally {
    await log.close();
  }
}
