import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { usageTrace } from '../../projections/usage-trace.ts';
import { TimedOut } from '../../src/application/ports.ts';
import { createUsageArchive, type UsageArchive } from '../../src/application/usage-archive.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { caller, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { openShop, signUp, used } from './shop.ts';
import { openWorld, type World } from './world.ts';

const tenth = '2024-10-10T12:00:00.000Z' as const;

describe('an event that is asked about while usage is counted behind the log', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let world: World;
  let customerId = '';
  /** Folding waits for this after it has reached what is there now. */
  let hold: () => void;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const log = memoryLog();
    let held = false;
    hold = () => {
      held = true;
    };
    world = await openWorld(
      {
        ...log,
        async *subscribe(from) {
          for await (const batch of log.subscribe(from)) {
            const isUsage = from.streamPrefixes === undefined;
            while (held && isUsage && !from.signal.aborted) {
              await new Promise((resolve) => setTimeout(resolve, 5));
            }
            yield batch;
          }
        },
      },
      folder.path,
    );
    const { rateCardId } = await openShop(world);
    ({ customerId } = await signUp(world, rateCardId));
  });
  afterEach(async () => {
    await world.close();
    await folder.remove();
  });

  const record = (...ids: readonly string[]) =>
    done(
      world.engine.recordUsage(
        ids.map((id) => used(customerId, id, tenth, 1)),
        caller,
      ),
    );
  const fates = async (id: string, archive: UsageArchive = createUsageArchive(world.log)) => {
    const tracing = { models: world.models, archive, graceHours: 24, withinMs: 50 };
    const traces = await usageTrace(tracing, id, world.clock.now());
    return traces.map(({ fate, customerId: owner }) => [fate, owner]);
  };

  it('is PENDING where the log has it and the read models do not, and nowhere else', async () => {
    await record('a', 'b', 'b');
    await world.settle();
    hold();
    await record('c', 'a', 'c');
    expect(await fates('a')).toEqual([
      ['COUNTED', customerId],
      ['PENDING', null],
    ]);
    expect(await fates('b')).toEqual([
      ['COUNTED', customerId],
      ['DUPLICATE', customerId],
    ]);
    expect(await fates('c')).toEqual([
      ['PENDING', null],
      ['PENDING', null],
    ]);
    expect(await fates('d')).toEqual([]);
  });

  it('is not told to be unknown when the log takes too long to search', async () => {
    hold();
    await record('c');
    const archive = createUsageArchive(world.log);
    const slow: UsageArchive = {
      ...archive,
      async *usageBetween(after, through) {
        for await (const events of archive.usageBetween(after, through)) {
          await new Promise((resolve) => setTimeout(resolve, 60));
          yield events;
        }
      },
    };
    await expect(fates('c', slow)).rejects.toThrow(TimedOut);
  });
});
