import { type Instant } from '../kernel/calendar.ts';
import { type Refusal, type Refused } from '../kernel/decider.ts';
import {
  type BillableMetricInput,
  type ProductInput,
  type RateCardInput,
  type RatesInput,
} from '../catalog/commands.ts';
import {
  type ContractInput,
  type EndDateInput,
  type PlanChangeInput,
} from '../contracts/commands.ts';
import { type CustomerInput } from '../customers/commands.ts';
import { type BillingConfig, type CollectionMethod } from '../customers/events.ts';
import { type RejectedUsage, type UsageInput } from '../usage/commands.ts';
import { type JudgedUsage } from '../usage/recording.ts';
import { type Caller } from './ports.ts';
import { type Recording } from './usage-intake.ts';

/**
 * What came of a command: its result and the position through which the log holds it, or the
 * refusal.
 */
export type Outcome<Result> =
  { readonly result: Result; readonly position: bigint } | { readonly refused: Refusal };

/**
 * The outcome of a command that was handled: the result that the caller is told, unless it was
 * refused.
 */
export const outcome = <Result>(
  handled: { readonly position: bigint } | Refused<string>,
  result: Result,
): Outcome<Result> => ('refused' in handled ? handled : { result, position: handled.position });

/** A create may be sent again under the same key (billing rule 27). */
export type Create<Input> = { readonly input: Input; readonly idempotencyKey: string | null };

/** A customer, at the payment provider, here, and with its contract. */
export type SignUpInput = {
  readonly name: string;
  /** Needed to create the customer at the provider. */
  readonly email: string | null;
  readonly ingestAliases: readonly string[];
  /** One that is there already; null: one is created. */
  readonly stripeCustomerId: string | null;
  readonly collectionMethod: CollectionMethod;
  readonly contract: Omit<ContractInput, 'customerId'>;
};

export type SignUp = { readonly input: SignUpInput; readonly idempotencyKey: string };

/** Everything that can be asked of paygo, as commands. A refusal's field is a path in the input. */
export type Engine = {
  createBillableMetric(
    create: Create<BillableMetricInput>,
    by: Caller,
  ): Promise<Outcome<{ metricId: string }>>;
  createProduct(create: Create<ProductInput>, by: Caller): Promise<Outcome<{ productId: string }>>;
  createRateCard(
    create: Create<RateCardInput>,
    by: Caller,
  ): Promise<Outcome<{ rateCardId: string }>>;
  addRates(create: Create<RatesInput>, by: Caller): Promise<Outcome<{ rateCardId: string }>>;
  createCustomer(
    create: Create<CustomerInput>,
    by: Caller,
  ): Promise<Outcome<{ customerId: string }>>;
  setIngestAliases(
    input: { customerId: string; ingestAliases: readonly string[] },
    by: Caller,
  ): Promise<Outcome<{ customerId: string }>>;
  setBillingConfig(
    input: { customerId: string; billingConfig: BillingConfig | null },
    by: Caller,
  ): Promise<Outcome<{ customerId: string }>>;
  archiveCustomer(
    input: { customerId: string },
    by: Caller,
  ): Promise<Outcome<{ customerId: string }>>;
  createContract(
    create: Create<ContractInput>,
    by: Caller,
  ): Promise<Outcome<{ contractId: string }>>;
  updateContractEndDate(input: EndDateInput, by: Caller): Promise<Outcome<{ contractId: string }>>;
  changePlan(
    create: Create<PlanChangeInput>,
    by: Caller,
  ): Promise<Outcome<{ endedContractId: string; startedContractId: string }>>;
  /** Durable when it answers. At most 1,000 events; the caller has checked the shape of each. */
  recordUsage(
    events: readonly UsageInput[],
    by: Caller,
  ): Promise<Outcome<{ accepted: number; rejected: readonly RejectedUsage[] }>>;
  /** What recordUsage would record, and the position that the log stands at; records nothing. */
  judgeUsage(events: readonly UsageInput[]): Promise<Outcome<JudgedUsage>>;
  /**
   * As recordUsage, of any number of events, one after the other. Throws Unavailable when no usage
   * can be taken now.
   */
  openRecording(by: Caller): Recording;
  /**
   * A customer at the payment provider, here, and its contract: to be sent again, the same, until
   * it is answered.
   */
  signUpCustomer(
    signUp: SignUp,
    by: Caller,
  ): Promise<Outcome<{ customerId: string; contractId: string }>>;
  finalizeInvoice(
    input: { invoiceId: string },
    by: Caller,
  ): Promise<Outcome<{ invoiceId: string }>>;
  voidInvoice(
    input: { invoiceId: string; reason: string | null },
    by: Caller,
  ): Promise<Outcome<{ invoiceId: string }>>;
  retryInvoicePush(
    input: { invoiceId: string },
    by: Caller,
  ): Promise<Outcome<{ invoiceId: string }>>;
  advanceTestClock(input: { to: Instant }, by: Caller): Promise<Outcome<{ now: Instant }>>;
};
