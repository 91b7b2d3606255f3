import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { startEventStoreDouble } from '../support/eventstore-double.ts';
import { times } from '../support/stress.ts';
import { expectAsOf } from './as-of.ts';
import { shortHistories } from './steps.ts';

const numRuns = times(4, 1000);

describe('what was answered at any moment of any history', () => {
  it(
    'is answered as of that position, and as of that instant',
    { timeout: times(60_000, 3_600_000) },
    async () => {
      const { compared, counts } = await expectAsOf({ numRuns, openLog: memoryLog });
      expect(compared.moments).toBeGreaterThanOrEqual(times(2, numRuns));
      // Of a few histories, none may have what happens in a few of a hundred.
      for (const often of [...counts.values(), compared.instants, compared.between]) {
        expect(often).toBeGreaterThanOrEqual(times(0, 20));
      }
    },
  );

  it(
    'is, too, where the log is in an event store',
    { timeout: times(60_000, 600_000) },
    async () => {
      const server = await startEventStoreDouble();
      onTestFinished(() => {
        server.stop();
      });
      const openLog = () => openEventStoreLog({ url: server.url, prefix: `${randomUUID()}-` });
      const { compared } = await expectAsOf({
        numRuns: times(1, 20),
        histories: shortHistories,
        openLog,
      });
      expect(compared.moments).toBeGreaterThanOrEqual(1);
    },
  );
});
