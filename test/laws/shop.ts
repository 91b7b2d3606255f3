import { type Aggregation } from '../../src/catalog/events.ts';
import { type ContractInput } from '../../src/contracts/commands.ts';
import { addMonths, type Instant } from '../../src/kernel/calendar.ts';
import { type UsageInput } from '../../src/usage/commands.ts';
import { caller, contractAsked, customerAsked, done } from '../application/engine.ts';
import { start, type World } from './world.ts';

export const month = (index: number): Instant => addMonths(start, index);
const all: readonly Aggregation[] = ['COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST'];

/**
 * A card with a product of every aggregation, or of some, over the same events, at 0.10 and, from
 * the 16th of October, 0.25.
 */
export async function openShop(
  { engine }: World,
  aggregations = all,
): Promise<{ rateCardId: string }> {
  const rates = [];
  for (const aggregation of aggregations) {
    const { metricId } = await done(
      engine.createBillableMetric(
        {
          input: {
            name: aggregation,
            aggregation,
            aggregationKey: aggregation === 'COUNT' ? null : 'n',
            eventTypeFilter: { inValues: ['used'], notInValues: null },
            propertyFilters: [],
            groupKeys: null,
          },
          idempotencyKey: aggregation,
        },
        caller,
      ),
    );
    const input = { name: aggregation, type: 'USAGE' as const, billableMetricId: metricId };
    const { productId } = await done(
      engine.createProduct(
        {
          input: { ...input, tags: [], pricingGroupKey: null, presentationGroupKey: null },
          idempotencyKey: aggregation,
        },
        caller,
      ),
    );
    for (const [unitPrice, startingAt] of [
      ['0.1', month(-9)],
      ['0.25', sixteenth],
    ] as const) {
      const pricing = { model: 'FLAT' as const, unitPrice };
      rates.push({ productId, pricing, entitled: true, startingAt, endingBefore: null });
    }
  }
  const input = { name: 'Card', description: null, currency: 'USD', aliases: [], rates };
  return done(engine.createRateCard({ input, idempotencyKey: 'card' }, caller));
}

const sixteenth: Instant = '2024-10-16T00:00:00.000Z';

export async function signUp(
  { engine }: World,
  rateCardId: string,
  change: Partial<ContractInput> = {},
  aliases: readonly string[] = [],
) {
  const { customerId } = await done(engine.createCustomer(customerAsked(aliases), caller));
  const input = contractAsked(customerId, rateCardId, change);
  const { contractId } = await done(engine.createContract({ input, idempotencyKey: null }, caller));
  return { customerId, contractId };
}

export const used = (
  customerId: string,
  transactionId: string,
  timestamp: Instant,
  n: number,
): UsageInput => ({
  transactionId,
  customerId,
  eventType: 'used',
  timestamp,
  properties: { n },
});
