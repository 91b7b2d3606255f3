import { type KnownProducts, type Product } from '../../src/catalog/events.ts';
import {
  type CardFacts,
  type ChangePlan,
  type ClosePeriod,
  type ContractFacts,
  type ContractInput,
  type CreateContract,
  type RecurringSchedule,
  type ReopenPeriod,
  type UpdateEndDate,
} from '../../src/contracts/commands.ts';
import {
  type ContractCreated,
  type EndDateUpdated,
  type Override,
  type PeriodClosed,
  type PeriodReopened,
} from '../../src/contracts/events.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { addMonths, instant, type Instant } from '../../src/kernel/calendar.ts';

export const at = instant;
export const customerId = 'cus_1';
export const contractId = `con_${'a'.repeat(32)}`;
export const otherId = `con_${'b'.repeat(32)}`;
export const october = at('2024-10-01T00:00:00Z');
export const now = at('2024-09-15T10:20:30Z');

/** The first of the month that many months after October 2024. */
export const month = (index: number): Instant => addMonths(october, index);

const product = (productId: string, change: Partial<Product> = {}): Product => ({
  productId,
  name: `Product ${productId}`,
  productType: 'USAGE',
  metricId: 'met_1',
  tags: [],
  createdAt: now,
  ...change,
});

export const products: KnownProducts = {
  emails: product('emails'),
  rooms: product('rooms', { tags: ['premium', 'chat'] }),
  fee: product('fee', { productType: 'FIXED', metricId: null }),
};

const card = (rateCardId: string, ...usageProductIds: readonly string[]): CardFacts => ({
  rateCardId,
  currency: 'USD',
  usageProductIds,
});

export const standard = card('standard', 'emails', 'rooms');
export const emailsOnly = card('emailsOnly', 'emails');
export const apart = card('apart', 'reminders');

export const facts: ContractFacts = {
  cards: { standard, emailsOnly, apart },
  products,
  customer: { customerId, archived: false },
};

export const input = (change: Partial<ContractInput> = {}): ContractInput => ({
  customerId,
  rateCardId: 'standard',
  rateCardAlias: null,
  name: 'Basic',
  startingAt: october,
  endingBefore: null,
  overrides: [],
  scheduledCharges: [],
  statementSchedule: null,
  netPaymentTermsDays: null,
  ...change,
});

export const create = (
  asked: Partial<ContractInput> = {},
  change: Partial<CreateContract> = {},
): CreateContract => ({
  type: 'CreateContract',
  contractId,
  input: input(asked),
  card: standard,
  facts,
  now,
  ...change,
});

export const changePlan = (
  asked: Partial<ContractInput>,
  change: Partial<ChangePlan> = {},
): ChangePlan => ({
  type: 'ChangePlan',
  contractId: otherId,
  fromContractId: contractId,
  input: input({ name: 'Best', ...asked }),
  card: standard,
  facts,
  now,
  ...change,
});

export const created = (change: Partial<ContractCreated> = {}): ContractCreated => ({
  type: 'ContractCreated',
  contractId,
  currency: 'USD',
  startingAt: october,
  endingBefore: null,
  customerId,
  rateCardId: 'standard',
  name: 'Basic',
  overrides: [],
  scheduledCharges: [],
  statementSchedule: { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' },
  netPaymentTermsDays: null,
  createdAt: now,
  ...change,
});

export const end = (
  endingBefore: Instant | null,
  change: Partial<UpdateEndDate> = {},
): UpdateEndDate => ({
  type: 'UpdateEndDate',
  contractId,
  endingBefore,
  facts,
  now,
  ...change,
});

export const ended = (
  endingBefore: Instant | null,
  change: Partial<EndDateUpdated> = {},
): EndDateUpdated => ({
  type: 'EndDateUpdated',
  contractId,
  endingBefore,
  updatedAt: now,
  ...change,
});

export const usageId = (periodStart: Instant, generation = 0): string =>
  invoiceIdOf(contractId, 'USAGE', periodStart, generation);

export const scheduledId = (instantOfCharge: Instant, generation = 0): string =>
  invoiceIdOf(contractId, 'SCHEDULED', instantOfCharge, generation);

/** Asks to close a period that is due. */
export const close = (
  invoiceId: string,
  closedAt: Instant,
  change: Partial<ClosePeriod> = {},
): ClosePeriod => ({
  type: 'ClosePeriod',
  invoiceId,
  early: false,
  graceHours: 24,
  lateSince: null,
  now: closedAt,
  ...change,
});

export const reopen = (invoiceId: string, reopenedAt: Instant): ReopenPeriod => ({
  type: 'ReopenPeriod',
  invoiceId,
  now: reopenedAt,
});

/**
 * A USAGE period that was closed a day after its end, the customer's first unless told otherwise.
 */
export const closed = (
  periodStart: Instant,
  periodEnd: Instant,
  change: Partial<PeriodClosed> = {},
): PeriodClosed => ({
  type: 'PeriodClosed',
  customerId,
  contractId,
  invoiceId: usageId(periodStart),
  invoiceType: 'USAGE',
  periodStart,
  periodEnd,
  lateOnly: false,
  cut: 1,
  closedAt: periodEnd,
  ...change,
});

export const reopened = (invoiceId: string, reopenedAt: Instant): PeriodReopened => ({
  type: 'PeriodReopened',
  customerId,
  contractId,
  invoiceId,
  reopenedAt,
});

export const override = (change: Partial<Override> = {}): Override => ({
  startingAt: october,
  endingBefore: null,
  productIds: null,
  productTags: null,
  entitled: null,
  multiplier: null,
  overwrite: null,
  priority: null,
  ...change,
});

/** The fee, at 10.00 a month from October to March, six times. */
export const monthly = (change: Partial<RecurringSchedule> = {}) => ({
  productId: 'fee',
  name: 'AI model configuration',
  recurringSchedule: {
    startingAt: october,
    endingBefore: month(6),
    frequency: 'MONTHLY' as const,
    amount: '10',
    unitPrice: null,
    quantity: null,
    amountDistribution: null,
    ...change,
  },
  scheduleItems: null,
});
