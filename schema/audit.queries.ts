import { Arg, Authorized, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { maySee } from './access.ts';
import { reached } from './answers.ts';
import { type DomainEvent, DomainEventConnection, domainEventNode } from './audit.types.ts';
import { type Context } from './context.ts';
import { edgeError } from './errors.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { LogPositionScalar } from './scalars.ts';

@Resolver()
export class AuditQueries {
  @Authorized('read', 'customer')
  @Query(() => DomainEventConnection, {
    nullable: true,
    description:
      'Everything that was recorded about a customer, its contracts, usage and invoices, oldest first. types: ' +
      'only events of these types. minPosition: as for invoice.',
  })
  async billingHistory(
    @Arg('customerId', () => ID) customerId: string,
    @Arg('types', () => [String], { nullable: true }) types: readonly string[] | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 100 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<DomainEvent>> {
    const page = pageRequest(first, after, 100);
    await reached(context, minPosition);
    const customer =
      maySee(context, customerId) && (await context.loaders.customer.load(customerId));
    if (!customer) throw edgeError('customer_not_found', ['customerId']);
    const request = { customerId, types: types ?? null, ...page };
    return connection(await context.views.audit.billingHistory(request), domainEventNode);
  }
}
