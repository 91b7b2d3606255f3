import {
  type ChargedAmount,
  type ContractInput,
  type RecurringSchedule,
  type ScheduledChargeInput as Charge,
} from '../src/contracts/commands.ts';
import { type Override, type StatementSchedule } from '../src/contracts/events.ts';
import {
  type CreateContractInput,
  type OverrideInput,
  type RecurringScheduleInput,
  type ScheduledChargeInput,
  type ScheduleItemInput,
  type SignUpContractInput,
  type UsageStatementScheduleInput,
} from './contracts.inputs.ts';
import { pricingFrom } from './pricing.inputs.ts';

type Path = readonly (string | number)[];

/** The contract that stands at that place of the mutation's input. */
export const contractFrom = (input: CreateContractInput, at: Path): ContractInput => ({
  customerId: input.customerId,
  ...contractTermsFrom(input, at),
});

/** As contractFrom, for a contract whose customer is not there yet. */
export function contractTermsFrom(
  input: SignUpContractInput,
  at: Path,
): Omit<ContractInput, 'customerId'> {
  return {
    rateCardId: input.rateCardId ?? null,
    rateCardAlias: input.rateCardAlias ?? null,
    name: input.name ?? null,
    startingAt: input.startingAt,
    endingBefore: input.endingBefore ?? null,
    overrides: (input.overrides ?? []).map((override, index) =>
      overrideFrom(override, [...at, 'overrides', index]),
    ),
    scheduledCharges: (input.scheduledCharges ?? []).map(chargeFrom),
    statementSchedule: statementScheduleFrom(input.usageStatementSchedule),
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

const chargeFrom = ({ productId, name, schedule }: ScheduledChargeInput): Charge => ({
  productId,
  name: name ?? null,
  recurringSchedule: schedule.recurringSchedule ? recurrenceFrom(schedule.recurringSchedule) : null,
  scheduleItems:
    schedule.scheduleItems?.map((item) => ({ timestamp: item.timestamp, ...amountFrom(item) })) ??
    null,
});

const recurrenceFrom = (input: RecurringScheduleInput): RecurringSchedule => ({
  startingAt: input.startingAt,
  endingBefore: input.endingBefore,
  frequency: input.frequency,
  amountDistribution: input.amountDistribution === 'EACH' ? null : input.amountDistribution,
  ...amountFrom(input),
});

const amountFrom = ({
  amount,
  unitPrice,
  quantity,
}: RecurringScheduleInput | ScheduleItemInput): ChargedAmount => ({
  amount: amount ?? null,
  unitPrice: unitPrice ?? null,
  quantity: quantity ?? null,
});

/** The default counts as nothing sent, so that both make the same request under one key. */
function statementScheduleFrom(
  input: UsageStatementScheduleInput | null | undefined,
): StatementSchedule | null {
  const { frequency, day } = input ?? { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' };
  return frequency === 'MONTHLY' && day === 'FIRST_OF_MONTH' ? null : { frequency, day };
}
