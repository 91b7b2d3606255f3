import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { covers, type Instant } from '../src/kernel/calendar.ts';
import { customerIdByAlias, listCustomers } from '../projections/customers.ts';
import { maySee } from './access.ts';
import { AsOfInput, worldAsOf, worldOf } from './as-of.ts';
import { type Context } from './context.ts';
import { Contract, contractNode, Entitlement } from './contracts.types.ts';
import { Customer, CustomerConnection, customerNode } from './customers.types.ts';
import { entitlementsOf } from './entitlements.queries.ts';
import { type Invoice, InvoiceConnection } from './invoices.types.ts';
import { invoicePage } from './invoice-page.ts';
import { InvoiceFilterInput } from './invoices.inputs.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { DateTimeScalar } from './scalars.ts';

@Resolver(() => Customer)
export class CustomerQueries {
  @Authorized('read', 'customer')
  @Query(() => Customer, {
    nullable: true,
    description: 'null when there is no such customer, or, with asOf, was none then.',
  })
  async customer(
    @Arg('id', () => ID) id: string,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Ctx() context: Context,
  ): Promise<Customer | null> {
    if (!maySee(context, id)) return null;
    const world = await worldAsOf(context, asOf);
    const customer = await world.loaders.customer.load(id);
    return customer && customerNode(customer, world);
  }

  @Authorized('read', 'customer')
  @Query(() => Customer, { nullable: true, description: 'The customer that holds the alias now.' })
  async customerByIngestAlias(
    @Arg('ingestAlias', () => String) ingestAlias: string,
    @Ctx() context: Context,
  ): Promise<Customer | null> {
    const id = await customerIdByAlias(context.views.main, ingestAlias);
    return id === undefined ? null : this.customer(id, null, context);
  }

  @Authorized('read')
  @Query(() => CustomerConnection, {
    nullable: true,
    description: 'In order of creation. search: part of the name, the id or an alias.',
  })
  async customers(
    @Arg('search', () => String, { nullable: true }) search: string | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Customer>> {
    const page = pageRequest(first, after, 50);
    const found = await listCustomers(context.views.main, search ?? null, page);
    return connection(found, (customer) => customerNode(customer, context));
  }

  @FieldResolver(() => [Contract], {
    description:
      'Contracts by start, newest first. coveringAt keeps those in force at that instant.',
  })
  async contracts(
    @Root() customer: Customer,
    @Arg('coveringAt', () => DateTimeScalar, { nullable: true })
    coveringAt: Instant | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly Contract[]> {
    const world = worldOf(customer, context);
    const contracts = await world.loaders.contractsOf.load(customer.id);
    const at = coveringAt ?? null;
    return contracts
      .filter((contract) => at === null || covers(contract, at))
      .toSorted((a, b) => (a.startingAt < b.startingAt ? 1 : a.startingAt > b.startingAt ? -1 : 0))
      .map((contract) => contractNode(contract, world));
  }

  @FieldResolver(() => InvoiceConnection, { description: 'By periodStart, newest first.' })
  async invoices(
    @Root() customer: Customer,
    @Arg('filter', () => InvoiceFilterInput, { nullable: true })
    filter: InvoiceFilterInput | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Invoice>> {
    const asked = { customerId: customer.id, filter };
    return invoicePage(worldOf(customer, context), asked, pageRequest(first, after, 50));
  }

  @FieldResolver(() => [Entitlement], {
    description:
      'Every product of every contract in force at that instant (default: now), entitled or not.',
  })
  async entitlements(
    @Root() customer: Customer,
    @Arg('at', () => DateTimeScalar, { nullable: true }) at: Instant | null | undefined,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly Entitlement[]> {
    const world = await worldAsOf(worldOf(customer, context), asOf);
    const instant = at ?? world.clock.now();
    const contracts = await world.loaders.contractsOf.load(customer.id);
    const running = contracts.filter((contract) => covers(contract, instant));
    const schedules = await Promise.all(
      running.map(({ contractId }) => entitlementsOf(contractId, instant, world)),
    );
    return schedules.flat();
  }
}
