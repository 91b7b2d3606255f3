import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { present } from '../src/kernel/invariant.ts';
import { settled } from './answers.ts';
import {
  AddRatesInput,
  CreateBillableMetricInput,
  CreateProductInput,
  CreateRateCardInput,
  metricFrom,
  productFrom,
  rateCardFrom,
  rateFrom,
} from './catalog.inputs.ts';
import {
  BillableMetricPayload,
  metricNode,
  ProductPayload,
  productNode,
  RateCardPayload,
  rateCardNode,
} from './catalog.types.ts';
import { type Context } from './context.ts';

@Resolver()
export class CatalogMutations {
  @Authorized('admin')
  @Mutation(() => BillableMetricPayload, {
    nullable: true,
    description:
      'Defines how usage events become a quantity. It counts usage that was recorded before, too.',
  })
  async createBillableMetric(
    @Arg('input', () => CreateBillableMetricInput) input: CreateBillableMetricInput,
    @Ctx() context: Context,
  ): Promise<BillableMetricPayload> {
    const create = { input: metricFrom(input), idempotencyKey: input.idempotencyKey ?? null };
    const { metricId } = await settled(
      context,
      context.engine.createBillableMetric(create, context.caller),
    );
    const metric = await context.loaders.metric.load(metricId);
    return { billableMetric: metricNode(present(metric, 'a metric just recorded is found')) };
  }

  @Authorized('admin')
  @Mutation(() => ProductPayload, { nullable: true, description: 'Defines something to sell.' })
  async createProduct(
    @Arg('input', () => CreateProductInput) input: CreateProductInput,
    @Ctx() context: Context,
  ): Promise<ProductPayload> {
    const create = { input: productFrom(input), idempotencyKey: input.idempotencyKey ?? null };
    const { productId } = await settled(
      context,
      context.engine.createProduct(create, context.caller),
    );
    const product = await context.loaders.product.load(productId);
    return { product: productNode(present(product, 'a product just recorded is found')) };
  }

  @Authorized('admin')
  @Mutation(() => RateCardPayload, {
    nullable: true,
    description: 'Creates a price list, with its first rates if any are sent.',
  })
  async createRateCard(
    @Arg('input', () => CreateRateCardInput) input: CreateRateCardInput,
    @Ctx() context: Context,
  ): Promise<RateCardPayload> {
    const create = { input: rateCardFrom(input), idempotencyKey: input.idempotencyKey ?? null };
    const { rateCardId } = await settled(
      context,
      context.engine.createRateCard(create, context.caller),
    );
    return rateCardAnswer(rateCardId, context);
  }

  @Authorized('admin')
  @Mutation(() => RateCardPayload, {
    nullable: true,
    description:
      'Adds rates to a rate card. A rate that starts in the past changes open billing periods only.',
  })
  async addRates(
    @Arg('input', () => AddRatesInput) input: AddRatesInput,
    @Ctx() context: Context,
  ): Promise<RateCardPayload> {
    const rates = { rateCardId: input.rateCardId, rates: input.rates.map(rateFrom) };
    const create = { input: rates, idempotencyKey: input.idempotencyKey ?? null };
    const { rateCardId } = await settled(context, context.engine.addRates(create, context.caller));
    return rateCardAnswer(rateCardId, context);
  }
}

async function rateCardAnswer(rateCardId: string, { loaders }: Context): Promise<RateCardPayload> {
  const card = await loaders.rateCard.load(rateCardId);
  return { rateCard: rateCardNode(present(card, 'a rate card just recorded is found')) };
}
