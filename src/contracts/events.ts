import { type Instant, type Frequency, type OpenInterval } from '../kernel/calendar.ts';
import { type Pricing } from '../catalog/events.ts';

/** A change of what the rate card says. null product lists: every product of the card. */
export type Override = OpenInterval & {
  readonly productIds: readonly string[] | null;
  readonly productTags: readonly string[] | null;
  readonly entitled: boolean | null;
  readonly multiplier: string | null;
  readonly overwrite: Pricing | null;
  readonly priority: number | null;
};

/**
 * One due instant of a scheduled charge; amount = quantity x unitPrice, rounded to the minor unit.
 */
export type Occurrence = {
  readonly timestamp: Instant;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly amount: string;
};

export type ScheduledCharge = {
  readonly chargeId: string;
  readonly productId: string;
  readonly name: string;
  /**
   * As computed when the contract was created; those at or after the contract's end are not
   * charged.
   */
  readonly occurrences: readonly Occurrence[];
};

export type StatementSchedule = {
  readonly frequency: Frequency;
  readonly day: 'FIRST_OF_MONTH' | 'CONTRACT_START';
};

export type InvoiceType = 'USAGE' | 'SCHEDULED';

export type ContractCreated = OpenInterval & {
  readonly type: 'ContractCreated';
  readonly contractId: string;
  readonly customerId: string;
  readonly rateCardId: string;
  readonly currency: string;
  readonly name: string | null;
  readonly overrides: readonly Override[];
  readonly scheduledCharges: readonly ScheduledCharge[];
  readonly statementSchedule: StatementSchedule;
  readonly netPaymentTermsDays: number | null;
  readonly createdAt: Instant;
};
export type EndDateUpdated = {
  readonly type: 'EndDateUpdated';
  readonly contractId: string;
  readonly endingBefore: Instant | null;
  readonly updatedAt: Instant;
};
/** The cut (billing rule 20): the invoice is what the log says up to this event. */
export type PeriodClosed = {
  readonly type: 'PeriodClosed';
  readonly customerId: string;
  readonly contractId: string;
  readonly invoiceId: string;
  readonly invoiceType: InvoiceType;
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  /** A period after the contract's end, that exists only for late usage (billing rule 21). */
  readonly lateOnly: boolean;
  /**
   * How many periods of this customer are closed with this one, from 1: usage recorded after it is
   * late for it.
   */
  readonly cut: number;
  readonly closedAt: Instant;
};
/**
 * The invoice of a closed period was voided: the period is open again, under the next invoice id.
 */
export type PeriodReopened = {
  readonly type: 'PeriodReopened';
  readonly customerId: string;
  readonly contractId: string;
  readonly invoiceId: string;
  readonly reopenedAt: Instant;
};

/** The customer is about to be archived: no contract starts or goes on any more. */
export type ContractsSealed = {
  readonly type: 'ContractsSealed';
  readonly customerId: string;
  readonly sealedAt: Instant;
};

export type ContractEvent =
  ContractCreated | EndDateUpdated | PeriodClosed | PeriodReopened | ContractsSealed;

/**
 * All contracts of a customer stand in one stream, so that what concerns several of them is decided
 * in one place.
 */
export const contractsStream = (customerId: string): string => `contracts-${customerId}`;
