import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { listProducts, rateCardIdByAlias, ratesPage } from '../projections/catalog.ts';
import {
  BillableMetric,
  metricNode,
  Product,
  ProductConnection,
  productNode,
  Rate,
  RateCard,
  rateCardNode,
  RateConnection,
  rateNode,
} from './catalog.types.ts';
import { worldOf } from './as-of.ts';
import { type Context } from './context.ts';
import { connection, pageRequest, type Connection } from './paging.ts';
import { DateTimeScalar, LogPositionScalar, SafeIntScalar } from './scalars.ts';

@Resolver(() => BillableMetric)
export class BillableMetricQueries {
  @Authorized('read')
  @Query(() => BillableMetric, {
    nullable: true,
    description: 'null when there is no such metric.',
  })
  async billableMetric(
    @Arg('id', () => ID) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<BillableMetric | null> {
    const metric = await loaders.metric.load(id);
    return metric && metricNode(metric);
  }

  // Counts events of all customers, so a token that is bound to one may not read it.
  @Authorized('read')
  @FieldResolver(() => SafeIntScalar, {
    description: 'Events that pass the filters but have no usable aggregation property.',
  })
  passedOver(@Root() metric: BillableMetric, @Ctx() { loaders }: Context): Promise<number> {
    return loaders.passedOver.load(metric.id);
  }

  @FieldResolver(() => LogPositionScalar, {
    description:
      "Usage is counted up to this position: below the log's end only while a new metric catches up with old usage.",
  })
  countedThrough(@Root() { id }: BillableMetric, @Ctx() { loaders }: Context): Promise<bigint> {
    return loaders.countedThrough.load(id);
  }
}

@Resolver(() => Product)
export class ProductQueries {
  @Authorized('read')
  @Query(() => Product, { nullable: true, description: 'null when there is no such product.' })
  async product(
    @Arg('id', () => ID) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<Product | null> {
    const product = await loaders.product.load(id);
    return product && productNode(product);
  }

  @Authorized('read')
  @Query(() => ProductConnection, { nullable: true, description: 'In order of creation.' })
  async products(
    @Arg('first', () => Int, { nullable: true, defaultValue: 100 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() { views }: Context,
  ): Promise<Connection<Product>> {
    return connection(await listProducts(views.main, pageRequest(first, after, 100)), productNode);
  }

  @FieldResolver(() => BillableMetric, {
    nullable: true,
    description: 'What meters it; null for FIXED.',
  })
  async billableMetric(
    @Root() { metricId }: Product,
    @Ctx() { loaders }: Context,
  ): Promise<BillableMetric | null> {
    const metric = metricId === null ? null : await loaders.metric.load(metricId);
    return metric && metricNode(metric);
  }
}

@Resolver(() => Rate)
export class RateQueries {
  @FieldResolver(() => Product)
  product(@Root() { productId }: Rate, @Ctx() context: Context): Promise<Product> {
    return productOf(productId, context);
  }
}

@Resolver(() => RateCard)
export class RateCardQueries {
  @Authorized('read')
  @Query(() => RateCard, { nullable: true, description: 'null when there is no such rate card.' })
  async rateCard(
    @Arg('id', () => ID) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<RateCard | null> {
    const card = await loaders.rateCard.load(id);
    return card && rateCardNode(card);
  }

  @Authorized('read')
  @Query(() => RateCard, { nullable: true, description: 'null when no rate card has that alias.' })
  async rateCardByAlias(
    @Arg('alias', () => String) alias: string,
    @Ctx() { loaders, views }: Context,
  ): Promise<RateCard | null> {
    const id = await rateCardIdByAlias(views.main, alias);
    const card = id === undefined ? null : await loaders.rateCard.load(id);
    return card && rateCardNode(card);
  }

  @FieldResolver(() => RateConnection, {
    description: 'By start, oldest first. With at: only those in force at that instant.',
  })
  async rates(
    @Root() card: RateCard,
    @Arg('at', () => DateTimeScalar, { nullable: true }) at: Instant | null | undefined,
    @Arg('first', () => Int, { nullable: true, defaultValue: 100 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<Connection<Rate>> {
    const page = pageRequest(first, after, 100);
    const through = worldOf(card, context).past?.through ?? null;
    const rates = await ratesPage(context.views.main, card.id, at ?? null, page, through);
    return connection(rates, rateNode);
  }
}

/** The product that something recorded names. */
export const productOf = async (productId: string, { loaders }: Context): Promise<Product> =>
  productNode(
    present(await loaders.product.load(productId), `a product that is named exists: ${productId}`),
  );
