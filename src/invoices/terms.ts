import { overlap, type Interval } from '../kernel/calendar.ts';
import { cellsBetween, within } from '../kernel/cells.ts';
import { present } from '../kernel/invariant.ts';
import { type Metric, type Product } from '../catalog/events.ts';
import { type RatesByProduct, type RateSlot } from '../catalog/rates.ts';
import { type Contract } from '../contracts/contract.ts';
import { isDefault, scheduleOver, type SlotSchedule } from '../contracts/rate-schedule.ts';
import { type GroupTerms, type ProductTerms, type Segment } from './events.ts';
import { billAlike } from './groups.ts';
import { claimCells, claims, type Rival } from './rivals.ts';

/** What the catalog said at one position of the log, as far as a customer's contracts need it. */
export type Catalog = {
  /** By rate card. */
  readonly rates: ReadonlyMap<string, RatesByProduct>;
  readonly products: ReadonlyMap<string, Product>;
  readonly metrics: ReadonlyMap<string, Metric>;
};

type Claimed = Interval & { readonly claimed: boolean };

/**
 * How a contract bills each usage product over an interval: only those of which it bills some
 * usage, or leaves some unrated.
 */
export function termsOver(
  contract: Contract,
  rivals: readonly Rival[],
  catalog: Catalog,
  interval: Interval,
): ProductTerms[] {
  const card: RatesByProduct = catalog.rates.get(contract.rateCardId) ?? new Map();
  return [...card].flatMap(([productId, slots]) => {
    const product = present(catalog.products.get(productId), `a rated product: ${productId}`);
    const terms = productTerms(contract, slots, rivals, product, interval);
    if (!concerns(terms)) return [];
    const metric = present(
      catalog.metrics.get(product.metricId ?? ''),
      'a usage product has a metric',
    );
    const { metricId, aggregation } = metric;
    return [{ productId, productName: product.name, metricId, aggregation, ...terms }];
  });
}

function productTerms(
  contract: Contract,
  slots: readonly RateSlot[],
  rivals: readonly Rival[],
  product: Product,
  interval: Interval,
): Pick<ProductTerms, 'segments' | 'groups'> {
  const claimed = claimedOver(rivals, product, interval);
  const schedules = scheduleOver(slots, contract.overrides, product, interval);
  const own = schedules.find(({ values }) => isDefault(values));
  const segments = tiled(own?.stretches ?? [], claimed, interval);
  const by = groupsOf(product);
  if (by.length === 0) return { segments };
  const rates = schedules
    .filter(({ values, stretches }) => !isDefault(values) && stretches.length > 0)
    .map(({ values, stretches }): GroupTerms => ({
      values,
      segments: joined(stretches.flatMap((one) => billed(one, claimed))),
    }));
  return { segments, groups: { by, rates } };
}

/** Whether some usage is billed, or is left unrated. */
const concerns = ({ segments, groups }: Pick<ProductTerms, 'segments' | 'groups'>): boolean =>
  segments.some(({ pricing, unrated }) => pricing !== null || unrated === true) ||
  (groups?.rates.some((rate) => rate.segments.some(({ pricing }) => pricing !== null)) ?? false);

/** The properties whose values are each rated by themselves. */
const groupsOf = ({ pricingGroupKey, presentationGroupKey }: Product): readonly string[] =>
  [...new Set([...(pricingGroupKey ?? []), ...(presentationGroupKey ?? [])])].sort();

/** Who bills the product over the interval: another contract, or this one (billing rule 14). */
function claimedOver(
  rivals: readonly Rival[],
  product: Product,
  interval: Interval,
): readonly Claimed[] {
  const cells = rivals.flatMap((rival) => claimCells(rival, product, interval));
  return cellsBetween(interval, cells).map((cell) => ({
    ...cell,
    claimed: rivals.some((rival) => claims(rival, product, cell.startingAt)),
  }));
}

/** The whole interval, where no rate is in force too. */
function tiled(
  stretches: SlotSchedule['stretches'],
  claimed: readonly Claimed[],
  interval: Interval,
): readonly Segment[] {
  const segments = stretches.flatMap((stretch) => billed(stretch, claimed));
  const gaps: Segment[] = [];
  let at = interval.startingAt;
  for (const { startingAt, endingBefore } of [...segments, endOf(interval)]) {
    if (at < startingAt)
      gaps.push(...unratedOver({ startingAt: at, endingBefore: startingAt }, claimed));
    at = endingBefore;
  }
  const all = [...segments, ...gaps].sort((a, b) => (a.startingAt < b.startingAt ? -1 : 1));
  return joined(all);
}

/** What is billed of a stretch: nothing where the product is not entitled, or another's. */
const billed = (
  stretch: SlotSchedule['stretches'][number],
  claimed: readonly Claimed[],
): Segment[] => {
  const { entitled, pricing, source } = stretch;
  return partsOf(stretch, claimed).map(({ startingAt, endingBefore, claimed: isAnothers }) =>
    entitled && !isAnothers
      ? { startingAt, endingBefore, pricing, source }
      : { startingAt, endingBefore, ...unbilled },
  );
};

const unratedOver = (gap: Interval, claimed: readonly Claimed[]): Segment[] =>
  partsOf(gap, claimed).map(({ startingAt, endingBefore, claimed: isAnothers }) =>
    isAnothers
      ? { startingAt, endingBefore, ...unbilled }
      : { startingAt, endingBefore, ...unbilled, unrated: true },
  );

const unbilled = { pricing: null, source: null } as const;

/** The stretch, cut at the ends of those that are claimed and those that are not. */
function partsOf(stretch: Interval, claimed: readonly Claimed[]): Claimed[] {
  const [only] = claimed;
  if (only !== undefined && claimed.length === 1) {
    const { startingAt, endingBefore } = stretch;
    return [{ startingAt, endingBefore, claimed: only.claimed }];
  }
  return claimed
    .filter((one) => overlap(one, stretch))
    .map((one) => ({ ...within(stretch, one), claimed: one.claimed }));
}

const endOf = ({ endingBefore }: Interval): Interval => ({
  startingAt: endingBefore,
  endingBefore,
});

/** Neighbours that bill alike are one segment (billing rule 15). */
function joined(segments: readonly Segment[]): readonly Segment[] {
  const merged: Segment[] = [];
  for (const segment of segments) {
    const last = merged.at(-1);
    if (last?.endingBefore === segment.startingAt && billAlike(last, segment)) {
      merged[merged.length - 1] = { ...last, endingBefore: segment.endingBefore };
    } else merged.push(segment);
  }
  return merged;
}
