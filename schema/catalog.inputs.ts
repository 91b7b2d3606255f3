import { Field, ID, InputType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import {
  type BillableMetricInput,
  type ProductInput,
  type RateCardInput,
} from '../src/catalog/commands.ts';
import { type Rate, type RateGroupValues } from '../src/catalog/events.ts';
import { type PropertyValue } from '../src/usage/events.ts';
import { valueText } from '../src/usage/filters.ts';
import { Aggregation, ProductType } from './catalog.types.ts';
import { inputError } from './errors.ts';
import { PricingInput, pricingFrom } from './pricing.inputs.ts';
import { CurrencyScalar, DateTimeScalar, JSONObjectScalar } from './scalars.ts';

const idempotencyKey = {
  nullable: true,
  description:
    'Sent again with the same input, it gives the first result; with other input, CONFLICT.',
};

@InputType({ description: 'Which event types a metric sees; both conditions must hold.' })
export class EventTypeFilterInput {
  @Field(() => [String], { nullable: true })
  inValues?: readonly string[] | null;
  @Field(() => [String], { nullable: true })
  notInValues?: readonly string[] | null;
}

@InputType({
  description:
    'All given conditions must hold. exists: false means that the property must be absent.',
})
export class PropertyFilterInput {
  @Field(() => String)
  name: string;
  @Field(() => Boolean, { nullable: true })
  exists?: boolean | null;
  @Field(() => [String], { nullable: true })
  inValues?: readonly string[] | null;
  @Field(() => [String], { nullable: true })
  notInValues?: readonly string[] | null;
}

@InputType({ description: 'A metric to define.' })
export class CreateBillableMetricInput {
  @Field(() => String)
  name: string;
  @Field(() => Aggregation)
  aggregation: keyof typeof Aggregation;
  @Field(() => String, {
    nullable: true,
    description: 'Property to aggregate; required for all but COUNT.',
  })
  aggregationKey?: string | null;
  @Field(() => EventTypeFilterInput)
  eventTypeFilter: EventTypeFilterInput;
  @Field(() => [PropertyFilterInput], { nullable: true })
  propertyFilters?: readonly PropertyFilterInput[] | null;
  @Field(() => [[String]], {
    nullable: true,
    description:
      'Each entry is one simple or compound key of property names, usable for pricing or presentation.',
  })
  groupKeys?: readonly (readonly string[])[] | null;
  @Field(() => ID, idempotencyKey)
  idempotencyKey?: string | null;
}

@InputType({ description: 'A product to define.' })
export class CreateProductInput {
  @Field(() => String)
  name: string;
  @Field(() => ProductType)
  type: keyof typeof ProductType;
  @Field(() => ID, { nullable: true, description: 'Required for USAGE, forbidden for FIXED.' })
  billableMetricId?: string | null;
  @Field(() => [String], { nullable: true })
  tags?: readonly string[] | null;
  @Field(() => [String], { nullable: true, description: 'The group key that prices depend on.' })
  pricingGroupKey?: readonly string[] | null;
  @Field(() => [String], { nullable: true, description: 'The group key that invoices list by.' })
  presentationGroupKey?: readonly string[] | null;
  @Field(() => ID, idempotencyKey)
  idempotencyKey?: string | null;
}

@InputType({ description: 'A price of a product over a stretch of time.' })
export class RateInput {
  @Field(() => ID)
  productId: string;
  @Field(() => PricingInput)
  pricing: PricingInput;
  @Field(() => Boolean, {
    description: 'Whether a contract bills the product, unless an override says so.',
  })
  entitled: boolean;
  @Field(() => DateTimeScalar, {
    description:
      'On an hour boundary. In force at an instant is, of the rates of that product and group values that ' +
      'cover it, the one with the latest startingAt (ties: added last); when it ends, the one beneath is in ' +
      'force again.',
  })
  startingAt: Instant;
  @Field(() => DateTimeScalar, { nullable: true, description: 'Exclusive; absent: without end.' })
  endingBefore?: Instant | null;
  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      "Only for usage with these values of properties in the product's pricingGroupKey. Of the rates that match, the one " +
      'that names most properties wins; one without values is for all usage that no other matches.',
  })
  pricingGroupValues?: Record<string, unknown> | null;
}

@InputType({ description: 'A price list to create.' })
export class CreateRateCardInput {
  @Field(() => String)
  name: string;
  @Field(() => String, { nullable: true })
  description?: string | null;
  @Field(() => CurrencyScalar, { defaultValue: 'USD' })
  currency: string;
  @Field(() => [String], { nullable: true, description: 'Unique among all rate cards.' })
  aliases?: readonly string[] | null;
  @Field(() => [RateInput], { nullable: true })
  rates?: readonly RateInput[] | null;
  @Field(() => ID, idempotencyKey)
  idempotencyKey?: string | null;
}

@InputType({ description: 'Rates to add to a rate card.' })
export class AddRatesInput {
  @Field(() => ID)
  rateCardId: string;
  @Field(() => [RateInput])
  rates: readonly RateInput[];
  @Field(() => ID, idempotencyKey)
  idempotencyKey?: string | null;
}

export const metricFrom = (input: CreateBillableMetricInput): BillableMetricInput => ({
  name: input.name,
  aggregation: input.aggregation,
  aggregationKey: input.aggregationKey ?? null,
  eventTypeFilter: {
    inValues: input.eventTypeFilter.inValues ?? null,
    notInValues: input.eventTypeFilter.notInValues ?? null,
  },
  propertyFilters: (input.propertyFilters ?? []).map((filter) => ({
    name: filter.name,
    exists: filter.exists ?? null,
    inValues: filter.inValues ?? null,
    notInValues: filter.notInValues ?? null,
  })),
  groupKeys: sentList(input.groupKeys),
});

export const productFrom = (input: CreateProductInput): ProductInput => ({
  name: input.name,
  type: input.type,
  billableMetricId: input.billableMetricId ?? null,
  tags: input.tags ?? [],
  pricingGroupKey: sentList(input.pricingGroupKey),
  presentationGroupKey: sentList(input.presentationGroupKey),
});

/** An empty list means the same as none, so that both make the same request under one key. */
const sentList = <T>(list: readonly T[] | null | undefined): readonly T[] | null =>
  list === null || list === undefined || list.length === 0 ? null : list;

export const rateCardFrom = (input: CreateRateCardInput): RateCardInput => ({
  name: input.name,
  description: input.description ?? null,
  currency: input.currency,
  aliases: input.aliases ?? [],
  rates: (input.rates ?? []).map(rateFrom),
});

export function rateFrom(input: RateInput, index: number): Rate {
  const field = ['rates', index];
  const values = groupValuesFrom(input.pricingGroupValues ?? {}, [...field, 'pricingGroupValues']);
  return {
    productId: input.productId,
    pricing: pricingFrom(input.pricing, [...field, 'pricing']),
    entitled: input.entitled,
    startingAt: input.startingAt,
    endingBefore: input.endingBefore ?? null,
    ...(Object.keys(values).length > 0 && { pricingGroupValues: values }),
  };
}

/** The text that properties of usage are compared with. */
const groupValuesFrom = (
  values: Readonly<Record<string, unknown>>,
  field: readonly (string | number)[],
): RateGroupValues =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (!isPropertyValue(value)) throw inputError('group_value_invalid', [...field, name]);
      return [name, valueText(value)];
    }),
  );

const isPropertyValue = (value: unknown): value is PropertyValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
