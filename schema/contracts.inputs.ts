import { Field, ID, InputType, Int } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { AmountDistribution, BillingDay, Frequency } from './contracts.types.ts';
import { PricingInput } from './pricing.inputs.ts';
import { DateTimeScalar, DecimalScalar } from './scalars.ts';

@InputType({
  description:
    'Changes what the rate card says, from startingAt until endingBefore. It applies to the products named by\n' +
    'applicableProductIds, to those with ANY of applicableProductTags, or, with neither, to every product of the card.\n' +
    'multiplier and overwrite exclude each other; entitled may stand with either or alone.\n' +
    'One price override wins per product, they never stack: overwrite before multiplier, then the lowest priority (none comes\n' +
    'after every number), then the last listed. Of several entitlement overrides the last listed wins.\n' +
    'A tag that matches nothing is no error; an unknown product is.',
})
export class OverrideInput {
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar, { nullable: true })
  endingBefore?: Instant | null;
  @Field(() => [ID], { nullable: true })
  applicableProductIds?: readonly string[] | null;
  @Field(() => [String], { nullable: true })
  applicableProductTags?: readonly string[] | null;
  @Field(() => Boolean, { nullable: true })
  entitled?: boolean | null;
  @Field(() => DecimalScalar, { nullable: true, description: '0.9 takes 10 % off.' })
  multiplier?: string | null;
  @Field(() => PricingInput, { nullable: true })
  overwrite?: PricingInput | null;
  @Field(() => Int, { nullable: true, description: 'The lowest wins.' })
  priority?: number | null;
}

@InputType({
  description: 'A charge at startingAt and every so often after it, before endingBefore.',
})
export class RecurringScheduleInput {
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar)
  endingBefore: Instant;
  @Field(() => Frequency)
  frequency: keyof typeof Frequency;
  @Field(() => DecimalScalar, {
    nullable: true,
    description:
      'Either amount (quantity 1 at that unit price), or unitPrice and quantity. Major units: "10.00".',
  })
  amount?: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  unitPrice?: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  quantity?: string | null;
  @Field(() => AmountDistribution, { defaultValue: 'EACH' })
  amountDistribution: keyof typeof AmountDistribution;
}

@InputType({ description: 'One charge at one instant.' })
export class ScheduleItemInput {
  @Field(() => DateTimeScalar)
  timestamp: Instant;
  @Field(() => DecimalScalar, { nullable: true })
  amount?: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  unitPrice?: string | null;
  @Field(() => DecimalScalar, { nullable: true })
  quantity?: string | null;
}

@InputType({ description: 'When a charge falls due: by rule, or item by item.' })
export class ScheduleInput {
  @Field(() => RecurringScheduleInput, { nullable: true })
  recurringSchedule?: RecurringScheduleInput;
  @Field(() => [ScheduleItemInput], { nullable: true })
  scheduleItems?: readonly ScheduleItemInput[];
}

@InputType({ description: 'A FIXED product, charged on a schedule.' })
export class ScheduledChargeInput {
  @Field(() => ID)
  productId: string;
  @Field(() => String, { nullable: true, description: "Default: the product's name." })
  name?: string | null;
  @Field(() => ScheduleInput)
  schedule: ScheduleInput;
}

@InputType({ description: 'How often usage is billed, and from which day.' })
export class UsageStatementScheduleInput {
  @Field(() => Frequency, { defaultValue: 'MONTHLY' })
  frequency: keyof typeof Frequency;
  @Field(() => BillingDay, { defaultValue: 'FIRST_OF_MONTH' })
  day: keyof typeof BillingDay;
}

@InputType({ description: 'What the customer that signs up shall pay by.' })
export class SignUpContractInput {
  @Field(() => ID, { nullable: true, description: 'Exactly one of rateCardId and rateCardAlias.' })
  rateCardId?: string | null;
  @Field(() => String, { nullable: true })
  rateCardAlias?: string | null;
  @Field(() => String, { nullable: true })
  name?: string | null;
  @Field(() => DateTimeScalar, {
    description: 'On an hour boundary, like every contract, override and rate date.',
  })
  startingAt: Instant;
  @Field(() => DateTimeScalar, { nullable: true, description: 'Exclusive; absent: open-ended.' })
  endingBefore?: Instant | null;
  @Field(() => [OverrideInput], { nullable: true })
  overrides?: readonly OverrideInput[] | null;
  @Field(() => [ScheduledChargeInput], { nullable: true })
  scheduledCharges?: readonly ScheduledChargeInput[] | null;
  @Field(() => UsageStatementScheduleInput, {
    nullable: true,
    description:
      'Default: monthly, first of the month, so that a contract which starts mid-month has a short first period.',
  })
  usageStatementSchedule?: UsageStatementScheduleInput | null;
  @Field(() => Int, { nullable: true, description: 'Days until an invoice is due. Default: 30.' })
  netPaymentTermsDays?: number | null;
}

@InputType({ description: 'What a customer shall pay by.' })
export class CreateContractInput extends SignUpContractInput {
  @Field(() => ID)
  customerId: string;
  @Field(() => ID, {
    nullable: true,
    description:
      'Sent again with the same input, it gives the first result; with other input, CONFLICT.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'A new end for a contract.' })
export class UpdateContractEndDateInput {
  @Field(() => ID)
  customerId: string;
  @Field(() => ID)
  contractId: string;
  @Field(() => DateTimeScalar, {
    nullable: true,
    description:
      'Exclusive; null: open-ended. Must be sent: leaving it out is refused, so that a forgotten variable ' +
      'does not reopen a contract.',
  })
  endingBefore?: Instant | null;
}

@InputType({
  description:
    'One step for a self-serve plan change: ends the running contract at startingAt and starts the next one there, both or neither.\n' +
    'Both contracts are of one customer; contract.idempotencyKey stands for the whole change.',
})
export class ChangePlanInput {
  @Field(() => ID)
  fromContractId: string;
  @Field(() => CreateContractInput)
  contract: CreateContractInput;
}
