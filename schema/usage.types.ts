import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { type RejectedUsage } from '../src/usage/commands.ts';
import { Money } from './money.types.ts';
import { connectionOf } from './paging.ts';
import { DateTimeScalar, DecimalScalar, JSONObjectScalar, LogPositionScalar } from './scalars.ts';

export const UsageWindow = { HOUR: 'HOUR', DAY: 'DAY', MONTH: 'MONTH', NONE: 'NONE' } as const;
registerEnumType(UsageWindow, {
  name: 'UsageWindow',
  description: 'By UTC hour, day or month; NONE: the whole range as one.',
});

@ObjectType({
  description:
    "index counts from 0; reason is a word of the same closed list as an error's extensions.reason.",
})
export class RejectedUsageEvent {
  @Field(() => Int)
  index: number;
  @Field(() => ID, { nullable: true })
  transactionId: string | null;
  @Field(() => String)
  reason: string;
  @Field(() => String)
  message: string;
}

@ObjectType({
  description: 'Every event not in rejected is durably recorded before the answer is sent.',
})
export class RecordUsagePayload {
  @Field(() => Int, {
    description: 'Events recorded, repeats of an earlier transactionId included.',
  })
  accepted: number;
  @Field(() => [RejectedUsageEvent])
  rejected: readonly RejectedUsage[];
  @Field(() => LogPositionScalar, {
    description:
      "Position after the recorded events; pass it to a query's minPosition to read your own writes.",
  })
  position: bigint;
}

@ObjectType({ description: 'A metered quantity over [startingAt, endingBefore).' })
export class UsagePoint {
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar)
  endingBefore: Instant;
  @Field(() => JSONObjectScalar, { nullable: true })
  groupValues: Record<string, unknown> | null;
  @Field(() => DecimalScalar)
  value: string;
}

@ObjectType({
  description:
    "Quantity and amount of one product over [startingAt, endingBefore), by contract: the period's rounded amount through the end less\n" +
    'that through the start, so that the points of a period add up to its lines for every pricing model.',
})
export class RatedUsagePoint {
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar)
  endingBefore: Instant;
  @Field(() => DecimalScalar)
  quantity: string;
  @Field(() => Money)
  amount: Money;
  productId: string;
}

export const UsagePointConnection = connectionOf(UsagePoint, 'UsagePoint', { counted: false });
export const RatedUsagePointConnection = connectionOf(RatedUsagePoint, 'RatedUsagePoint', {
  counted: false,
});
