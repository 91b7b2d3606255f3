import { type Interval } from '../kernel/calendar.ts';
import { decimal, equals } from '../kernel/decimal.ts';
import { present } from '../kernel/invariant.ts';
import { type Metric, type Pricing, type Product, type Rate } from '../catalog/events.ts';
import { type Contract } from '../contracts/contract.ts';
import { rateScheduleChanges, rateUnderContract } from '../contracts/rate-schedule.ts';
import { type ProductTerms, type Segment } from './events.ts';
import { claimChanges, claims, type Rival } from './rivals.ts';

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
  rivals: readonly Rival[],
  catalog: Catalog,
  interval: Interval,
): ProductTerms[] {
  const rates = catalog.rates.get(contract.rateCardId) ?? [];
  return [...new Set(rates.map((rate) => rate.productId))].flatMap((productId) => {
    const product = present(catalog.products.get(productId), `a rated product: ${productId}`);
    const segments = segmentsOf(contract, rates, rivals, product, interval);
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
  rates: readonly Rate[],
  rivals: readonly Rival[],
  product: Product,
  interval: Interval,
): Segment[] {
  const changes = new Set([
    ...rateScheduleChanges(rates, contract.overrides, product, interval),
    ...rivals.flatMap((rival) => claimChanges(rival, product, interval)),
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
    const billed = entitled && !rivals.some((rival) => claims(rival, product, startingAt));
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

const samePricing = (a: Pricing | null, b: Pricing | null): boolean =>
  a === null || b === null ? a === b : equals(decimal(a.unitPrice), decimal(b.unitPrice));
