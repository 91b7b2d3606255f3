import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { replayInvoice } from '../../src/audit/replay.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { live, steps } from './histories.ts';
import { allInvoices, openWorld } from './world.ts';

type Shown = { readonly invoiceId: string; readonly status: string; readonly content: object };

describe('every invoice of any history', () => {
  it('is the same when it is computed again from the log alone', async () => {
    const seen = { invoices: 0, late: 0, voided: 0 };
    await fc.assert(
      fc.asyncProperty(steps, async (wanted) => {
        const folder = await temporaryFolder();
        const log = memoryLog();
        const world = await openWorld(log, folder.path);
        try {
          await live(world, wanted);
          for (const text of await allInvoices(world)) {
            const { invoiceId, status } = JSON.parse(text) as Shown;
            if (status === 'DRAFT') continue;
            const replay = await replayInvoice(log, invoiceId);
            expect(replay?.differences).toEqual([]);
            seen.invoices += 1;
            seen.voided += status === 'VOID' ? 1 : 0;
            seen.late += text.includes('LATE_USAGE') ? 1 : 0;
          }
        } finally {
          await world.close();
          await folder.remove();
        }
      }),
      { numRuns: times(12, 1000) },
    );
    expect(seen.invoices).toBeGreaterThan(20);
    expect(seen.late).toBeGreaterThan(1);
    expect(seen.voided).toBeGreaterThan(0);
  });
});
