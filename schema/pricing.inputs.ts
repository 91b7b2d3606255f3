import { Field, InputType } from 'type-graphql';
import { type Pricing, type Tier as TierTerms } from '../src/catalog/events.ts';
import { inputError } from './errors.ts';
import { PricingModel } from './pricing.types.ts';
import { type Reason } from './reasons.ts';
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

type Path = readonly (string | number)[];

/** The fields that each model is made of; freeUnits goes with any. */
const fieldsOf = {
  FLAT: ['unitPrice'],
  GRADUATED: ['tiers'],
  VOLUME: ['tiers'],
  PACKAGE: ['packageSize', 'packagePrice'],
  PERCENTAGE: ['rate'],
} as const;
const allFields = ['unitPrice', 'tiers', 'packageSize', 'packagePrice', 'rate'] as const;

/** The price that stands at that place of the mutation's input. */
export function pricingFrom(input: PricingInput, field: Path): Pricing {
  const own: readonly string[] = fieldsOf[input.model];
  const wrong = allFields.find((name) => !own.includes(name) && (input[name] ?? null) !== null);
  if (wrong !== undefined) {
    throw inputError('pricing_field_not_of_model', [...field, wrong], input.model);
  }
  const free = input.freeUnits ?? null;
  return { ...modelFrom(input, field), ...(free === null ? {} : { freeUnits: free }) };
}

function modelFrom(input: PricingInput, field: Path): Pricing {
  const { model } = input;
  switch (model) {
    case 'FLAT':
      return {
        model,
        unitPrice: required(input.unitPrice, 'unit_price_required', field, 'unitPrice'),
      };
    case 'GRADUATED':
    case 'VOLUME':
      return {
        model,
        tiers: required(input.tiers, 'tiers_required', field, 'tiers').map(tierFrom),
      };
    case 'PACKAGE':
      return {
        model,
        packageSize: required(input.packageSize, 'package_size_required', field, 'packageSize'),
        packagePrice: required(input.packagePrice, 'package_price_required', field, 'packagePrice'),
      };
    case 'PERCENTAGE':
      return { model, rate: required(input.rate, 'rate_required', field, 'rate') };
  }
}

const tierFrom = ({ upTo, unitPrice, flatFee }: TierInput): TierTerms => ({
  upTo: upTo ?? null,
  unitPrice,
  flatFee: flatFee ?? null,
});

function required<Value>(
  value: Value | null | undefined,
  reason: Reason,
  field: Path,
  name: keyof PricingInput,
): Value {
  if (value === null || value === undefined) throw inputError(reason, [...field, name]);
  return value;
}
