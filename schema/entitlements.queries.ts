import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { seenIn, worldOf } from './as-of.ts';
import { Product } from './catalog.types.ts';
import { productOf } from './catalog.queries.ts';
import { type Context } from './context.ts';
import { Contract, contractOf, Entitlement } from './contracts.types.ts';
import { pricingNode } from './pricing.types.ts';

@Resolver(() => Entitlement)
export class EntitlementQueries {
  @FieldResolver(() => Product)
  product(@Root() { productId }: Entitlement, @Ctx() context: Context): Promise<Product> {
    return productOf(productId, context);
  }

  @FieldResolver(() => Contract)
  contract(@Root() entitlement: Entitlement, @Ctx() context: Context): Promise<Contract> {
    return contractOf(entitlement.contractId, worldOf(entitlement, context));
  }
}

/** The rates in force under a contract at an instant. */
export async function entitlementsOf(
  contractId: string,
  at: Instant,
  world: Context,
): Promise<readonly Entitlement[]> {
  const rates = await world.loaders.rateSchedule.load({ contractId, at });
  return rates.map((rate) =>
    seenIn(world, {
      pricingGroupValues: Object.keys(rate.values).length === 0 ? null : rate.values,
      entitled: rate.entitled,
      pricing: pricingNode(rate.pricing),
      source: rate.source,
      productId: rate.productId,
      contractId: rate.contractId,
    }),
  );
}
