import { Field, ObjectType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import type { UnratedUsage as UnratedUsageRow } from '../projections/unrated-usage.ts';
import { DateTimeScalar, DecimalScalar, JSONObjectScalar } from './scalars.ts';

@ObjectType({
  description:
    'Usage of a product that is metered, and not billed because no rate is for its group values, or for its time.',
})
export class UnratedUsage {
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar, { description: 'Exclusive.' })
  endingBefore: Instant;
  @Field(() => JSONObjectScalar, {
    nullable: true,
    description: 'null where the usage of the product is rated as one.',
  })
  groupValues: Readonly<Record<string, string | null>> | null;
  @Field(() => DecimalScalar)
  quantity: string;
  productId: string;
}

export const unratedUsageNode = (row: UnratedUsageRow): UnratedUsage => ({ ...row });
