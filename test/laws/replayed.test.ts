import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { replayInvoice } from '../../src/audit/replay.ts';
import { present } from '../../src/kernel/invariant.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { live } from './histories.ts';
import { elsewhereByScan } from './listed.ts';
import { histories } from './steps.ts';
import { allInvoices, openWorld } from './world.ts';

type Shown = { readonly invoiceId: string; readonly status: string; readonly content: object };

describe('every invoice of any history', () => {
  it(
    'is the same when it is computed again from the log alone',
    async () => {
      const seen = { invoices: 0, late: 0, voided: 0, scheduled: 0, lines: 0, elsewhere: 0 };
      const seed = randomInt(2 ** 31);
      console.log(`histories that are replayed: seed ${String(seed)}`);
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
          const folder = await temporaryFolder();
          const log = memoryLog();
          const world = await openWorld(log, folder.path);
          try {
            await live(world, history);
            for (const text of await allInvoices(world)) {
              const { invoiceId, status } = JSON.parse(text) as Shown;
              if (status === 'DRAFT') continue;
              const replay = await replayInvoice(log, invoiceId);
              expect(replay?.differences).toEqual([]);
              const { proof } = present(replay, 'it was finalized').stored.event;
              if (proof?.usage) {
                const { elsewhere } = proof.usage;
                expect(elsewhere).toEqual(
                  await elsewhereByScan(log, present(replay, 'it was finalized').stored.event),
                );
                seen.elsewhere += elsewhere?.length ?? 0;
              }
              const lines = replay?.replayed.lines ?? [];
              seen.invoices += 1;
              seen.lines += lines.length;
              seen.voided += status === 'VOID' ? 1 : 0;
              seen.late += lines.some(({ type }) => type === 'LATE_USAGE') ? 1 : 0;
              seen.scheduled += replay?.replayed.invoiceType === 'SCHEDULED' ? 1 : 0;
            }
          } finally {
            await world.close();
            await folder.remove();
          }
        }),
        { numRuns: times(12, 1000), seed },
      );
      console.log(`replayed: ${JSON.stringify(seen)}`);
      expect(seen.invoices).toBeGreaterThan(20);
      expect(seen.lines).toBeGreaterThan(20);
      for (const often of [seen.late, seen.voided, seen.scheduled, seen.elsewhere]) {
        expect(often).toBeGreaterThanOrEqual(times(0, 100));
      }
    },
    times(60_000, 1_500_000),
  );
});
