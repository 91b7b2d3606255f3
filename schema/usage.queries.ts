import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Metric } from '../src/catalog/events.ts';
import { isOnHour, type Instant, type Interval } from '../src/kernel/calendar.ts';
import { usagePoints } from '../projections/usage-points.ts';
import { maySee } from './access.ts';
import { counted } from './answers.ts';
import { AsOfInput, worldAsked } from './as-of.ts';
import { Product } from './catalog.types.ts';
import { productOf } from './catalog.queries.ts';
import { type Context } from './context.ts';
import { edgeError } from './errors.ts';
import { moneyOf } from './money.types.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { DateTimeScalar, LogPositionScalar } from './scalars.ts';
import {
  RatedUsagePoint,
  RatedUsagePointConnection,
  type UsagePoint,
  UsagePointConnection,
  UsageWindow,
} from './usage.types.ts';

type Window = keyof typeof UsageWindow;

const mostWindows = 10_000;
const hoursOf = { HOUR: 1, DAY: 24, MONTH: 28 * 24 } as const;

@Resolver()
export class UsageQueries {
  @Authorized('read', 'customer')
  @Query(() => UsagePointConnection, {
    nullable: true,
    description:
      'Metered quantities by window, then group values; startingAt and endingBefore on hour boundaries, UTC windows. minPosition: as for invoice. asOf: as it was counted then.',
  })
  async usage(
    @Arg('customerId', () => ID) customerId: string,
    @Arg('billableMetricId', () => ID) billableMetricId: string,
    @Arg('startingAt', () => DateTimeScalar) startingAt: Instant,
    @Arg('endingBefore', () => DateTimeScalar) endingBefore: Instant,
    @Arg('window', () => UsageWindow, { defaultValue: 'NONE' }) window: Window,
    @Arg('groupBy', () => [String], { nullable: true })
    groupBy: readonly string[] | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 1000 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<UsagePoint>> {
    refuseRange({ startingAt, endingBefore }, window);
    const page = pageRequest(first, after, 1000);
    const world = await worldAsked(context, asOf, minPosition);
    const customer = maySee(context, customerId) && (await world.loaders.customer.load(customerId));
    if (!customer) throw edgeError('customer_not_found', ['customerId']);
    const metric = await world.loaders.metric.load(billableMetricId);
    if (!metric) throw edgeError('metric_not_found', ['billableMetricId']);
    const request = { customerId, metric, startingAt, endingBefore, window };
    const grouped = { ...request, groupBy: knownProperties(metric, groupBy ?? []) };
    if (world.past !== null) {
      return connection(await world.past.usagePoints(grouped, page), (point) => point);
    }
    await counted(context, metric.metricId);
    return connection(await usagePoints(context.views.usage, grouped, page), (point) => point);
  }
}

function knownProperties(
  { groupKeys }: Pick<Metric, 'groupKeys'>,
  groupBy: readonly string[],
): readonly string[] {
  const unknown = groupBy.findIndex((name) => !groupKeys.some((key) => key.includes(name)));
  if (unknown >= 0) {
    throw edgeError('group_key_not_of_metric', ['groupBy', unknown], groupBy[unknown]);
  }
  return groupBy;
}

@Resolver(() => RatedUsagePoint)
export class RatedUsageQueries {
  @Authorized('read', 'customer')
  @Query(() => RatedUsagePointConnection, {
    nullable: true,
    description:
      "What a contract's usage costs, window by window (DAY or MONTH), then product. minPosition: as for invoice. asOf: as it was counted and priced then.",
  })
  async ratedUsage(
    @Arg('contractId', () => ID) contractId: string,
    @Arg('startingAt', () => DateTimeScalar) startingAt: Instant,
    @Arg('endingBefore', () => DateTimeScalar) endingBefore: Instant,
    @Arg('window', () => UsageWindow, { defaultValue: 'DAY' }) window: Window,
    @Arg('first', () => Int, { nullable: true, defaultValue: 1000 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Arg('asOf', () => AsOfInput, { nullable: true }) asOf: AsOfInput | null | undefined,
    @Arg('minPosition', () => LogPositionScalar, { nullable: true })
    minPosition: bigint | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<RatedUsagePoint>> {
    if (window !== 'DAY' && window !== 'MONTH') {
      throw edgeError('window_not_supported', ['window'], window);
    }
    refuseRange({ startingAt, endingBefore }, window);
    const page = pageRequest(first, after, 1000);
    const world = await worldAsked(context, asOf, minPosition);
    const contract = await world.loaders.contract.load(contractId);
    if (!contract || !maySee(context, contract.customerId)) {
      throw edgeError('contract_not_found', ['contractId']);
    }
    const request = { contractId, startingAt, endingBefore, window, ...page };
    const rated = await (world.past ?? world.views).ratedUsage(request);
    return connection(rated, (point) => ({
      startingAt: point.startingAt,
      endingBefore: point.endingBefore,
      quantity: point.quantity,
      amount: moneyOf(point.amount, point.currency),
      productId: point.productId,
    }));
  }

  @FieldResolver(() => Product)
  product(@Root() { productId }: RatedUsagePoint, @Ctx() context: Context): Promise<Product> {
    return productOf(productId, context);
  }
}

function refuseRange({ startingAt, endingBefore }: Interval, window: Window): void {
  if (!isOnHour(startingAt)) throw edgeError('not_on_hour', ['startingAt'], startingAt);
  if (!isOnHour(endingBefore)) throw edgeError('not_on_hour', ['endingBefore'], endingBefore);
  if (endingBefore <= startingAt) throw edgeError('ends_before_start', ['endingBefore']);
  const hours = (Date.parse(endingBefore) - Date.parse(startingAt)) / 3_600_000;
  if (window !== 'NONE' && hours > mostWindows * hoursOf[window]) {
    throw edgeError('range_too_long', ['endingBefore'], `at most ${String(mostWindows)} windows`);
  }
}
