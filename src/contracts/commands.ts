import { type Frequency, type Instant, type OpenInterval } from '../kernel/calendar.ts';
import { type KnownProducts } from '../catalog/events.ts';
import { type Override, type StatementSchedule } from './events.ts';

/** Either amount, or unitPrice and quantity; in major units. */
export type ChargedAmount = {
  readonly amount: string | null;
  readonly unitPrice: string | null;
  readonly quantity: string | null;
};

export type RecurringSchedule = ChargedAmount & {
  readonly startingAt: Instant;
  readonly endingBefore: Instant;
  readonly frequency: Frequency;
  /** How the amount is spread over the occurrences; null: each is charged the whole of it. */
  readonly amountDistribution: 'DIVIDED' | 'DIVIDED_ROUNDED' | null;
};

export type ScheduleItem = ChargedAmount & { readonly timestamp: Instant };

export type ScheduledChargeInput = {
  readonly productId: string;
  readonly name: string | null;
  /** Either a rule, or item by item. */
  readonly recurringSchedule: RecurringSchedule | null;
  readonly scheduleItems: readonly ScheduleItem[] | null;
};

export type ContractInput = OpenInterval & {
  readonly customerId: string;
  /** Exactly one of the two. */
  readonly rateCardId: string | null;
  readonly rateCardAlias: string | null;
  readonly name: string | null;
  readonly overrides: readonly Override[];
  readonly scheduledCharges: readonly ScheduledChargeInput[];
  /** null: monthly, from the first of the month. */
  readonly statementSchedule: StatementSchedule | null;
  readonly netPaymentTermsDays: number | null;
};

export type EndDateInput = {
  readonly customerId: string;
  readonly contractId: string;
  readonly endingBefore: Instant | null;
};

export type PlanChangeInput = { readonly fromContractId: string; readonly contract: ContractInput };

/** A rate card as a contract needs it to be decided upon. */
export type CardFacts = {
  readonly rateCardId: string;
  readonly currency: string;
  /** USAGE products that the card rates at any time, entitled or not. */
  readonly usageProductIds: readonly string[];
};

/** Facts of other streams, read before the decision. */
export type ContractFacts = {
  /** The cards of the contract asked for and of the customer's others, by id. */
  readonly cards: Readonly<Record<string, CardFacts>>;
  /** The products that overrides and charges name, as far as they exist, by id. */
  readonly products: KnownProducts;
  readonly customer: { readonly customerId: string; readonly archived: boolean } | null;
};

export type CreateContract = {
  readonly type: 'CreateContract';
  readonly contractId: string;
  readonly input: ContractInput;
  /** The card that rateCardId or rateCardAlias names; null: there is none. */
  readonly card: CardFacts | null;
  readonly facts: ContractFacts;
  readonly now: Instant;
};
export type UpdateEndDate = {
  readonly type: 'UpdateEndDate';
  readonly contractId: string;
  readonly endingBefore: Instant | null;
  readonly facts: Pick<ContractFacts, 'cards'>;
  readonly now: Instant;
};
export type ChangePlan = Omit<CreateContract, 'type'> & {
  readonly type: 'ChangePlan';
  readonly fromContractId: string;
};
/** Early: the caller does not wait for the grace period to pass. */
export type ClosePeriod = {
  readonly type: 'ClosePeriod';
  readonly invoiceId: string;
  readonly early: boolean;
  readonly graceHours: number;
  /**
   * When late usage that waits for an invoice was last recorded; null: none waits (billing rule
   * 21).
   */
  readonly lateSince: Instant | null;
  readonly now: Instant;
};
export type ReopenPeriod = {
  readonly type: 'ReopenPeriod';
  readonly invoiceId: string;
  readonly now: Instant;
};

export type SealContracts = {
  readonly type: 'SealContracts';
  readonly customerId: string;
  /** Whether a draft of the customer has lines, late usage of ended contracts included. */
  readonly hasOpenDrafts: boolean;
  readonly now: Instant;
};

export type ContractCommand =
  SealContracts | CreateContract | UpdateEndDate | ChangePlan | ClosePeriod | ReopenPeriod;
