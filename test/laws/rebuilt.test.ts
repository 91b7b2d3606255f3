import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { openShop, signUp, used } from './shop.ts';
import { allInvoices, openWorld, start, type World } from './world.ts';

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        step: fc.constant('use' as const),
        hour: fc.nat(100 * 24),
        n: fc.integer({ min: -3, max: 9 }),
        id: fc.nat(40),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('wait' as const),
        days: fc.integer({ min: 1, max: 40 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('void' as const), pick: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('end' as const), days: fc.nat(120) }) },
  ),
  { minLength: 5, maxLength: 25 },
);
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

/** Does the steps that are allowed; refusals are part of life. */
async function live(world: World, wanted: readonly Step[]): Promise<void> {
  const { engine, clock } = world;
  const { rateCardId } = await openShop(world);
  const { customerId, contractId } = await signUp(world, rateCardId, {}, ['alias']);
  for (const step of wanted) {
    switch (step.step) {
      case 'use': {
        const { id, hour, n } = step;
        const event = used(
          id % 2 === 0 ? 'alias' : customerId,
          `t${String(id)}`,
          addHours(start, hour),
          n,
        );
        await done(engine.recordUsage([event], caller));
        break;
      }
      case 'wait':
        await done(engine.advanceTestClock({ to: addHours(clock.now(), step.days * 24) }, caller));
        break;
      case 'void': {
        const invoices = await allInvoices(world);
        const picked = invoices[step.pick % invoices.length] ?? '{}';
        const { invoiceId } = JSON.parse(picked) as { invoiceId: string };
        await engine.voidInvoice({ invoiceId, reason: 'again' }, caller);
        break;
      }
      case 'end': {
        const endingBefore = step.days === 0 ? null : addHours(start, step.days * 24);
        await engine.updateContractEndDate({ customerId, contractId, endingBefore }, caller);
      }
    }
  }
}

describe('read models that are deleted', () => {
  it('give the same answers once they are built again, in batches of any size', async () => {
    let finals = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 50 }), async (wanted, batchSize) => {
        const folder = await temporaryFolder();
        const log = memoryLog();
        try {
          const world = await openWorld(log, folder.path);
          await live(world, wanted);
          const before = await allInvoices(world);
          await world.close();
          await rm(join(folder.path, 'read-models'), { recursive: true });
          const rebuilt = await openWorld(log, folder.path, { batchSize });
          const after = await allInvoices(rebuilt);
          await rebuilt.close();
          expect(after).toEqual(before);
          finals += before.filter((text) => !text.includes('"status":"DRAFT"')).length;
        } finally {
          await folder.remove();
        }
      }),
      { numRuns: 12 },
    );
    expect(finals).toBeGreaterThan(5);
  });
});
