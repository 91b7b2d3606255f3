import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { maySee } from './access.ts';
import { Product, RateCard, rateCardNode } from './catalog.types.ts';
import { AsOfInput, seenIn, worldAsOf, worldOf } from './as-of.ts';
import { productOf } from './catalog.queries.ts';
import { type Context } from './context.ts';
import { Contract, contractNode, Entitlement, ScheduledCharge } from './contracts.types.ts';
import { Customer, customerNode } from './customers.types.ts';
import { entitlementsOf } from './entitlements.queries.ts';
import { invoicePage } from './invoice-page.ts';
import { InvoiceFilterInput } from './invoices.inputs.ts';
import { type Invoice, InvoiceConnection } from './invoices.types.ts';
import { pageRequest, type Connection } from './paging.ts';
import { DateTimeScalar } from './scalars.ts';

@Resolver(() => ScheduledCharge)
export class ScheduledChargeQueries {
  @FieldResolver(() => Product)
  product(@Root() { productId }: ScheduledCharge, @Ctx() context: Context): Promise<Product> {
    return productOf(productId, context);
  }
}

@Resolver(() => Contract)
export class ContractQueries {
  @Authorized('read', 'customer')
  @Query(() => Contract, {
    nullable: true,
    description: 'null when there is no such contract, or, with asOf, was none then.',
  })
  async contract(
    @Arg('id', () => ID) id: string,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Ctx() context: Context,
  ): Promise<Contract | null> {
    const world = await worldAsOf(context, asOf);
    const contract = await world.loaders.contract.load(id);
    return contract && maySee(context, contract.customerId) ? contractNode(contract, world) : null;
  }

  @FieldResolver(() => Customer)
  customer(@Root() contract: Contract, @Ctx() context: Context): Promise<Customer> {
    return customerOf(contract.customerId, worldOf(contract, context));
  }

  @FieldResolver(() => RateCard)
  async rateCard(@Root() contract: Contract, @Ctx() context: Context): Promise<RateCard> {
    const world = worldOf(contract, context);
    const card = await world.loaders.rateCard.load(contract.rateCardId);
    return seenIn(world, rateCardNode(present(card, "a contract's rate card exists")));
  }

  @FieldResolver(() => [Entitlement], {
    description:
      'Rates in force at that instant (default: now) for every product of the card, after overrides, ' +
      'entitled or not.',
  })
  rateSchedule(
    @Root() contract: Contract,
    @Arg('at', () => DateTimeScalar, { nullable: true }) at: Instant | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly Entitlement[]> {
    const world = worldOf(contract, context);
    return entitlementsOf(contract.id, at ?? world.clock.now(), world);
  }

  @FieldResolver(() => InvoiceConnection, { description: 'By periodStart, newest first.' })
  async invoices(
    @Root() contract: Contract,
    @Arg('filter', () => InvoiceFilterInput, { nullable: true })
    filter: InvoiceFilterInput | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Invoice>> {
    const asked = { customerId: contract.customerId, contractId: contract.id, filter };
    return invoicePage(worldOf(contract, context), asked, pageRequest(first, after, 50));
  }
}

/** The customer that something recorded names. */
export async function customerOf(customerId: string, world: Context): Promise<Customer> {
  const customer = await world.loaders.customer.load(customerId);
  return customerNode(present(customer, 'a customer that is named exists'), world);
}
