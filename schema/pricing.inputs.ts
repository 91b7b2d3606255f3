import { Field, InputType } from 'type-graphql';
import { type Pricing } from '../src/catalog/events.ts';
import { inputError } from './errors.ts';
import { PricingModel } from './pricing.types.ts';
import { DecimalScalar } from './scalars.ts';

@InputType({ description: 'upTo is inclusive; null on the last tier only.' })
export class TierInput {
  @Field(() => DecimalScalar, { nullable: true })
  upTo?: string | null;
  @Field(() => DecimalScalar)
  unitPrice: string;
  @Field(() => DecimalScalar, { nullable: true, description: 'Owed once the tier is entered.' })
  flatFee?: string | null;
}

@InputType({
  description:
    'A model and its own fields (see PricingModel); fields of another model are refused.',
})
export class PricingInput {
  @Field(() => PricingModel)
  model: keyof typeof PricingModel;
  @Field(() => DecimalScalar, { nullable: true })
  unitPrice?: string | null;
  @Field(() => [TierInput], { nullable: true })
  tiers?: readonly TierInput[] | null;
  @Field(() => DecimalScalar, { nullable: true })
  packageSize?: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  packagePrice?: string | null;
  @Field(() => DecimalScalar, { nullable: true, description: '0.029 is 2.9 %.' })
  rate?: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  freeUnits?: string | null;
}

const ofOtherModels = ['tiers', 'packageSize', 'packagePrice', 'rate'] as const;

/** The price that stands at that place of the mutation's input. */
export function pricingFrom(input: PricingInput, field: readonly (string | number)[]): Pricing {
  if (input.model !== 'FLAT')
    throw inputError('not_supported_yet', [...field, 'model'], input.model);
  const wrong = ofOtherModels.find((name) => (input[name] ?? null) !== null);
  if (wrong !== undefined)
    throw inputError('pricing_field_not_of_model', [...field, wrong], 'FLAT');
  if ((input.freeUnits ?? null) !== null) {
    throw inputError('not_supported_yet', [...field, 'freeUnits']);
  }
  const unitPrice = input.unitPrice ?? null;
  if (unitPrice === null) throw inputError('unit_price_required', [...field, 'unitPrice']);
  return { model: 'FLAT', unitPrice };
}
