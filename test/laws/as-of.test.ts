import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { happened, ofInterest } from './happened.ts';
import { expectAnswersOfThen, expectDraftsReplay, nothingCompared } from './past-answers.ts';
import { afterLiving, gaps } from './past-moments.ts';
import { histories } from './steps.ts';

const numRuns = times(4, 1000);

describe('what was answered at any moment of any history', () => {
  it(
    'is answered as of that position, and as of that instant',
    { timeout: times(60_000, 3_600_000) },
    async () => {
      const compared = nothingCompared();
      const counts = new Map<string, number>(ofInterest.map((name) => [name, 0]));
      let drafts = 0;
      const seed = randomInt(2 ** 31);
      console.log(`histories that are asked about as of earlier moments: seed ${String(seed)}`);
      await fc.assert(
        fc.asyncProperty(histories, gaps, async (history, between) => {
          const folder = await temporaryFolder();
          const where = { log: memoryLog(), folder: folder.path };
          try {
            await afterLiving(history, between, where, async (lived) => {
              for (const one of await happened(lived)) counts.set(one, (counts.get(one) ?? 0) + 1);
              await expectAnswersOfThen(lived, compared);
              drafts += await expectDraftsReplay(lived);
            });
          } finally {
            await folder.remove();
          }
        }),
        { numRuns, seed, endOnFailure: true },
      );
      const seen = { histories: numRuns, ...compared, drafts, ...Object.fromEntries(counts) };
      console.log(`asked as of earlier moments: ${JSON.stringify(seen)}`);
      expect(compared.moments).toBeGreaterThanOrEqual(times(2, numRuns));
      // Of a few histories, none may have what happens in a few of a hundred.
      for (const often of [...counts.values(), compared.instants]) {
        expect(often).toBeGreaterThanOrEqual(times(0, 20));
      }
    },
  );
});
