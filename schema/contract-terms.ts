import {
  type ContractInput,
  type ScheduledChargeInput as Charge,
} from '../src/contracts/commands.ts';
import { type Override } from '../src/contracts/events.ts';
import {
  type CreateContractInput,
  type OverrideInput,
  type RecurringScheduleInput,
  type ScheduledChargeInput,
  type UsageStatementScheduleInput,
} from './contracts.inputs.ts';
import { inputError } from './errors.ts';
import { pricingFrom } from './pricing.inputs.ts';

type Path = readonly (string | number)[];

/** The contract that stands at that place of the mutation's input. */
export function contractFrom(input: CreateContractInput, at: Path): ContractInput {
  refuseStatementSchedule(input.usageStatementSchedule, [...at, 'usageStatementSchedule']);
  return {
    customerId: input.customerId,
    rateCardId: input.rateCardId ?? null,
    rateCardAlias: input.rateCardAlias ?? null,
    name: input.name ?? null,
    startingAt: input.startingAt,
    endingBefore: input.endingBefore ?? null,
    overrides: (input.overrides ?? []).map((override, index) =>
      overrideFrom(override, [...at, 'overrides', index]),
    ),
    scheduledCharges: (input.scheduledCharges ?? []).map((charge, index) =>
      chargeFrom(charge, [...at, 'scheduledCharges', index]),
    ),
    netPaymentTermsDays: input.netPaymentTermsDays ?? null,
  };
}

const overrideFrom = (input: OverrideInput, at: Path): Override => ({
  startingAt: input.startingAt,
  endingBefore: input.endingBefore ?? null,
  productIds: input.applicableProductIds ?? null,
  productTags: input.applicableProductTags ?? null,
  entitled: input.entitled ?? null,
  multiplier: input.multiplier ?? null,
  overwrite: input.overwrite ? pricingFrom(input.overwrite, [...at, 'overwrite']) : null,
  priority: input.priority ?? null,
});

function chargeFrom(input: ScheduledChargeInput, at: Path): Charge {
  const { recurringSchedule } = input.schedule;
  if (recurringSchedule === undefined) {
    throw inputError('not_supported_yet', [...at, 'schedule', 'scheduleItems']);
  }
  refuseRecurrence(recurringSchedule, [...at, 'schedule', 'recurringSchedule']);
  return {
    productId: input.productId,
    name: input.name ?? null,
    recurringSchedule: {
      startingAt: recurringSchedule.startingAt,
      endingBefore: recurringSchedule.endingBefore,
      frequency: recurringSchedule.frequency,
      amount: recurringSchedule.amount ?? null,
      unitPrice: recurringSchedule.unitPrice ?? null,
      quantity: recurringSchedule.quantity ?? null,
    },
  };
}

function refuseRecurrence(
  { frequency, amountDistribution }: RecurringScheduleInput,
  at: Path,
): void {
  if (frequency !== 'MONTHLY')
    throw inputError('not_supported_yet', [...at, 'frequency'], frequency);
  if (amountDistribution !== 'EACH') {
    throw inputError('not_supported_yet', [...at, 'amountDistribution'], amountDistribution);
  }
}

function refuseStatementSchedule(
  schedule: UsageStatementScheduleInput | null | undefined,
  at: Path,
): void {
  const { frequency, day } = schedule ?? { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' };
  if (frequency !== 'MONTHLY')
    throw inputError('not_supported_yet', [...at, 'frequency'], frequency);
  if (day !== 'FIRST_OF_MONTH') throw inputError('not_supported_yet', [...at, 'day'], day);
}
