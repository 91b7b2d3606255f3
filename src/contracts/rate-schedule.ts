import { covers, overlap, type Instant, type Interval } from '../kernel/calendar.ts';
import { cellsBetween, within } from '../kernel/cells.ts';
import { decimal } from '../kernel/decimal.ts';
import { type Pricing, type Product, type Rate, type RateGroupValues } from '../catalog/events.ts';
import { multiplied } from '../catalog/pricing.ts';
import { rateInForce, ratesOver, type RateSlot, type RateStretch } from '../catalog/rates.ts';
import { type Override } from './events.ts';

/** What a rate comes to under a contract, after overrides. */
export type RateUnderContract = {
  readonly entitled: boolean;
  readonly pricing: Pricing;
  readonly source: 'RATE_CARD' | 'OVERRIDE';
};

/** A rate in force at an instant, for the group values that it is for. */
export type RateInForce = RateUnderContract & { readonly values: RateGroupValues };

/** What a price is made of: the card's rate, and the override that changes or replaces it. */
export type PriceOrigin = { readonly rate: Rate; readonly override: Override | null };

/** The rates in force over an interval for one set of group values: with a gap where none is. */
export type SlotSchedule = {
  readonly values: RateGroupValues;
  readonly stretches: readonly (Interval & RateUnderContract & PriceOrigin)[];
};

type Priced = Pick<Product, 'productId' | 'tags'>;

/** What overrides say of a product at an instant: null where they say nothing. */
type Change = { readonly entitled: boolean | null; readonly price: Override | null };

const noValues: RateGroupValues = {};

/**
 * What the card and the contract's overrides say of a product at an instant (billing rules 15 and
 * 16), for each set of group values with a rate in force. An overwrite replaces them all by one.
 */
export function ratesUnderContract(
  slots: readonly RateSlot[],
  overrides: readonly Override[],
  product: Priced,
  at: Instant,
): readonly RateInForce[] {
  const change = changeAt(naming(overrides, product), at);
  const inForce = slots.flatMap(({ values, rates }) => {
    const rate = rateInForce(rates, at);
    return rate === undefined ? [] : [{ values, ...changed(rate, change) }];
  });
  const [first] = inForce;
  if (first === undefined || !isOverwrite(change)) return inForce;
  const alike = inForce.every(({ entitled }) => entitled === first.entitled);
  return alike ? [{ ...first, values: noValues }] : inForce;
}

/**
 * The same over an interval, slot by slot. Where an overwrite is in force, usage that no rate is
 * for has the overwrite's price too, like all of the product.
 */
export function scheduleOver(
  slots: readonly RateSlot[],
  overrides: readonly Override[],
  product: Priced,
  interval: Interval,
): readonly SlotSchedule[] {
  const changes = changesOver(naming(overrides, product), interval);
  const schedules = slots.map(({ values, rates }) => ({
    values,
    stretches: ratesOver(rates, interval).flatMap((stretch) => changedOver(stretch, changes)),
  }));
  const overwritten = changes.filter(isOverwrite);
  if (overwritten.length === 0 || schedules.every(({ values }) => isDefault(values))) {
    return schedules;
  }
  return withOverwrites(schedules, overwritten);
}

/** Whether it is for all usage that has no rate of its own. */
export const isDefault = (values: RateGroupValues): boolean => Object.keys(values).length === 0;

/** The instants inside the interval at which what is said of the product may change. */
export function scheduleCells(
  slots: readonly RateSlot[],
  overrides: readonly Override[],
  product: Priced,
  interval: Interval,
): readonly Interval[] {
  const rates = slots.flatMap((slot) => slot.rates);
  return cellsBetween(interval, [...rates, ...naming(overrides, product)]);
}

function withOverwrites(
  schedules: readonly SlotSchedule[],
  overwritten: readonly (Interval & Change)[],
): readonly SlotSchedule[] {
  const known = schedules.find(({ values }) => isDefault(values))?.stretches ?? [];
  const stretches = schedules.flatMap((schedule) => schedule.stretches);
  const added = overwritten.flatMap((interval) =>
    cellsBetween(interval, stretches).flatMap((cell) => {
      if (known.some((one) => covers(one, cell.startingAt))) return [];
      const rates = stretches.filter((one) => covers(one, cell.startingAt));
      const [any] = rates;
      if (any === undefined) return [];
      return [{ ...any, ...cell, entitled: rates.some(({ entitled }) => entitled) }];
    }),
  );
  const all = [...known, ...added].sort((a, b) => (a.startingAt < b.startingAt ? -1 : 1));
  const others = schedules.filter(({ values }) => !isDefault(values));
  return [{ values: noValues, stretches: all }, ...others];
}

/** The overrides that set the product's price at some time in the interval, in its order. */
export const pricingOverrides = (
  overrides: readonly Override[],
  product: Priced,
  interval: Interval,
): readonly Override[] => {
  const changes = changesOver(naming(overrides, product), interval);
  return [...new Set(changes.flatMap(({ price }) => price ?? []))];
};

/** A rate's stretch, cut where overrides change what it says. */
const changedOver = (
  stretch: RateStretch,
  changes: readonly (Interval & Change)[],
): SlotSchedule['stretches'] =>
  changes
    .filter((change) => overlap(change, stretch))
    .map((change) => {
      const { startingAt, endingBefore } = within(stretch, change);
      const { rate } = stretch;
      const { entitled, pricing, source } = changed(rate, change);
      return { startingAt, endingBefore, entitled, pricing, source, rate, override: change.price };
    });

const changesOver = (
  overrides: readonly Override[],
  interval: Interval,
): readonly (Interval & Change)[] => {
  const touching = overrides.filter((override) => overlap(override, interval));
  return cellsBetween(interval, touching).map((cell) => ({
    ...cell,
    ...changeAt(touching, cell.startingAt),
  }));
};

function changeAt(overrides: readonly Override[], at: Instant): Change {
  const inForce = overrides.filter((override) => covers(override, at));
  const entitled = inForce.findLast((override) => override.entitled !== null)?.entitled ?? null;
  return { entitled, price: winningPrice(inForce) ?? null };
}

const changed = (rate: Rate, { entitled, price }: Change): RateUnderContract => ({
  entitled: entitled ?? rate.entitled,
  pricing: price === null ? rate.pricing : overridden(rate.pricing, price),
  source: price === null ? 'RATE_CARD' : 'OVERRIDE',
});

const isOverwrite = ({ price }: Change): boolean => price !== null && price.overwrite !== null;

const naming = (overrides: readonly Override[], product: Priced): readonly Override[] =>
  overrides.filter((override) => names(override, product));

function names({ productIds, productTags }: Override, { productId, tags }: Priced): boolean {
  if (productIds === null && productTags === null) return true;
  if (productIds?.includes(productId) === true) return true;
  return productTags?.some((tag) => tags.includes(tag)) === true;
}

/**
 * Overrides never stack: an overwrite goes before a multiplier, then the lowest priority, then the
 * last listed.
 */
function winningPrice(overrides: readonly Override[]): Override | undefined {
  const priced = overrides.filter((o) => o.overwrite !== null || o.multiplier !== null);
  const overwrites = priced.filter((o) => o.overwrite !== null);
  const candidates = overwrites.length > 0 ? overwrites : priced;
  const rank = ({ priority }: Override): number => priority ?? Number.POSITIVE_INFINITY;
  return candidates.reduce<Override | undefined>(
    (winner, o) => (winner === undefined || rank(o) <= rank(winner) ? o : winner),
    undefined,
  );
}

const overridden = (pricing: Pricing, { overwrite, multiplier }: Override): Pricing =>
  overwrite ?? (multiplier === null ? pricing : multiplied(pricing, decimal(multiplier)));
