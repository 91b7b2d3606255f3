import { Arg, Authorized, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { maySee } from './access.ts';
import { reached } from './answers.ts';
import { BillableMetric, metricNode } from './catalog.types.ts';
import { type Context } from './context.ts';
import { customerOf } from './contracts.queries.ts';
import { Customer } from './customers.types.ts';
import { Invoice, invoiceNode } from './invoices.types.ts';
import { LogPositionScalar } from './scalars.ts';
import { UsageTrace, usageTraceNode } from './usage-events.types.ts';

@Resolver(() => UsageTrace)
export class UsageTraceQueries {
  @Authorized('read', 'customer')
  @Query(() => [UsageTrace], {
    nullable: true,
    description:
      'Did you get my event, and what became of it? Every recording of that id, first one first (of more than ' +
      '1,000, the first ones); empty when there is none. It waits for the read models, so that all that was ' +
      'recorded before is in the answer. Only when they take more than 10 s is it PENDING, or, when the log ' +
      'itself cannot be searched in 10 s more, the answer an error with code TIMEOUT.\nminPosition: as for invoice.',
  })
  async usageTrace(
    @Arg('transactionId', () => ID) transactionId: string,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<readonly UsageTrace[]> {
    await reached(context, minPosition);
    const { views, clock, caller } = context;
    const traces = await views.usageTrace(transactionId, clock.now());
    const isVisible = (customerId: string | null): boolean =>
      customerId === null ? caller.customerId === null : maySee(context, customerId);
    return traces.filter(({ customerId }) => isVisible(customerId)).map(usageTraceNode);
  }

  @FieldResolver(() => Customer, {
    nullable: true,
    description: 'Whose usage it is; null: nobody’s yet, or not known yet.',
  })
  async customer(
    @Root() { customerId }: UsageTrace,
    @Ctx() context: Context,
  ): Promise<Customer | null> {
    return customerId === null ? null : customerOf(customerId, context);
  }

  @FieldResolver(() => [Invoice], {
    description:
      'Those whose figures it is in, in the order in which they were closed, drafts last. Void ones, too, as their ' +
      'status says; and of late usage the one that charges it, or takes it back. None of a period that has not begun.',
  })
  async invoices(
    @Root() { invoiceIds }: UsageTrace,
    @Ctx() context: Context,
  ): Promise<readonly Invoice[]> {
    const invoices = await Promise.all(invoiceIds.map((id) => context.loaders.invoice.load(id)));
    return invoices.flatMap((invoice) => (invoice === null ? [] : [invoiceNode(invoice, context)]));
  }

  @FieldResolver(() => [BillableMetric], {
    description: 'The metrics that count it; of a repeat, and while it is PENDING, none.',
  })
  countedBy(@Root() { countedBy }: UsageTrace, @Ctx() context: Context): Promise<BillableMetric[]> {
    return metricsOf(countedBy, context);
  }

  @FieldResolver(() => [BillableMetric], {
    description: 'The metrics that see it, and find no usable aggregation property.',
  })
  passedOverBy(
    @Root() { passedOverBy }: UsageTrace,
    @Ctx() context: Context,
  ): Promise<BillableMetric[]> {
    return metricsOf(passedOverBy, context);
  }
}

const metricsOf = (metricIds: readonly string[], { loaders }: Context): Promise<BillableMetric[]> =>
  Promise.all(
    metricIds.map(async (id) =>
      metricNode(present(await loaders.metric.load(id), 'a metric that counts is in the catalog')),
    ),
  );
