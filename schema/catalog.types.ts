import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import {
  type Metric,
  type Product as ProductRow,
  type Rate as RateRow,
} from '../src/catalog/events.ts';
import { type RateCard as RateCardRow } from '../src/catalog/events.ts';
import { type Context } from './context.ts';
import { connectionOf } from './paging.ts';
import { Pricing, pricingNode } from './pricing.types.ts';
import { CurrencyScalar, DateTimeScalar, JSONObjectScalar } from './scalars.ts';

export const Aggregation = {
  COUNT: 'COUNT',
  SUM: 'SUM',
  MAX: 'MAX',
  UNIQUE: 'UNIQUE',
  LATEST: 'LATEST',
} as const;
registerEnumType(Aggregation, {
  name: 'Aggregation',
  description: 'How a metric turns events into a quantity.',
  valuesConfig: {
    COUNT: { description: 'How many events.' },
    SUM: { description: 'The sum of the property.' },
    MAX: { description: 'The greatest value of the property in the billing period.' },
    UNIQUE: { description: 'How many distinct values the property takes in the billing period.' },
    LATEST: {
      description: 'The value of the event with the latest timestamp in the billing period.',
    },
  },
});

export const ProductType = {
  USAGE: 'USAGE',
  FIXED: 'FIXED',
  SUBSCRIPTION: 'SUBSCRIPTION',
  COMPOSITE: 'COMPOSITE',
} as const;
registerEnumType(ProductType, {
  name: 'ProductType',
  description: 'USAGE: metered. FIXED: charged on a schedule. (SUBSCRIPTION, COMPOSITE: reserved.)',
});

@ObjectType({ description: 'A rule that turns usage events into a quantity.' })
export class BillableMetric {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
  @Field(() => Aggregation)
  aggregation: keyof typeof Aggregation;
  @Field(() => String, {
    nullable: true,
    description: 'The property that is aggregated; null for COUNT.',
  })
  aggregationKey: string | null;
  @Field(() => [[String]], { description: 'Properties by which usage may be priced or presented.' })
  groupKeys: readonly (readonly string[])[];
  @Field(() => DateTimeScalar)
  createdAt: Instant;
}

@ObjectType({ description: 'Something that is sold.' })
export class Product {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
  @Field(() => ProductType)
  type: keyof typeof ProductType;
  @Field(() => [String], { description: 'Overrides may name products by tag.' })
  tags: readonly string[];
  @Field(() => [String], { description: 'The properties of usage that its price may depend on.' })
  pricingGroupKey: readonly string[];
  @Field(() => [String], { description: 'The properties by which invoices list its usage beside.' })
  presentationGroupKey: readonly string[];
  @Field(() => DateTimeScalar)
  createdAt: Instant;
  metricId: string | null;
}

@ObjectType({ description: 'What a rate card says about a product over a stretch of time.' })
export class Rate {
  @Field(() => Pricing)
  pricing: Pricing;
  @Field(() => Boolean, {
    description: 'Whether a contract bills the product, unless an override says so.',
  })
  entitled: boolean;
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar, { nullable: true, description: 'Exclusive; null: without end.' })
  endingBefore: Instant | null;
  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'The group values that it is for.',
  })
  pricingGroupValues: Readonly<Record<string, string>> | null;
  productId: string;
}

@ObjectType({ description: 'A price list in one currency.' })
export class RateCard {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
  @Field(() => String, { nullable: true })
  description: string | null;
  @Field(() => CurrencyScalar)
  currency: string;
  @Field(() => [String], { description: 'Names that a contract may use in place of the id.' })
  aliases: readonly string[];
  @Field(() => DateTimeScalar)
  createdAt: Instant;
  world?: Context;
}

export const ProductConnection = connectionOf(Product, 'Product', { counted: true });
export const RateConnection = connectionOf(Rate, 'Rate', { counted: true });

@ObjectType({ description: 'The metric, as it is now.' })
export class BillableMetricPayload {
  @Field(() => BillableMetric)
  billableMetric: BillableMetric;
}

@ObjectType({ description: 'The product, as it is now.' })
export class ProductPayload {
  @Field(() => Product)
  product: Product;
}

@ObjectType({ description: 'The rate card, as it is now.' })
export class RateCardPayload {
  @Field(() => RateCard)
  rateCard: RateCard;
}

export const metricNode = (metric: Metric): BillableMetric => ({
  id: metric.metricId,
  name: metric.name,
  aggregation: metric.aggregation,
  aggregationKey: metric.aggregationKey,
  groupKeys: metric.groupKeys,
  createdAt: metric.createdAt,
});

export const productNode = (product: ProductRow): Product => ({
  id: product.productId,
  name: product.name,
  type: product.productType,
  tags: product.tags,
  pricingGroupKey: product.pricingGroupKey ?? [],
  presentationGroupKey: product.presentationGroupKey ?? [],
  createdAt: product.createdAt,
  metricId: product.metricId,
});

export const rateNode = (rate: RateRow): Rate => ({
  pricing: pricingNode(rate.pricing),
  entitled: rate.entitled,
  startingAt: rate.startingAt,
  endingBefore: rate.endingBefore,
  pricingGroupValues: rate.pricingGroupValues ?? null,
  productId: rate.productId,
});

export const rateCardNode = (card: RateCardRow): RateCard => ({
  id: card.rateCardId,
  name: card.name,
  description: card.description,
  currency: card.currency,
  aliases: card.aliases,
  createdAt: card.createdAt,
});
