import {
  type BillableMetricCreated,
  type ProductCreated,
  type Rate,
  type RateCardCreated,
  type RatesAdded,
} from '../../src/catalog/events.ts';
import {
  contractsStream,
  type ContractCreated,
  type EndDateUpdated,
  type PeriodClosed,
  type PeriodReopened,
} from '../../src/contracts/events.ts';
import { type CustomerCreated, type IngestAliasesSet } from '../../src/customers/events.ts';
import { type InvoiceFinalized, type InvoiceVoided } from '../../src/invoices/events.ts';
import { addMonths, instant, type Instant } from '../../src/kernel/calendar.ts';

export const january = instant('2024-01-01T00:00:00Z');

/** The first of the month that many months after January 2024. */
export const month = (index: number): Instant => addMonths(january, index);

export const metricCreated = (metricId: string): BillableMetricCreated => ({
  type: 'BillableMetricCreated',
  metricId,
  name: `Metric ${metricId}`,
  aggregation: 'SUM',
  aggregationKey: 'rows',
  eventTypeFilter: { inValues: ['updated'], notInValues: null },
  propertyFilters: [],
  groupKeys: [],
  createdAt: january,
});

export const productCreated = (productId: string): ProductCreated => ({
  type: 'ProductCreated',
  productId,
  name: `Product ${productId}`,
  productType: 'USAGE',
  metricId: 'met_1',
  tags: ['premium'],
  createdAt: january,
});

export const rateCardCreated = (
  rateCardId: string,
  aliases: readonly string[] = [],
): RateCardCreated => ({
  type: 'RateCardCreated',
  rateCardId,
  name: `Card ${rateCardId}`,
  description: null,
  currency: 'USD',
  aliases,
  createdAt: january,
});

export const rate = (
  productId: string,
  unitPrice: string,
  startingAt: Instant,
  endingBefore: Instant | null = null,
): Rate => ({
  productId,
  pricing: { model: 'FLAT', unitPrice },
  entitled: true,
  startingAt,
  endingBefore,
});

export const ratesAdded = (rateCardId: string, ...rates: readonly Rate[]): RatesAdded => ({
  type: 'RatesAdded',
  rateCardId,
  rates,
  requestKey: null,
});

export const customerCreated = (
  customerId: string,
  { name = `Customer ${customerId}`, ingestAliases = [] as readonly string[] } = {},
): CustomerCreated => ({
  type: 'CustomerCreated',
  customerId,
  name,
  ingestAliases,
  billingConfig: null,
  createdAt: january,
});

export const aliasesSet = (customerId: string, ...aliases: string[]): IngestAliasesSet => ({
  type: 'IngestAliasesSet',
  customerId,
  ingestAliases: aliases,
});

export const contractCreated = (
  customerId: string,
  contractId: string,
  startingAt: Instant = january,
): ContractCreated => ({
  type: 'ContractCreated',
  contractId,
  customerId,
  rateCardId: 'crd_1',
  currency: 'USD',
  name: null,
  startingAt,
  endingBefore: null,
  overrides: [],
  scheduledCharges: [],
  statementSchedule: { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' },
  netPaymentTermsDays: null,
  createdAt: january,
});

export const endDateUpdated = (
  contractId: string,
  endingBefore: Instant | null,
): EndDateUpdated => ({
  type: 'EndDateUpdated',
  contractId,
  endingBefore,
  updatedAt: january,
});

/** The USAGE period of a contract that starts that many months after January 2024. */
export type Period = {
  readonly customerId: string;
  readonly contractId: string;
  readonly index: number;
  readonly cut: number;
  readonly invoiceId: string;
};

export const periodClosed = ({ index, ...period }: Period): PeriodClosed => ({
  type: 'PeriodClosed',
  ...period,
  invoiceType: 'USAGE',
  periodStart: month(index),
  periodEnd: month(index + 1),
  lateOnly: false,
  closedAt: month(index + 1),
});

export const periodReopened = ({
  customerId,
  contractId,
  invoiceId,
  index,
}: Period): PeriodReopened => ({
  type: 'PeriodReopened',
  customerId,
  contractId,
  invoiceId,
  reopenedAt: month(index + 2),
});

/** revision: of the PeriodClosed in the contracts' stream. */
export const invoiceFinalized = (
  { index, cut: _cut, ...period }: Period,
  revision: number,
): InvoiceFinalized => ({
  type: 'InvoiceFinalized',
  ...period,
  invoiceType: 'USAGE',
  periodStart: month(index),
  periodEnd: month(index + 1),
  currency: 'USD',
  lines: [],
  total: '0',
  terms: [],
  daysUntilDue: 30,
  issuedAt: month(index + 1),
  closedBy: { stream: contractsStream(period.customerId), revision },
  proof: null,
});

export const invoiceVoided = ({
  customerId,
  contractId,
  invoiceId,
  index,
}: Period): InvoiceVoided => ({
  type: 'InvoiceVoided',
  customerId,
  contractId,
  invoiceId,
  reason: 'wrong price',
  voidedAt: month(index + 2),
});
