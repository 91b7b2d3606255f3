import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { present } from '../src/kernel/invariant.ts';
import { type Contract as ContractState } from '../src/contracts/contract.ts';
import { type ScheduledCharge as ChargeTerms } from '../src/contracts/events.ts';
import { seenIn } from './as-of.ts';
import { type Context } from './context.ts';
import { Money, moneyOf } from './money.types.ts';
import { Pricing, RateSource } from './pricing.types.ts';
import { DateTimeScalar, JSONObjectScalar } from './scalars.ts';

export const Frequency = {
  WEEKLY: 'WEEKLY',
  MONTHLY: 'MONTHLY',
  QUARTERLY: 'QUARTERLY',
  SEMI_ANNUAL: 'SEMI_ANNUAL',
  ANNUAL: 'ANNUAL',
} as const;
registerEnumType(Frequency, {
  name: 'Frequency',
  description: 'Every week, month, three months, six months or year.',
});

export const AmountDistribution = {
  EACH: 'EACH',
  DIVIDED: 'DIVIDED',
  DIVIDED_ROUNDED: 'DIVIDED_ROUNDED',
} as const;
registerEnumType(AmountDistribution, {
  name: 'AmountDistribution',
  description:
    'EACH: the amount every time. DIVIDED: the amount over the occurrences, exact to the minor unit; what ' +
    'does not divide goes one minor unit each onto the earliest. DIVIDED_ROUNDED: each but the last is the ' +
    'quotient cut to whole major units.',
});

export const BillingDay = {
  FIRST_OF_MONTH: 'FIRST_OF_MONTH',
  CONTRACT_START: 'CONTRACT_START',
} as const;
registerEnumType(BillingDay, {
  name: 'BillingDay',
  description:
    'Where billing periods begin: on the first of a month, counted from that in which the contract starts, or on ' +
    'the day and hour at which it starts; the 29th to 31st are the last day of a month without them. WEEKLY needs ' +
    'CONTRACT_START.',
});

@ObjectType({ description: 'One instant at which a charge falls due.' })
export class ScheduledChargeOccurrence {
  @Field(() => DateTimeScalar)
  timestamp: Instant;
  @Field(() => Money)
  amount: Money;
}

@ObjectType({ description: 'Amounts that a contract charges at set instants.' })
export class ScheduledCharge {
  @Field(() => ID)
  id: string;
  @Field(() => String)
  name: string;
  @Field(() => [ScheduledChargeOccurrence], {
    description: "In order of time; none at or after the contract's end.",
  })
  occurrences: readonly ScheduledChargeOccurrence[];
  productId: string;
}

@ObjectType({
  description:
    'What a customer pays by, from startingAt until endingBefore (exclusive; null: open-ended).',
})
export class Contract {
  @Field(() => ID)
  id: string;
  @Field(() => String, { nullable: true })
  name: string | null;
  @Field(() => DateTimeScalar)
  startingAt: Instant;
  @Field(() => DateTimeScalar, { nullable: true })
  endingBefore: Instant | null;
  @Field(() => [ScheduledCharge])
  scheduledCharges: readonly ScheduledCharge[];
  @Field(() => DateTimeScalar)
  createdAt: Instant;
  customerId: string;
  rateCardId: string;
  world?: Context;
}

@ObjectType({
  description:
    'The rate in force for a product, and for one set of group values where its price depends on them, under ' +
    'a contract, after overrides.',
})
export class Entitlement {
  @Field(() => JSONObjectScalar, { nullable: true })
  pricingGroupValues: Readonly<Record<string, string>> | null;
  @Field(() => Boolean, { description: 'Whether the contract bills the product.' })
  entitled: boolean;
  @Field(() => Pricing, { nullable: true, description: 'null where nothing sets a price.' })
  pricing: Pricing | null;
  @Field(() => RateSource)
  source: keyof typeof RateSource;
  productId: string;
  contractId: string;
  world?: Context;
}

@ObjectType({ description: 'The contract, as it is now.' })
export class ContractPayload {
  @Field(() => Contract)
  contract: Contract;
}

@ObjectType({ description: 'Both contracts, as they are now.' })
export class ChangePlanPayload {
  @Field(() => Contract)
  ended: Contract;
  @Field(() => Contract)
  started: Contract;
}

export const contractNode = (contract: ContractState, world: Context): Contract =>
  seenIn(world, {
    id: contract.contractId,
    name: contract.name,
    startingAt: contract.startingAt,
    endingBefore: contract.endingBefore,
    scheduledCharges: contract.scheduledCharges.map((charge) =>
      seenIn(world, chargeNode(charge, contract)),
    ),
    createdAt: contract.createdAt,
    customerId: contract.customerId,
    rateCardId: contract.rateCardId,
  });

const chargeNode = (
  charge: ChargeTerms,
  { endingBefore, currency }: ContractState,
): ScheduledCharge => ({
  id: charge.chargeId,
  name: charge.name,
  occurrences: charge.occurrences
    .filter(({ timestamp }) => endingBefore === null || timestamp < endingBefore)
    .map(({ timestamp, amount }) => ({ timestamp, amount: moneyOf(amount, currency) })),
  productId: charge.productId,
});

/** The contract that something recorded names. */
export async function contractOf(contractId: string, world: Context): Promise<Contract> {
  const contract = await world.loaders.contract.load(contractId);
  return contractNode(present(contract, 'a contract that is named exists'), world);
}
