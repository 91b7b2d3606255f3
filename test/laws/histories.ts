import fc from 'fast-check';
import { addHours } from '../../src/kernel/calendar.ts';
import { type ScheduledChargeInput } from '../../src/contracts/commands.ts';
import { caller, contractAsked, done } from '../application/engine.ts';
import { openShop, signUp, used } from './shop.ts';
import { allInvoices, start, type World } from './world.ts';

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
/** What happens to two customers, their keys, contracts, invoices and prices. */
export const steps = fc.array(step, { minLength: 10, maxLength: 45 });
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const aliasOf = (index: number): string => `alias-${String(index)}`;

/** Does the steps that are allowed; refusals are part of life. Looks before each, and at the end. */
export async function live(
  world: World,
  wanted: readonly Step[],
  look: (customerIds: readonly string[]) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { engine, clock } = world;
  const { rateCardId } = await openShop(world);
  const first = await signUp(world, rateCardId, {}, [aliasOf(0)]);
  const scheduledCharges = [await fee(world)];
  const second = await signUp(world, rateCardId, { netPaymentTermsDays: 5, scheduledCharges });
  const shoppers = [first, second];
  const contracts = [...shoppers];
  const keys = [first.customerId, second.customerId, ...[0, 1, 2].map(aliasOf)];
  const one = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  const customerIds = shoppers.map(({ customerId }) => customerId);
  for (const next of wanted) {
    await look(customerIds);
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
  await look(customerIds);
  await done(engine.advanceTestClock({ to: addHours(clock.now(), 40 * 24) }, caller));
}

/** A charge in October, and in the middle of December. */
async function fee({ engine }: World): Promise<ScheduledChargeInput> {
  const input = {
    ...{ name: 'Fee', type: 'FIXED' as const, billableMetricId: null, tags: [] },
    ...{ pricingGroupKey: null, presentationGroupKey: null },
  };
  const { productId } = await done(engine.createProduct({ input, idempotencyKey: 'fee' }, caller));
  const scheduleItems = [10, 75].map((days) => ({
    timestamp: addHours(start, days * 24),
    ...{ amount: '12.34', unitPrice: null, quantity: null },
  }));
  return { productId, name: null, recurringSchedule: null, scheduleItems };
}
