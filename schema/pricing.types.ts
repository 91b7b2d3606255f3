import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { type Pricing as PricingTerms } from '../src/catalog/events.ts';
import { DecimalScalar } from './scalars.ts';

export const PricingModel = {
  FLAT: 'FLAT',
  GRADUATED: 'GRADUATED',
  VOLUME: 'VOLUME',
  PACKAGE: 'PACKAGE',
  PERCENTAGE: 'PERCENTAGE',
} as const;
registerEnumType(PricingModel, {
  name: 'PricingModel',
  description:
    "FLAT: unitPrice. GRADUATED: each tier's units at that tier's price (plus the tier's flatFee once it is entered).\n" +
    'VOLUME: all units at the price of the tier that the total falls in. PACKAGE: packagePrice per started packageSize.\n' +
    'PERCENTAGE: the quantity is an amount of money; charge rate x quantity. freeUnits come off first, for any model.',
});

export const RateSource = {
  RATE_CARD: 'RATE_CARD',
  OVERRIDE: 'OVERRIDE',
  SCHEDULED_CHARGE: 'SCHEDULED_CHARGE',
} as const;
registerEnumType(RateSource, { name: 'RateSource', description: 'Where a price comes from.' });

@ObjectType({ description: 'upTo is inclusive; null on the last tier only.' })
export class Tier {
  @Field(() => DecimalScalar, { nullable: true })
  upTo: string | null;
  @Field(() => DecimalScalar)
  unitPrice: string;
  @Field(() => DecimalScalar, { nullable: true, description: 'Owed once the tier is entered.' })
  flatFee: string | null;
}

@ObjectType({ description: 'A price, in the shape of PricingInput.' })
export class Pricing {
  @Field(() => PricingModel)
  model: keyof typeof PricingModel;
  @Field(() => DecimalScalar, { nullable: true })
  unitPrice: string | null;
  @Field(() => [Tier], { nullable: true })
  tiers: readonly Tier[] | null;
  @Field(() => DecimalScalar, { nullable: true })
  packageSize: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  packagePrice: string | null;
  @Field(() => DecimalScalar, { nullable: true, description: '0.029 is 2.9 %.' })
  rate: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  freeUnits: string | null;
}

export const pricingNode = (pricing: PricingTerms): Pricing => ({
  unitPrice: null,
  tiers: null,
  packageSize: null,
  packagePrice: null,
  rate: null,
  freeUnits: null,
  ...pricing,
});
