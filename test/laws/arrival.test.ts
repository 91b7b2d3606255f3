import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { caller, done } from '../application/engine.ts';
import { shuffled } from '../support/arbitraries.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { openShop, signUp, used } from './shop.ts';
import { allInvoices, openWorld, start, type World } from './world.ts';

let world: World | undefined;
let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
let rateCardId = '';

beforeAll(async () => {
  folder = await temporaryFolder();
  world = await openWorld(memoryLog(), folder.path);
  ({ rateCardId } = await openShop(world));
});
afterAll(async () => {
  await world?.close();
  await folder?.remove();
});

/** Usage of October, no two at one instant; nth: its place, which names it. */
const events = fc
  .uniqueArray(fc.record({ hour: fc.nat(31 * 24 - 1), n: fc.integer({ min: -5, max: 20 }) }), {
    selector: ({ hour }) => hour,
    minLength: 1,
    maxLength: 20,
  })
  .map((list) => list.map((event, nth) => ({ ...event, nth })));

type Event = typeof events extends fc.Arbitrary<(infer T)[]> ? T : never;

/** An order of arrival: all of them, some more than once, in calls of some sizes. */
const arrival = (of: readonly Event[]) =>
  fc
    .subarray([...of])
    .chain((again) => fc.tuple(shuffled([...of, ...again]), fc.integer({ min: 1, max: 25 })));

/** What the drafts of a new customer say after its usage came in that order, ids left out. */
async function draftsAfter(
  into: World,
  name: string,
  [order, size]: readonly [readonly Event[], number],
): Promise<unknown[]> {
  const { customerId } = await signUp(into, rateCardId, {}, [name]);
  for (let from = 0; from < order.length; from += size) {
    const call = order
      .slice(from, from + size)
      .map(({ hour, n, nth }) => used(name, `${name}-${String(nth)}`, addHours(start, hour), n));
    await done(into.engine.recordUsage(call, caller));
  }
  return (await allInvoices(into, customerId)).map((text) => {
    const { content } = JSON.parse(text) as { content: { lines: object[]; total: string } };
    const lines = content.lines.map((line) => ({ ...line, lineId: '' }));
    return { total: content.total, lines };
  });
}

describe('usage', () => {
  it('gives the same drafts in whatever order and however often it arrives', async () => {
    const into = present(world, 'opened before');
    let run = 0;
    const twoArrivals = events.chain((list) => fc.tuple(arrival(list), arrival(list)));
    await fc.assert(
      fc.asyncProperty(twoArrivals, async ([one, two]) => {
        run += 1;
        const first = await draftsAfter(into, `one-${String(run)}`, one);
        expect(first).toHaveLength(1);
        expect(first[0]).toHaveProperty('lines.length', 10);
        expect(await draftsAfter(into, `two-${String(run)}`, two)).toEqual(first);
      }),
      { numRuns: 25 },
    );
  });
});
