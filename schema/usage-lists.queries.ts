import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { countDuplicates, usageConflicts } from '../projections/usage-conflicts.ts';
import { passedOverUsage } from '../projections/usage-passed-over.ts';
import { waitingUsage } from '../projections/usage-waiting.ts';
import { reached } from './answers.ts';
import { type Context } from './context.ts';
import { edgeError } from './errors.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { LogPositionScalar, SafeIntScalar } from './scalars.ts';
import {
  type PassedOverUsage,
  PassedOverUsageConnection,
  passedOverNode,
  type UnclaimedUsage,
  UnclaimedUsageConnection,
  unclaimedUsageNode,
  UsageConflict,
  UsageConflictConnection,
  usageConflictNode,
  UsageEvent,
  usageEventNode,
} from './usage-events.types.ts';

/** What an operator looks at: they tell of everybody's usage. */
@Resolver(() => UsageConflict)
export class UsageListQueries {
  @Authorized('admin')
  @Query(() => UsageConflictConnection, {
    nullable: true,
    description:
      'Events whose transactionId was recorded before with other content, newest first. minPosition: as for invoice.',
  })
  async usageConflicts(
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<UsageConflict>> {
    const page = pageRequest(first, after, 50);
    await reached(context, minPosition);
    return connection(await usageConflicts(context.views.usage, page), usageConflictNode);
  }

  @FieldResolver(() => UsageEvent, { description: 'What counts: it was recorded first.' })
  recorded(@Root() { first }: UsageConflict, @Ctx() { loaders }: Context): Promise<UsageEvent> {
    return loaders.recordedLine.load(first).then(usageEventNode);
  }

  @FieldResolver(() => UsageEvent, { description: 'What came later, without effect.' })
  repeated(@Root() { repeat }: UsageConflict, @Ctx() { loaders }: Context): Promise<UsageEvent> {
    return loaders.recordedLine.load(repeat).then(usageEventNode);
  }

  @Authorized('admin')
  @Query(() => SafeIntScalar, {
    nullable: true,
    description: 'How many recordings said again what was recorded before, without effect.',
  })
  duplicateUsageCount(@Ctx() { views }: Context): Promise<number> {
    return countDuplicates(views.usage);
  }

  @Authorized('admin')
  @Query(() => UnclaimedUsageConnection, {
    nullable: true,
    description:
      'Keys that nobody holds and that usage waits under, the one that waits longest first. ' +
      'minPosition: as for invoice.',
  })
  async unclaimedUsage(
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<UnclaimedUsage>> {
    const page = pageRequest(first, after, 50);
    await reached(context, minPosition);
    return connection(await waitingUsage(context.views.usage, page), unclaimedUsageNode);
  }

  @Authorized('admin')
  @Query(() => PassedOverUsageConnection, {
    nullable: true,
    description:
      'Events that the metric sees and cannot use, newest first; BillableMetric.passedOver counts them. ' +
      'minPosition: as for invoice.',
  })
  async passedOverUsage(
    @Arg('billableMetricId', () => ID) billableMetricId: string,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<PassedOverUsage>> {
    const page = pageRequest(first, after, 50);
    await reached(context, minPosition);
    const metric = await context.loaders.metric.load(billableMetricId);
    if (!metric) throw edgeError('metric_not_found', ['billableMetricId']);
    const { usage, usageArchive } = context.views;
    return connection(await passedOverUsage(usage, usageArchive, metric, page), passedOverNode);
  }
}
