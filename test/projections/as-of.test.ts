import { afterAll, describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { expectAsOf } from '../laws/as-of.ts';
import { shortHistories } from '../laws/steps.ts';
import { createPglite } from '../support/pglite.ts';
import { discard, newFolder, postgresOf, storeKind } from '../support/places.ts';
import { times } from '../support/stress.ts';

// Read models in files are asked by a law of their own.
describe.skipIf(storeKind === 'sqlite')('what was answered at any moment of any history', () => {
  const folders: string[] = [];
  // The usage store is read while the main store is: one session is not enough for both.
  const second = createPglite();

  /** In schemas of its own for each history. */
  const place = (store: 'main' | 'usage') => {
    if (store === 'main') folders.push(newFolder());
    const postgres = postgresOf(folders.at(-1) ?? '');
    const isSecond = store === 'usage' && storeKind === 'pglite';
    return { postgres: isSecond ? { ...postgres, pool: second.pool } : postgres };
  };

  afterAll(async () => {
    for (const folder of folders) await discard(folder);
    await second.close();
  });

  it(
    'is answered as of then by these read models, too',
    { timeout: times(120_000, 600_000) },
    async () => {
      const { compared } = await expectAsOf({
        numRuns: times(1, 10),
        histories: shortHistories,
        openLog: memoryLog,
        place,
      });
      expect(compared.moments).toBeGreaterThanOrEqual(1);
    },
  );
});
