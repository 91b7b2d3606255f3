import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { covers, type Instant } from '../src/kernel/calendar.ts';
import { customerIdByAlias, listCustomers } from '../projections/customers.ts';
import { maySee } from './access.ts';
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
  @Query(() => Customer, { nullable: true, description: 'null when there is no such customer.' })
  async customer(
    @Arg('id', () => ID) id: string,
    @Ctx() context: Context,
  ): Promise<Customer | null> {
    if (!maySee(context, id)) return null;
    const customer = await context.loaders.customer.load(id);
    return customer && customerNode(customer);
  }

  @Authorized('read', 'customer')
  @Query(() => Customer, { nullable: true, description: 'The customer that holds the alias now.' })
  async customerByIngestAlias(
    @Arg('ingestAlias', () => String) ingestAlias: string,
    @Ctx() context: Context,
  ): Promise<Customer | null> {
    const id = await customerIdByAlias(context.views.main, ingestAlias);
    return id === undefined ? null : this.customer(id, context);
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
    @Ctx() { views }: Context,
  ): Promise<Connection<Customer>> {
    const page = pageRequest(first, after, 50);
    return connection(await listCustomers(views.main, search ?? null, page), customerNode);
  }

  @FieldResolver(() => [Contract], {
    description:
      'Contracts by start, newest first. coveringAt keeps those in force at that instant.',
  })
  async contracts(
    @Root() customer: Customer,
    @Arg('coveringAt', () => DateTimeScalar, { nullable: true })
    coveringAt: Instant | null | undefined,
    @Ctx() { loaders }: Context,
  ): Promise<readonly Contract[]> {
    const contracts = await loaders.contractsOf.load(customer.id);
    const at = coveringAt ?? null;
    return contracts
      .filter((contract) => at === null || covers(contract, at))
      .toSorted((a, b) => (a.startingAt < b.startingAt ? 1 : a.startingAt > b.startingAt ? -1 : 0))
      .map(contractNode);
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
    return invoicePage(context, { customerId: customer.id, filter }, pageRequest(first, after, 50));
  }

  @FieldResolver(() => [Entitlement], {
    description:
      'Every product of every contract in force at that instant (default: now), entitled or not.',
  })
  async entitlements(
    @Root() customer: Customer,
    @Arg('at', () => DateTimeScalar, { nullable: true }) at: Instant | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly Entitlement[]> {
    const instant = at ?? context.clock.now();
    const contracts = await context.loaders.contractsOf.load(customer.id);
    const running = contracts.filter((contract) => covers(contract, instant));
    const schedules = await Promise.all(
      running.map(({ contractId }) => entitlementsOf(contractId, instant, context)),
    );
    return schedules.flat();
  }
}
