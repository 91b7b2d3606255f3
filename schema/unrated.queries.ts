import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { worldOf } from './as-of.ts';
import { Product } from './catalog.types.ts';
import { productOf } from './catalog.queries.ts';
import { type Context } from './context.ts';
import { Contract } from './contracts.types.ts';
import { DateTimeScalar } from './scalars.ts';
import { UnratedUsage, unratedUsageNode } from './unrated.types.ts';

@Resolver(() => UnratedUsage)
export class UnratedUsageQueries {
  @FieldResolver(() => Product)
  product(@Root() { productId }: UnratedUsage, @Ctx() context: Context): Promise<Product> {
    return productOf(productId, context);
  }
}

@Resolver(() => Contract)
export class ContractUnratedUsageQueries {
  @FieldResolver(() => [UnratedUsage], {
    description:
      'Usage that the contract does not bill because no rate is for it: of all billing periods that have begun, ' +
      'or of those that overlap [startingAt, endingBefore). Closed periods stay on the rates that they were billed with.',
  })
  async unratedUsage(
    @Root() contract: Contract,
    @Arg('startingAt', () => DateTimeScalar, { nullable: true })
    startingAt: Instant | null | undefined,
    @Arg('endingBefore', () => DateTimeScalar, { nullable: true })
    endingBefore: Instant | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly UnratedUsage[]> {
    const { views, clock, past } = worldOf(contract, context);
    const request = {
      contractId: contract.id,
      startingAt: startingAt ?? null,
      endingBefore: endingBefore ?? null,
    };
    if (past !== null) return (await past.unratedUsage(request)).map(unratedUsageNode);
    await views.settle();
    return (await views.drafts.unratedUsage(request, clock.now())).map(unratedUsageNode);
  }
}
