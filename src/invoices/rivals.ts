import { covers, type Instant, type Interval } from '../kernel/calendar.ts';
import { type Product, type Rate } from '../catalog/events.ts';
import { type Contract } from '../contracts/contract.ts';
import { rateScheduleChanges, rateUnderContract } from '../contracts/rate-schedule.ts';
import { type ProductTerms } from './events.ts';

/** A closed period of another contract: what it was billed by, and the rates of its card then. */
export type SettledPeriod = {
  readonly period: Interval;
  readonly terms: readonly ProductTerms[];
  readonly rates: readonly Rate[];
};

/** Another contract of the same customer that may bill the same usage. */
export type Rival = {
  readonly contract: Contract;
  /** Whether it was created before the contract at hand. */
  readonly isEarlier: boolean;
  /** What its card says now. */
  readonly rates: readonly Rate[];
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
  if (settled !== undefined && isPriced(settled, product.productId, at)) return true;
  if (!rival.isEarlier || !covers(rival.contract, at)) return false;
  const rates = settled?.rates ?? rival.rates;
  const rate = rateUnderContract(rates, rival.contract.overrides, product, at);
  return rate.pricing !== null && (settled === undefined || !rate.entitled);
}

/** The instants inside the interval at which that may change. */
export function claimChanges(rival: Rival, product: Priced, interval: Interval): Instant[] {
  const { contract, settled } = rival;
  const segments = settled.flatMap(({ terms }) =>
    terms.filter((of) => of.productId === product.productId).flatMap((of) => of.segments),
  );
  const edges = [contract, ...settled.map(({ period }) => period), ...segments]
    .flatMap(({ startingAt, endingBefore }) => [startingAt, endingBefore])
    .filter((at) => at !== null)
    .filter((at) => interval.startingAt < at && at < interval.endingBefore);
  const rates = [rival.rates, ...settled.map((one) => one.rates)];
  return [
    ...edges,
    ...rates.flatMap((one) => rateScheduleChanges(one, contract.overrides, product, interval)),
  ];
}

const isPriced = ({ terms }: SettledPeriod, productId: string, at: Instant): boolean =>
  terms.some(
    (of) =>
      of.productId === productId &&
      of.segments.some((segment) => segment.pricing !== null && covers(segment, at)),
  );
