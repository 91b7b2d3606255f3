import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageTrace } from '../../projections/usage-trace.ts';
import { createUsageArchive } from '../../src/application/usage-archive.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { caller, customerAsked, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { contractsOf, copyWithout, expectedFates, linesOf, play, stories } from './fates.ts';
import { openShop, signUp } from './shop.ts';
import { allInvoices, openWorld, type World } from './world.ts';

/** A process with its read models in a folder of their own, over a log. */
async function inWorld<Result>(
  log: World['log'],
  use: (world: World) => Promise<Result>,
): Promise<Result> {
  const folder = await temporaryFolder();
  const world = await openWorld(log, folder.path);
  try {
    return await use(world);
  } finally {
    await world.close();
    await folder.remove();
  }
}

/** Every usage invoice that there is or was, drafts that have begun among them. */
async function invoiceIds(world: World, customers: readonly string[]): Promise<string[]> {
  const ids = new Set<string>();
  for (const customerId of customers) {
    for (const { closings } of await contractsOf(world, customerId)) {
      for (const { invoiceId } of closings) ids.add(invoiceId);
    }
    for (const text of await allInvoices(world, customerId)) {
      ids.add((JSON.parse(text) as { content: { invoiceId: string } }).content.invoiceId);
    }
  }
  return [...ids];
}

const traced = (world: World, id: string) => {
  const archive = createUsageArchive(world.log);
  return usageTrace({ models: world.models, archive, graceHours: 24 }, id, world.clock.now());
};

describe('what became of a usage event', () => {
  it('is what the rules say, and its invoices are those that would be others without it', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(stories, fc.nat(), async (story, some) => {
        await inWorld(memoryLog(), async (world) => {
          const { rateCardId } = await openShop(world, ['COUNT', 'SUM']);
          const { customerId } = await signUp(world, rateCardId, {}, ['a']);
          const other = await done(world.engine.createCustomer(customerAsked(), caller));
          const customers = [customerId, other.customerId];
          for (const step of story) await play(world, rateCardId, customers, step);
          await world.settle();
          const fates = await expectedFates(world, customers);
          const found = new Map<string, readonly string[]>();
          for (const id of fates.keys()) {
            const traces = await traced(world, id);
            expect([id, traces.map(({ fate }) => fate)]).toEqual([id, fates.get(id)]);
            found.set(
              id,
              traces.flatMap((trace) => trace.invoiceIds),
            );
          }
          const asked = [...found.keys()];
          const most = asked.sort((a, b) => sizeOf(found, b) - sizeOf(found, a)).slice(0, 2);
          const chosen = [...most, ...asked.slice(some % Math.max(asked.length, 1)).slice(0, 1)];
          const ids = await invoiceIds(world, customers);
          const changed = await invoicesChangedWithout(world, new Set(chosen), ids);
          for (const [id, invoices] of changed) {
            expect([id, new Set(found.get(id))]).toEqual([id, invoices]);
            seen.add(invoices.size);
          }
        });
      }),
      { numRuns: times(15, 300), interruptAfterTimeLimit: times(60_000, 500_000) },
    );
    // Late usage and voids are among them: some events are in the figures of several invoices.
    expect(Math.max(...seen.keys())).toBeGreaterThan(1);
  }, 600_000);
});

const sizeOf = (found: ReadonlyMap<string, readonly string[]>, id: string): number =>
  found.get(id)?.length ?? 0;

/** Counts everything anew, with and without each event, as if no invoice were published. */
async function invoicesChangedWithout(
  world: World,
  events: ReadonlySet<string>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const now = world.clock.now();
  const read = async (but: string) => {
    const log = memoryLog();
    await copyWithout(world, log, but);
    return inWorld(log, (copy) => linesOf(copy, ids, now));
  };
  const all = await read('none');
  const changed = new Map<string, ReadonlySet<string>>();
  for (const id of events) {
    const less = await read(id);
    changed.set(id, new Set(ids.filter((invoice) => all.get(invoice) !== less.get(invoice))));
  }
  return changed;
}
