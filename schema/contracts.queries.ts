import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { maySee } from './access.ts';
import { Product, RateCard, rateCardNode } from './catalog.types.ts';
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
  @Query(() => Contract, { nullable: true, description: 'null when there is no such contract.' })
  async contract(
    @Arg('id', () => ID) id: string,
    @Ctx() context: Context,
  ): Promise<Contract | null> {
    const contract = await context.loaders.contract.load(id);
    return contract && maySee(context, contract.customerId) ? contractNode(contract) : null;
  }

  @FieldResolver(() => Customer)
  customer(@Root() { customerId }: Contract, @Ctx() context: Context): Promise<Customer> {
    return customerOf(customerId, context);
  }

  @FieldResolver(() => RateCard)
  async rateCard(@Root() { rateCardId }: Contract, @Ctx() { loaders }: Context): Promise<RateCard> {
    const card = await loaders.rateCard.load(rateCardId);
    return rateCardNode(present(card, "a contract's rate card exists"));
  }

  @FieldResolver(() => [Entitlement], {
    description:
      'Rates in force at that instant (default: now) for every product of the card, after overrides, ' +
      'entitled or not.',
  })
  rateSchedule(
    @Root() { id }: Contract,
    @Arg('at', () => DateTimeScalar, { nullable: true }) at: Instant | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly Entitlement[]> {
    return entitlementsOf(id, at ?? context.clock.now(), context);
  }

  @FieldResolver(() => InvoiceConnection, { description: 'By periodStart, newest first.' })
  async invoices(
    @Root() { id, customerId }: Contract,
    @Arg('filter', () => InvoiceFilterInput, { nullable: true })
    filter: InvoiceFilterInput | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Invoice>> {
    const asked = { customerId, contractId: id, filter };
    return invoicePage(context, asked, pageRequest(first, after, 50));
  }
}

/** The customer that something recorded names. */
export const customerOf = async (customerId: string, { loaders }: Context): Promise<Customer> =>
  customerNode(present(await loaders.customer.load(customerId), 'a customer that is named exists'));
