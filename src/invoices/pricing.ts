import {
  add,
  compare,
  decimal,
  isNegative,
  isZero,
  multiply,
  subtract,
  unitsAt,
  whole,
  zero,
  type Decimal,
} from '../kernel/decimal.ts';
import { present } from '../kernel/invariant.ts';
import { minorDigits, roundAmount } from '../kernel/money.ts';
import { type Pricing, type PricingModels, type Tier } from '../catalog/events.ts';

/**
 * What a quantity costs: the lines that the model gives, each rounded on its own (billing rules 6
 * and 17).
 */
export type PricedLine = {
  readonly quantity: Decimal;
  /** null where the line has no one unit price. */
  readonly unitPrice: Decimal | null;
  readonly amount: Decimal;
  readonly tier: number | null;
};

/** Lines with amounts that are exact, not rounded yet. */
type Model = (quantity: Decimal) => readonly PricedLine[];

/** Prices quantities: what the definition says is read once. */
export function pricer(pricing: Pricing, currency: string): Model {
  const model = modelOf(pricing);
  const freeUnits = decimal(pricing.freeUnits ?? '0');
  const digits = minorDigits(currency);
  return (quantity) =>
    model(isNegative(quantity) ? quantity : lessFree(quantity, freeUnits)).map((line) => ({
      ...line,
      amount: line.amount.scale <= digits ? line.amount : roundAmount(line.amount, currency),
    }));
}

export const price = (
  pricing: Pricing,
  quantity: Decimal,
  currency: string,
): readonly PricedLine[] => pricer(pricing, currency)(quantity);

function modelOf(pricing: Pricing): Model {
  switch (pricing.model) {
    case 'FLAT':
      return perUnit(decimal(pricing.unitPrice));
    case 'PERCENTAGE':
      return perUnit(decimal(pricing.rate));
    case 'GRADUATED':
      return graduated(tiersOf(pricing));
    case 'VOLUME':
      return volume(tiersOf(pricing));
    case 'PACKAGE':
      return packages(decimal(pricing.packageSize), decimal(pricing.packagePrice));
  }
}

/** FLAT and PERCENTAGE: a negative quantity as it is. */
const perUnit =
  (unitPrice: Decimal): Model =>
  (quantity) => [{ quantity, unitPrice, amount: multiply(quantity, unitPrice), tier: null }];

/** A tier from its lower bound, exclusive, to upTo, inclusive. */
type Band = {
  readonly above: Decimal;
  readonly upTo: Decimal | null;
  readonly unitPrice: Decimal;
  readonly flatFee: Decimal;
};

/** GRADUATED: the units in each tier at that tier's price; one line for each tier entered. */
const graduated =
  (bands: readonly Band[]): Model =>
  (quantity) => {
    const billed = notNegative(quantity);
    const entered = bands.filter(({ above }, index) => index === 0 || compare(billed, above) > 0);
    return entered.map(({ above, upTo, unitPrice, flatFee }, index) => {
      const end = upTo === null || compare(billed, upTo) < 0 ? billed : upTo;
      const units = subtract(end, above);
      return {
        quantity: units,
        unitPrice,
        amount: owed(units, unitPrice, flatFee),
        tier: index + 1,
      };
    });
  };

/** VOLUME: all units at the price of the tier that the last of them falls in. */
const volume =
  (bands: readonly Band[]): Model =>
  (quantity) => {
    const billed = notNegative(quantity);
    const band = bands.find(({ upTo }) => upTo === null || compare(billed, upTo) <= 0);
    const { unitPrice, flatFee } = present(band, 'the last tier has no bound');
    return [{ quantity: billed, unitPrice, amount: owed(billed, unitPrice, flatFee), tier: null }];
  };

/** PACKAGE: every package that is started. */
const packages =
  (size: Decimal, packagePrice: Decimal): Model =>
  (quantity) => {
    const billed = notNegative(quantity);
    const amount = multiply(started(billed, size), packagePrice);
    return [{ quantity: billed, unitPrice: null, amount, tier: null }];
  };

/** How many packages of that size the quantity, zero or more, begins. */
export function started(quantity: Decimal, size: Decimal): Decimal {
  const scale = Math.max(quantity.scale, size.scale);
  const units = unitsAt(quantity, scale);
  const each = unitsAt(size, scale);
  return whole((units + each - 1n) / each);
}

/** Nothing owes nothing, flat fees included. */
const owed = (units: Decimal, unitPrice: Decimal, flatFee: Decimal): Decimal =>
  isZero(units) ? zero : add(multiply(units, unitPrice), flatFee);

const notNegative = (quantity: Decimal): Decimal => (isNegative(quantity) ? zero : quantity);

const lessFree = (quantity: Decimal, freeUnits: Decimal): Decimal =>
  isZero(freeUnits) ? quantity : notNegative(subtract(quantity, freeUnits));

function tiersOf({ tiers }: PricingModels['GRADUATED']): readonly Band[] {
  let above = zero;
  return tiers.map(({ upTo, unitPrice, flatFee }: Tier) => {
    const band = {
      above,
      upTo: upTo === null ? null : decimal(upTo),
      unitPrice: decimal(unitPrice),
      flatFee: decimal(flatFee ?? '0'),
    };
    above = band.upTo ?? above;
    return band;
  });
}
