import {
  add,
  compare,
  decimal,
  equals,
  isNegative,
  isZero,
  multiply,
  printDecimal,
  subtract,
  sum,
  whole,
  zero,
  type Decimal,
} from '../kernel/decimal.ts';
import { present } from '../kernel/invariant.ts';
import { printAmount, roundAmount } from '../kernel/money.ts';
import { type Pricing, type Tier } from '../catalog/events.ts';
import { type Override } from '../contracts/events.ts';
import { type InvoiceLine } from './events.ts';
import { price, started, type PricedLine } from './pricing.ts';

/** A line's figures, and the price that they were computed with. */
export type Reckoned = {
  readonly line: Pick<InvoiceLine, 'quantity' | 'amount' | 'tier'>;
  readonly pricing: Pricing;
  /** What of the contract's overrides set that price. */
  readonly overrides: readonly Pick<Override, 'multiplier'>[];
  readonly currency: string;
};

/** Words for sums and products, and the amount that they end with. */
type Words = { readonly words: string; readonly amount: Decimal };

/** How a line for the usage of its own period came to its amount: "3000 x 0.10 USD = 300.00 USD". */
export function usageArithmetic({ line, pricing, overrides, currency }: Reckoned): string {
  const reckoned = pricedWords(
    pricing,
    { quantity: decimal(line.quantity), tier: line.tier },
    currency,
  );
  return told(reckoned, line, currency, overrides);
}

/** What standing lines have charged before, for the same. */
export type ChargedBefore = {
  readonly lines: number;
  readonly quantity: Decimal;
  readonly amount: Decimal;
};

/**
 * How a line for late usage came to its amount: what its closed period comes to now, less what was
 * charged; instead: why it comes to nothing by itself, in words.
 */
export function lateArithmetic(
  { line, pricing, overrides, currency }: Reckoned,
  charged: ChargedBefore,
  instead: string | null,
): string {
  const quantity = add(decimal(line.quantity), charged.quantity);
  const now = instead === null ? allWords(pricing, quantity, currency) : noWords(instead);
  if (charged.lines === 0) return told(now, line, currency, overrides);
  const amount = subtract(now.amount, charged.amount);
  const before = money(charged.amount, currency);
  const words = `${now.words}, less ${before} charged before = ${money(amount, currency)}`;
  return told({ words, amount }, line, currency, instead === null ? overrides : []);
}

/** Which of a charge's occurrences a line is, from 1, and what all of them come to. */
export type Occurring = { readonly place: number; readonly of: number; readonly sum: Decimal };

/** How a line for a scheduled charge came to its amount. */
export function chargeArithmetic(
  line: Pick<InvoiceLine, 'quantity' | 'unitPrice' | 'amount'>,
  { place, of, sum: together }: Occurring,
  currency: string,
): string {
  const unitPrice = decimal(present(line.unitPrice, 'a charge has a unit price'));
  const quantity = decimal(line.quantity);
  const reckoned = times(printDecimal(quantity), { quantity, unitPrice, fee: zero }, currency);
  const which = `${String(place)} of ${String(of)} charges of ${money(together, currency)} together: `;
  const words = of === 1 ? reckoned.words : `${which}${reckoned.words}`;
  return told({ ...reckoned, words }, line, currency, []);
}

/** Names overrides, and never hides that the line says something else. */
function told(
  { words, amount }: Words,
  line: Pick<InvoiceLine, 'amount'>,
  currency: string,
  overrides: Reckoned['overrides'],
): string {
  const said = decimal(line.amount);
  const result = equals(amount, said)
    ? words
    : `${words}, but the line says ${money(said, currency)}`;
  const changes = overrides.map(({ multiplier }) =>
    multiplier === null ? 'set by an override' : `times ${multiplier} by an override`,
  );
  return changes.length === 0 ? result : `${result} (price ${[...new Set(changes)].join(', ')})`;
}

/** All lines that a quantity comes to, free units off. */
function allWords(pricing: Pricing, billed: Decimal, currency: string): Words {
  const free = decimal(pricing.freeUnits ?? '0');
  const quantity = isNegative(billed) || isZero(billed) ? billed : add(billed, free);
  const parts = price(pricing, quantity, currency).map((line) =>
    pricedWords(pricing, line, currency),
  );
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const amount = sum(parts.map((part) => part.amount));
  const words = parts.map((part) => part.words).join('; ');
  return { words: `${words}; together ${money(amount, currency)}`, amount };
}

const noWords = (words: string): Words => ({ words, amount: zero });

/** One line of a price, as pricing.ts computes it. */
function pricedWords(
  pricing: Pricing,
  { quantity, tier }: Pick<PricedLine, 'quantity' | 'tier'>,
  currency: string,
): Words {
  const free = decimal(pricing.freeUnits ?? '0');
  const units = lessFree(quantity, free, printDecimal);
  switch (pricing.model) {
    case 'FLAT':
      return times(units, { quantity, unitPrice: decimal(pricing.unitPrice), fee: zero }, currency);
    case 'PERCENTAGE': {
      const rate = decimal(pricing.rate);
      const of = lessFree(quantity, free, (amount) => money(amount, currency));
      const left = `${printDecimal(multiply(rate, hundred))} % of ${of}`;
      return equation(left, multiply(quantity, rate), currency);
    }
    case 'PACKAGE': {
      const count = started(quantity, decimal(pricing.packageSize));
      const number = printDecimal(count);
      const packages = `${number} ${number === '1' ? 'package' : 'packages'}`;
      const each = decimal(pricing.packagePrice);
      const left = `${units} in ${packages} of ${printDecimal(decimal(pricing.packageSize))}`;
      return equation(
        `${left}: ${number} x ${money(each, currency)}`,
        multiply(count, each),
        currency,
      );
    }
    case 'GRADUATED': {
      const index = (tier ?? 1) - 1;
      const off = isZero(free) ? '' : `, after ${printDecimal(free)} free`;
      const billed = { quantity, ...tierAt(pricing.tiers, index) };
      return named(
        `${tierWords(pricing.tiers, index)}${off}`,
        times(printDecimal(quantity), billed, currency),
      );
    }
    case 'VOLUME': {
      const index = pricing.tiers.findIndex(
        ({ upTo }) => upTo === null || compare(quantity, decimal(upTo)) <= 0,
      );
      const billed = { quantity, ...tierAt(pricing.tiers, index) };
      return named(tierWords(pricing.tiers, index), times(units, billed, currency));
    }
  }
}

const hundred = whole(100n);

const named = (name: string, { words, amount }: Words): Words => ({
  words: `${name}: ${words}`,
  amount,
});

/** What is left once free units are off; where nothing is, how much there was is not known. */
function lessFree(quantity: Decimal, free: Decimal, print: (units: Decimal) => string): string {
  if (isZero(free) || isNegative(quantity)) return print(quantity);
  if (isZero(quantity)) return `${print(quantity)} (up to ${print(free)} free)`;
  return `(${print(add(quantity, free))} - ${print(free)} free)`;
}

const tierAt = (tiers: readonly Tier[], index: number) => {
  const { unitPrice, flatFee } = present(tiers[index], 'a tier of the price');
  return { unitPrice: decimal(unitPrice), fee: decimal(flatFee ?? '0') };
};

function tierWords(tiers: readonly Tier[], index: number): string {
  const above = index === 0 ? null : (tiers[index - 1]?.upTo ?? null);
  const upTo = tiers[index]?.upTo ?? null;
  const bounds = [
    ...(above === null ? [] : [`above ${printDecimal(decimal(above))}`]),
    ...(upTo === null ? [] : [`up to ${printDecimal(decimal(upTo))}`]),
  ];
  const place = `tier ${String(index + 1)}`;
  return bounds.length === 0 ? place : `${place} (${bounds.join(', ')})`;
}

type Billed = { readonly quantity: Decimal; readonly unitPrice: Decimal; readonly fee: Decimal };

/** So many units at a price; nothing owes no fee. */
function times(units: string, { quantity, unitPrice, fee }: Billed, currency: string): Words {
  const owed = isZero(quantity) ? zero : fee;
  const flat = isZero(owed) ? '' : ` + ${money(owed, currency)} flat`;
  const exact = add(multiply(quantity, unitPrice), owed);
  return equation(`${units} x ${money(unitPrice, currency)}${flat}`, exact, currency);
}

function equation(left: string, exact: Decimal, currency: string): Words {
  const amount = roundAmount(exact, currency);
  const words = `${left} = ${money(exact, currency)}`;
  return equals(exact, amount)
    ? { words, amount }
    : { words: `${words}, rounded to ${money(amount, currency)}`, amount };
}

const money = (amount: Decimal, currency: string): string =>
  `${printAmount(amount, currency)} ${currency}`;
