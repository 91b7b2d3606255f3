import {
  type Aggregation,
  type Metric,
  type Product,
  type Rate,
} from '../../src/catalog/events.ts';
import { ratesByProduct } from '../../src/catalog/rates.ts';
import { type Contract } from '../../src/contracts/contract.ts';
import { contracts } from '../../src/contracts/decider.ts';
import {
  type ContractCreated,
  type ContractEvent,
  type PeriodClosed,
} from '../../src/contracts/events.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { openUsagePeriods, type BillingPeriod } from '../../src/contracts/periods.ts';
import { addMonths, instant, type Instant, type Interval } from '../../src/kernel/calendar.ts';
import { decimal } from '../../src/kernel/decimal.ts';
import { fold } from '../../src/kernel/decider.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type InvoiceLine, type ProductTerms, type Segment } from '../../src/invoices/events.ts';
import { type Catalog } from '../../src/invoices/terms.ts';
import { type MeterReading } from '../../src/usage/groups.ts';
import { type Tally } from '../../src/usage/metering.ts';

export const at = instant;
export const january = at('2025-01-01T00:00:00Z');
export const month = (index: number): Instant => addMonths(january, index);
/** The start of that day of January 2025. */
export const day = (of: number): Instant => at(`2025-01-${String(of).padStart(2, '0')}T00:00:00Z`);
export const wholeMonth: Interval = { startingAt: january, endingBefore: month(1) };

export const contractId = `con_${'a'.repeat(32)}`;
export const customerId = 'cus_1';
const createdAt = at('2024-12-01T00:00:00Z');

export const flat = (unitPrice: string) => ({ model: 'FLAT' as const, unitPrice });

export const contractCreated = (change: Partial<ContractCreated> = {}): ContractCreated => ({
  type: 'ContractCreated',
  contractId,
  customerId,
  rateCardId: 'card',
  currency: 'USD',
  name: null,
  startingAt: january,
  endingBefore: null,
  overrides: [],
  scheduledCharges: [],
  statementSchedule: { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' },
  netPaymentTermsDays: null,
  createdAt,
  ...change,
});

export const contract = (
  change: Partial<ContractCreated> = {},
  ...more: readonly ContractEvent[]
): Contract =>
  present(fold(contracts, [contractCreated(change), ...more]).contracts[0], 'it was created');

/** The first open USAGE period. */
export const firstOpen = (of: Contract): BillingPeriod => {
  for (const period of openUsagePeriods(of)) return period;
  throw new Error('there is none');
};

export const usageId = (periodStart: Instant, generation = 0): string =>
  invoiceIdOf(contractId, 'USAGE', periodStart, generation);

export const closed = (index: number, cut: number, change: Partial<PeriodClosed> = {}) => ({
  type: 'PeriodClosed' as const,
  customerId,
  contractId,
  invoiceId: usageId(month(index)),
  invoiceType: 'USAGE' as const,
  periodStart: month(index),
  periodEnd: month(index + 1),
  lateOnly: false,
  cut,
  closedAt: month(index + 1),
  ...change,
});

export const reopened = (invoiceId: string, reopenedAt: Instant) => ({
  type: 'PeriodReopened' as const,
  customerId,
  contractId,
  invoiceId,
  reopenedAt,
});

export const ended = (endingBefore: Instant | null) => ({
  type: 'EndDateUpdated' as const,
  contractId,
  endingBefore,
  updatedAt: january,
});

export const rate = (productId: string, change: Partial<Rate> = {}): Rate => ({
  productId,
  pricing: flat('0.1'),
  entitled: true,
  startingAt: month(-12),
  endingBefore: null,
  ...change,
});

const product = (productId: string, tags: readonly string[]): Product => ({
  productId,
  name: `Product ${productId}`,
  productType: 'USAGE',
  metricId: `met_${productId}`,
  tags,
  createdAt,
});

const metric = (productId: string, aggregation: Aggregation): Metric => ({
  metricId: `met_${productId}`,
  name: productId,
  aggregation,
  aggregationKey: aggregation === 'COUNT' ? null : 'n',
  eventTypeFilter: { inValues: [productId], notInValues: null },
  propertyFilters: [],
  groupKeys: [],
  createdAt,
});

/** Emails are counted, rows summed; rooms, premium, are counted once each. */
export const catalog = (...cards: readonly (readonly Rate[])[]): Catalog => ({
  rates: new Map(
    cards.map((rates, index) => [
      index === 0 ? 'card' : `card${String(index)}`,
      ratesByProduct(rates),
    ]),
  ),
  products: new Map(
    [product('emails', []), product('rows', []), product('rooms', ['premium'])].map((one) => [
      one.productId,
      one,
    ]),
  ),
  metrics: new Map(
    [metric('emails', 'COUNT'), metric('rows', 'SUM'), metric('rooms', 'UNIQUE')].map((one) => [
      one.metricId,
      one,
    ]),
  ),
});

export const segment = (
  startingAt: Instant,
  endingBefore: Instant,
  unitPrice: string | null,
): Segment => ({
  startingAt,
  endingBefore,
  pricing: unitPrice === null ? null : flat(unitPrice),
  source: unitPrice === null ? null : 'RATE_CARD',
});

export const terms = (
  aggregation: Aggregation,
  segments: readonly Segment[] = [segment(january, month(1), '0.1')],
  productId = 'emails',
): ProductTerms => ({
  productId,
  productName: `Product ${productId}`,
  metricId: `met_${productId}`,
  aggregation,
  segments,
});

export const total = (quantity: string): Tally => ({
  aggregation: 'SUM',
  total: decimal(quantity),
});

/** What was counted of usage that is rated as one, cell by cell. */
export const reading = (...tallies: readonly (Tally | null)[]): MeterReading =>
  new Map([['', tallies]]);

export const line = (change: Partial<InvoiceLine> = {}): InvoiceLine => ({
  lineId: 'lin_1',
  type: 'USAGE',
  productId: 'emails',
  name: 'Product emails',
  startingAt: january,
  endingBefore: month(1),
  period: wholeMonth,
  segmentStart: january,
  quantity: '10',
  unitPrice: '0.1',
  amount: '1',
  tier: null,
  groupValues: null,
  ...change,
});
