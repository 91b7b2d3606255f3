import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countInvoices, listInvoices, type InvoicePlace } from '../../projections/invoice-pages.ts';
import { startRunner } from '../../projections/runner.ts';
import { type Store } from '../../projections/store.ts';
import { mainStreams, type MainTables } from '../../projections/tables.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { anyHistory } from '../support/main-history.ts';
import { allRows, openMain, useStores } from '../support/main-store.ts';
import { runs } from '../support/places.ts';

const { folder, store, folded } = useStores(openMain);
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function logOf(events: readonly Recorded[]): Promise<EventLog> {
  const log = memoryLog();
  for (const { stream, id, event, metadata } of events) {
    await log.append(stream, 'any', [{ id, event, metadata }]);
  }
  return log;
}

async function follow(log: EventLog, models: Store<MainTables>, upTo: bigint): Promise<void> {
  const options = { log, store: models, logger, streamPrefixes: mainStreams, batchSize: 3 };
  const runner = await startRunner(options);
  await runner.waitFor(upTo, 10_000);
  await runner.stop();
}

describe('the main read models', () => {
  it('are the same whatever the batches are', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyHistory,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
        async (events, sizes) => {
          const whole = await folded(events);
          const batched = await store(folder());
          for (let start = 0, turn = 0; start < events.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            const batch = events.slice(start, start + size);
            await batched.fold(batch, batch.at(-1)?.position ?? 0n);
            start += size;
          }
          expect(await allRows(batched.reader)).toEqual(await allRows(whole.reader));
        },
      ),
      { numRuns: runs(12) },
    );
  });

  it('are the same live, stopped anywhere and started again, and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyHistory,
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (events, at) => {
          const log = await logOf(events);
          const head = await log.head();
          const where = folder();
          const live = await store(where);
          await follow(log, live, BigInt(Math.floor(Number(head) * at)));
          await live.close();
          const again = await store(where);
          await follow(log, again, head);
          const rows = await allRows(again.reader);
          await again.reset();
          await follow(log, again, head);
          expect(await allRows(again.reader)).toEqual(rows);
          expect(rows).toEqual(await allRows((await folded(events)).reader));
        },
      ),
      { numRuns: runs(12) },
    );
  });

  it('number invoices without a gap, and list each once, in order, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, fc.integer({ min: 1, max: 5 }), async (events, limit) => {
        const { reader } = await folded(events);
        const numbers = await reader
          .selectFrom('invoice')
          .select('number')
          .orderBy('number')
          .execute();
        expect(numbers.map((row) => row.number)).toEqual(numbers.map((_row, index) => index + 1));
        const all = { customerId: null, contractId: null, statuses: null, types: null };
        const filter = { ...all, startingAt: null, endingBefore: null };
        const places: InvoicePlace[] = [];
        for (let after: InvoicePlace | null = null; ; after = places.at(-1) ?? null) {
          const [heads = []] = await listInvoices(reader, [{ filter, after, limit }]);
          for (const head of heads)
            places.push([head.periodStart, head.invoiceType, head.invoiceId]);
          if (heads.length < limit) break;
        }
        const keys = places.map(([periodStart, , invoiceId]) => `${periodStart} ${invoiceId}`);
        expect([new Set(keys).size]).toEqual(await countInvoices(reader, [filter]));
        expect(keys).toHaveLength(numbers.length);
        const starts = places.map(([periodStart]) => periodStart);
        expect(starts).toEqual([...starts].sort().reverse());
      }),
      { numRuns: runs(12) },
    );
  });
});
