import { type Instant } from '../kernel/calendar.ts';
import { type ClaimRevoked } from '../kernel/claim.ts';

export type Aggregation = 'COUNT' | 'SUM' | 'MAX' | 'UNIQUE' | 'LATEST';

/** Which event types a metric sees; null: any. */
export type EventTypeFilter = {
  readonly inValues: readonly string[] | null;
  readonly notInValues: readonly string[] | null;
};

export type PropertyFilter = {
  readonly name: string;
  /** true: must be there; false: must be absent; null: either. */
  readonly exists: boolean | null;
  readonly inValues: readonly string[] | null;
  readonly notInValues: readonly string[] | null;
};

export type Metric = {
  readonly metricId: string;
  readonly name: string;
  readonly aggregation: Aggregation;
  readonly aggregationKey: string | null;
  readonly eventTypeFilter: EventTypeFilter;
  readonly propertyFilters: readonly PropertyFilter[];
  /** Each a simple or compound key of property names, by which usage may be priced or presented. */
  readonly groupKeys: readonly (readonly string[])[];
  readonly createdAt: Instant;
};

export type ProductType = 'USAGE' | 'FIXED' | 'SUBSCRIPTION' | 'COMPOSITE';

export type Product = {
  readonly productId: string;
  readonly name: string;
  readonly productType: ProductType;
  readonly metricId: string | null;
  readonly tags: readonly string[];
  /** The properties that its price may depend on; absent: none. */
  readonly pricingGroupKey?: readonly string[];
  /** The properties by which its usage is rated and listed beside; absent: none. */
  readonly presentationGroupKey?: readonly string[];
  readonly createdAt: Instant;
};

/** The products that a command names, as far as they exist, by id. */
export type KnownProducts = Readonly<Record<string, Product>>;

/** upTo is inclusive; null on the last tier only. */
export type Tier = {
  readonly upTo: string | null;
  readonly unitPrice: string;
  readonly flatFee: string | null;
};

/** What each model is made of; decimals in plain notation. */
export type PricingModels = {
  readonly FLAT: { readonly unitPrice: string };
  readonly GRADUATED: { readonly tiers: readonly Tier[] };
  readonly VOLUME: { readonly tiers: readonly Tier[] };
  readonly PACKAGE: { readonly packageSize: string; readonly packagePrice: string };
  /** The quantity is an amount of money. */
  readonly PERCENTAGE: { readonly rate: string };
};

export type PricingModel = keyof PricingModels;

/** A price. */
export type Pricing = {
  [Model in PricingModel]: PricingModels[Model] & {
    readonly model: Model;
    /** What comes off the quantity first; absent: nothing. */
    readonly freeUnits?: string;
  };
}[PricingModel];

/** The text of the group values that a rate is for, by property. */
export type RateGroupValues = Readonly<Record<string, string>>;

export type Rate = {
  readonly productId: string;
  readonly pricing: Pricing;
  readonly entitled: boolean;
  readonly startingAt: Instant;
  readonly endingBefore: Instant | null;
  /** Only for usage with these values; absent: for all that has no rate of its own. */
  readonly pricingGroupValues?: RateGroupValues;
};

export type RateCard = {
  readonly rateCardId: string;
  readonly name: string;
  readonly description: string | null;
  readonly currency: string;
  readonly aliases: readonly string[];
  readonly createdAt: Instant;
};

export type BillableMetricCreated = { readonly type: 'BillableMetricCreated' } & Metric;
export type ProductCreated = { readonly type: 'ProductCreated' } & Product;
export type RateCardCreated = { readonly type: 'RateCardCreated' } & RateCard;
export type RatesAdded = {
  readonly type: 'RatesAdded';
  readonly rateCardId: string;
  readonly rates: readonly Rate[];
  /**
   * The request that added them, where its sender named it: the same request adds nothing again.
   */
  readonly requestKey: string | null;
};

export type RateCardEvent = RateCardCreated | RatesAdded | ClaimRevoked;
export type CatalogEvent = BillableMetricCreated | ProductCreated | RateCardEvent;

export const metricStream = (metricId: string): string => `billableMetric-${metricId}`;
export const productStream = (productId: string): string => `product-${productId}`;
export const rateCardStream = (rateCardId: string): string => `rateCard-${rateCardId}`;
