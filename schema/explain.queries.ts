import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { maySee } from './access.ts';
import { reached } from './answers.ts';
import { DomainEvent, domainEventNode } from './audit.types.ts';
import { type Context } from './context.ts';
import { explanationNode, LineItemExplanation } from './explain.types.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { LogPositionScalar, SafeIntScalar } from './scalars.ts';
import { type UsageEvent, UsageEventConnection, usageEventNode } from './usage-events.types.ts';

@Resolver(() => LineItemExplanation)
export class ExplanationQueries {
  @Authorized('read', 'customer')
  @Query(() => LineItemExplanation, {
    nullable: true,
    description:
      'Why a line of a draft, a finalized or a void invoice is what it is. null when there is no such line.\n' +
      'minPosition: as for invoice.',
  })
  async explainLineItem(
    @Arg('invoiceId', () => ID) invoiceId: string,
    @Arg('lineItemId', () => ID) lineId: string,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<LineItemExplanation | null> {
    await reached(context, minPosition);
    const { views, loaders, clock } = context;
    const view = await loaders.invoice.load(invoiceId);
    if (view === null || !maySee(context, view.customerId)) return null;
    const invoices = (ids: readonly string[]) => views.drafts.invoices(ids, clock.now());
    const explanation = await views.audit.explainLine({ view, lineId, invoices });
    return explanation === null ? null : explanationNode(explanation, context);
  }

  @FieldResolver(() => [DomainEvent], {
    description:
      'The events that set this price: a rate, an override, or a rate and the override that changes it, in log ' +
      'order; several of a kind where the price stayed the same from one to the next. An override, and a ' +
      'scheduled charge, is in the ContractCreated that made it.',
  })
  async pricedBy(@Root() { explanation }: LineItemExplanation): Promise<readonly DomainEvent[]> {
    return (await explanation.pricedBy()).map(domainEventNode);
  }

  @FieldResolver(() => UsageEventConnection, {
    description:
      'The usage behind the quantity, in the order in which it was recorded; duplicates that were ignored are not ' +
      'among it, nor what the metric passed over. COUNT and SUM: what was metered in the line’s segment, free ' +
      'units, and what other tiers bill, included. MAX, UNIQUE and LATEST are taken once over the billing period: ' +
      'what was metered in the whole of it. Of late usage: what was recorded, or claimed, after the closed period ' +
      'was billed, and is charged here, or taken back. Of a scheduled charge: none. A page may have fewer than it ' +
      'was asked for, even none, where much other usage lies between: as long as hasNextPage is true there may be ' +
      'more behind endCursor.',
  })
  async usage(
    @Root() { explanation }: LineItemExplanation,
    @Arg('first', () => Int, { nullable: true, defaultValue: 100 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
  ): Promise<Connection<UsageEvent>> {
    return connection(await explanation.usage(pageRequest(first, after, 100)), usageEventNode);
  }

  @FieldResolver(() => SafeIntScalar, {
    description:
      'How many events usage lists. They are counted in the log when this is asked for: a second for some 500,000 ' +
      'events of the customer’s months.',
  })
  usageCount(@Root() { explanation }: LineItemExplanation): Promise<number> {
    return explanation.usageCount();
  }
}
