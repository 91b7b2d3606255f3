import { covers, type Instant, type Interval } from '../kernel/calendar.ts';
import { decimal, equals } from '../kernel/decimal.ts';
import { present } from '../kernel/invariant.ts';
import { type Metric, type Pricing, type Product, type Rate } from '../catalog/events.ts';
import { rateChanges, rateInForce } from '../catalog/rates.ts';
import { type Contract } from '../contracts/contract.ts';
import { rateScheduleChanges, rateUnderContract } from '../contracts/rate-schedule.ts';
import { type ProductTerms, type Segment } from './events.ts';

/** What the catalog said at one position of the log, as far as a customer's contracts need it. */
export type Catalog = {
  /** By rate card, in order added. */
  readonly rates: ReadonlyMap<string, readonly Rate[]>;
  readonly products: ReadonlyMap<string, Product>;
  readonly metrics: ReadonlyMap<string, Metric>;
};

/**
 * How a contract bills each usage product over an interval: only those that it bills some of the
 * time.
 */
export function termsOver(
  contract: Contract,
  createdBefore: readonly Contract[],
  catalog: Catalog,
  interval: Interval,
): ProductTerms[] {
  const rates = catalog.rates.get(contract.rateCardId) ?? [];
  return [...new Set(rates.map((rate) => rate.productId))].flatMap((productId) => {
    const product = present(catalog.products.get(productId), `a rated product: ${productId}`);
    const earlier = createdBefore.filter((other) => other.customerId === contract.customerId);
    const segments = segmentsOf(contract, earlier, product, catalog, interval);
    if (segments.every((segment) => segment.pricing === null)) return [];
    const metric = present(
      catalog.metrics.get(product.metricId ?? ''),
      'a usage product has a metric',
    );
    const { metricId, aggregation } = metric;
    return [{ productId, productName: product.name, metricId, aggregation, segments }];
  });
}

/**
 * The interval cut where the product's price changes (billing rule 15); neighbours of equal price
 * are one.
 */
function segmentsOf(
  contract: Contract,
  earlier: readonly Contract[],
  product: Product,
  catalog: Catalog,
  interval: Interval,
): Segment[] {
  const rates = catalog.rates.get(contract.rateCardId) ?? [];
  const changes = new Set([
    ...rateScheduleChanges(rates, contract.overrides, product, interval),
    ...earlier.flatMap((other) => claimChanges(other, product, catalog, interval)),
  ]);
  const edges = [interval.startingAt, ...[...changes].sort(), interval.endingBefore];
  const segments: Segment[] = [];
  for (const [index, startingAt] of edges.slice(0, -1).entries()) {
    const endingBefore = present(edges[index + 1], 'every start has an end');
    const { entitled, pricing, source } = rateUnderContract(
      rates,
      contract.overrides,
      product,
      startingAt,
    );
    const billed =
      entitled && !earlier.some((other) => claims(other, product, catalog, startingAt));
    const last = segments.at(-1);
    if (last !== undefined && samePricing(last.pricing, billed ? pricing : null)) {
      segments[segments.length - 1] = { ...last, endingBefore };
    } else {
      segments.push(
        billed && pricing !== null
          ? { startingAt, endingBefore, pricing, source }
          : { startingAt, endingBefore, pricing: null, source: null },
      );
    }
  }
  return segments;
}

/** A product that two contracts rate is billed by the one created first (billing rule 14). */
const claims = (other: Contract, product: Product, catalog: Catalog, at: Instant): boolean =>
  covers(other, at) &&
  rateInForce(catalog.rates.get(other.rateCardId) ?? [], product.productId, at) !== undefined;

const claimChanges = (
  other: Contract,
  product: Product,
  catalog: Catalog,
  interval: Interval,
): Instant[] => [
  ...rateChanges(catalog.rates.get(other.rateCardId) ?? [], product.productId, interval),
  ...[other.startingAt, other.endingBefore]
    .filter((at) => at !== null)
    .filter((at) => interval.startingAt < at && at < interval.endingBefore),
];

const samePricing = (a: Pricing | null, b: Pricing | null): boolean =>
  a === null || b === null ? a === b : equals(decimal(a.unitPrice), decimal(b.unitPrice));
