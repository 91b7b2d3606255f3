import { type Instant } from '../kernel/calendar.ts';
import {
  type Aggregation,
  type EventTypeFilter,
  type KnownProducts,
  type Metric,
  type ProductType,
  type PropertyFilter,
  type Rate,
} from './events.ts';

/** What callers ask for; the application adds the id, the time and the facts of other streams. */
export type BillableMetricInput = {
  readonly name: string;
  readonly aggregation: Aggregation;
  readonly aggregationKey: string | null;
  readonly eventTypeFilter: EventTypeFilter;
  readonly propertyFilters: readonly PropertyFilter[];
  readonly groupKeys: readonly (readonly string[])[] | null;
};

export type ProductInput = {
  readonly name: string;
  readonly type: ProductType;
  readonly billableMetricId: string | null;
  readonly tags: readonly string[];
  readonly pricingGroupKey: readonly string[] | null;
  readonly presentationGroupKey: readonly string[] | null;
};

export type RateCardInput = {
  readonly name: string;
  readonly description: string | null;
  readonly currency: string;
  readonly aliases: readonly string[];
  readonly rates: readonly Rate[];
};

export type RatesInput = { readonly rateCardId: string; readonly rates: readonly Rate[] };

export type CreateBillableMetric = {
  readonly type: 'CreateBillableMetric';
  readonly metricId: string;
  readonly input: BillableMetricInput;
  readonly now: Instant;
};

export type CreateProduct = {
  readonly type: 'CreateProduct';
  readonly productId: string;
  readonly input: ProductInput;
  /** The metric named, if there is one. */
  readonly metric: Metric | null;
  readonly now: Instant;
};

export type CreateRateCard = {
  readonly type: 'CreateRateCard';
  readonly rateCardId: string;
  readonly input: RateCardInput;
  readonly products: KnownProducts;
  readonly now: Instant;
};

export type AddRates = {
  readonly type: 'AddRates';
  readonly rateCardId: string;
  readonly rates: readonly Rate[];
  readonly requestKey: string | null;
  readonly products: KnownProducts;
};

export type RateCardCommand = CreateRateCard | AddRates;
