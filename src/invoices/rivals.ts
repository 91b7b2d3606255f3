import { covers, type Instant, type Interval } from '../kernel/calendar.ts';
import { cellsBetween } from '../kernel/cells.ts';
import { type Product } from '../catalog/events.ts';
import { type RatesByProduct } from '../catalog/rates.ts';
import { type Contract } from '../contracts/contract.ts';
import { ratesUnderContract, scheduleCells } from '../contracts/rate-schedule.ts';
import { type ProductTerms } from './events.ts';
import { allSegments } from './groups.ts';

/** A closed period of another contract: what it was billed by, and the rates of its card then. */
export type SettledPeriod = {
  readonly period: Interval;
  readonly terms: readonly ProductTerms[];
  readonly rates: RatesByProduct;
};

/** Another contract of the same customer that may bill the same usage. */
export type Rival = {
  readonly contract: Contract;
  /** Whether it was created before the contract at hand. */
  readonly isEarlier: boolean;
  /** What its card says now. */
  readonly rates: RatesByProduct;
  readonly settled: readonly SettledPeriod[];
};

type Priced = Pick<Product, 'productId' | 'tags'>;

/**
 * Whether the rival bills the product at the instant (billing rule 14): of two contracts that rate
 * it, the one created first, entitled or not. What a closed period was billed by stays decided: a
 * rate that a card gains later takes nothing from it and adds nothing to it (billing rule 24), and
 * what it left to another contract is not its own when that one's invoice is voided.
 */
export function claims(rival: Rival, product: Priced, at: Instant): boolean {
  const settled = rival.settled.find(({ period }) => covers(period, at));
  if (settled !== undefined && isPriced(settled, product, at)) return true;
  if (!rival.isEarlier || !covers(rival.contract, at)) return false;
  const slots = (settled?.rates ?? rival.rates).get(product.productId) ?? [];
  const rates = ratesUnderContract(slots, rival.contract.overrides, product, at);
  return rates.length > 0 && (settled === undefined || !rates.some(({ entitled }) => entitled));
}

/** The stretches, of those inside the interval, over which that does not change. */
export function claimCells(rival: Rival, product: Priced, interval: Interval): Interval[] {
  const { contract, settled } = rival;
  const segments = settled.flatMap(({ terms }) => terms.filter(isOf(product)).flatMap(allSegments));
  const schedules = [rival, ...settled].flatMap(({ rates }) =>
    scheduleCells(rates.get(product.productId) ?? [], contract.overrides, product, interval),
  );
  return cellsBetween(interval, [
    contract,
    ...settled.map(({ period }) => period),
    ...segments,
    ...schedules,
  ]);
}

const isOf =
  ({ productId }: Pick<Product, 'productId'>) =>
  (terms: ProductTerms): boolean =>
    terms.productId === productId;

const isPriced = ({ terms }: SettledPeriod, product: Priced, at: Instant): boolean =>
  terms
    .filter(isOf(product))
    .flatMap(allSegments)
    .some((segment) => segment.pricing !== null && covers(segment, at));
