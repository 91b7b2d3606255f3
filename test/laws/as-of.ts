import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { type EventLog } from '../../src/application/ports.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { happened, ofInterest } from './happened.ts';
import { expectAnswersOfThen, expectDraftsReplay, nothingCompared } from './past-answers.ts';
import { afterLiving, gaps } from './past-moments.ts';
import { histories } from './steps.ts';
import { type WorldOptions } from './world.ts';

/** On which stores, and how often. */
export type Law = Pick<WorldOptions, 'place'> & {
  readonly numRuns: number;
  readonly histories?: typeof histories;
  /** A new, empty one for each history. */
  readonly openLog: () => EventLog;
};

/** What was answered at moments of histories is answered as of them. Tells what was in it. */
export async function expectAsOf({ numRuns, openLog, histories: some = histories, ...where }: Law) {
  const compared = nothingCompared();
  const counts = new Map<string, number>(ofInterest.map((name) => [name, 0]));
  let drafts = 0;
  const seed = randomInt(2 ** 31);
  console.log(`histories that are asked about as of earlier moments: seed ${String(seed)}`);
  await fc.assert(
    fc.asyncProperty(some, gaps, async (history, between) => {
      const folder = await temporaryFolder();
      const log = openLog();
      try {
        await afterLiving(
          history,
          between,
          { ...where, log, folder: folder.path },
          async (lived) => {
            for (const one of await happened(lived)) counts.set(one, (counts.get(one) ?? 0) + 1);
            await expectAnswersOfThen(lived, compared);
            drafts += await expectDraftsReplay(lived);
          },
        );
      } finally {
        await log.close();
        await folder.remove();
      }
    }),
    { numRuns, seed, endOnFailure: true },
  );
  const seen = { histories: numRuns, ...compared, drafts, ...Object.fromEntries(counts) };
  console.log(`asked as of earlier moments: ${JSON.stringify(seen)}`);
  return { compared, counts };
}
