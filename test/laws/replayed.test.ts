import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { replayInvoice } from '../../src/audit/replay.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { caller, contractAsked, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { elsewhereByScan } from './listed.ts';
import { openShop, signUp, used } from './shop.ts';
import { allInvoices, openWorld, start, type World } from './world.ts';

const pick = fc.nat(1000);
const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      step: fc.constant('use' as const),
      key: fc.nat(4),
      hour: fc.nat(100 * 24),
      n: fc.integer({ min: -3, max: 9 }),
      id: fc.nat(60),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      step: fc.constant('wait' as const),
      days: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      step: fc.constant('alias' as const),
      customer: fc.nat(1),
      held: fc.subarray([0, 1, 2]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ step: fc.constant('void' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('end' as const), pick, days: pick }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('plan' as const), pick, days: pick }) },
  { weight: 1, arbitrary: fc.record({ step: fc.constant('rate' as const), pick, days: pick }) },
);
const steps = fc.array(step, { minLength: 10, maxLength: 45 });
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const aliasOf = (index: number): string => `alias-${String(index)}`;

/** Does the steps that are allowed; refusals are part of life. */
async function live(world: World, wanted: readonly Step[]): Promise<void> {
  const { engine, clock } = world;
  const { rateCardId } = await openShop(world);
  const first = await signUp(world, rateCardId, {}, [aliasOf(0)]);
  const second = await signUp(world, rateCardId, { netPaymentTermsDays: 5 });
  const shoppers = [first, second];
  const contracts = [...shoppers];
  const keys = [first.customerId, second.customerId, ...[0, 1, 2].map(aliasOf)];
  const one = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  for (const next of wanted) {
    switch (next.step) {
      case 'use': {
        const at = addHours(start, next.hour);
        const event = used(one(keys, next.key), `t${String(next.id)}`, at, next.n);
        await done(engine.recordUsage([event], caller));
        break;
      }
      case 'wait':
        await done(engine.advanceTestClock({ to: addHours(clock.now(), next.days * 24) }, caller));
        break;
      case 'alias': {
        const { customerId } = one(shoppers, next.customer);
        await engine.setIngestAliases(
          { customerId, ingestAliases: next.held.map(aliasOf) },
          caller,
        );
        break;
      }
      case 'void': {
        const invoices = await allInvoices(world);
        const { invoiceId } = JSON.parse(one(invoices, next.pick)) as { invoiceId: string };
        await engine.voidInvoice({ invoiceId, reason: 'again' }, caller);
        break;
      }
      case 'end': {
        const endingBefore = addHours(start, (next.days % 130) * 24);
        await engine.updateContractEndDate({ ...one(contracts, next.pick), endingBefore }, caller);
        break;
      }
      case 'plan': {
        const from = one(contracts, next.pick);
        const startingAt = addHours(start, (next.days % 100) * 24);
        const input = contractAsked(from.customerId, rateCardId, { startingAt });
        const changed = await engine.changePlan(
          { input: { fromContractId: from.contractId, contract: input }, idempotencyKey: null },
          caller,
        );
        if ('result' in changed) {
          const { startedContractId: contractId } = changed.result;
          contracts.push({ customerId: from.customerId, contractId });
        }
        break;
      }
      case 'rate': {
        const [product] = await world.models.main.reader
          .selectFrom('product')
          .select('product_id')
          .orderBy('position')
          .limit(1)
          .execute();
        const rate = {
          productId: product?.product_id ?? '',
          pricing: { model: 'FLAT' as const, unitPrice: String(next.pick) },
          entitled: true,
          startingAt: addHours(start, (next.days % 100) * 24),
          endingBefore: null,
        };
        const input = { rateCardId, rates: [rate] };
        await engine.addRates({ input, idempotencyKey: null }, caller);
      }
    }
  }
  await done(engine.advanceTestClock({ to: addHours(clock.now(), 40 * 24) }, caller));
}

type Shown = { readonly invoiceId: string; readonly status: string; readonly content: object };

describe('every invoice of any history', () => {
  it('is the same when it is computed again from the log alone', async () => {
    const seen = { invoices: 0, late: 0, voided: 0, elsewhere: 0 };
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
            const { stored } = present(replay, 'it was finalized');
            const { proof } = stored.event;
            if (proof?.usage) {
              const { elsewhere } = proof.usage;
              expect(elsewhere).toEqual(await elsewhereByScan(log, stored.event));
              seen.elsewhere += elsewhere?.length ?? 0;
            }
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
    expect(seen.elsewhere).toBeGreaterThan(0);
  });
});
