import { type Product, type Rate } from '../../src/catalog/events.ts';
import { type Override } from '../../src/contracts/events.ts';
import { rate as ratePeriod } from '../../src/invoices/rating.ts';
import { termsOver } from '../../src/invoices/terms.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { present } from '../../src/kernel/invariant.ts';
import { groupKeyFrom, type GroupValues, type MeterReading } from '../../src/usage/groups.ts';
import { type Tally } from '../../src/usage/metering.ts';
import { catalog, contract, flat, january, rate, wholeMonth } from './given.ts';

export const override = (change: Partial<Override>): Override => ({
  ...{ startingAt: january, endingBefore: null, productIds: null, productTags: null },
  ...{ entitled: null, multiplier: null, overwrite: null, priority: null },
  ...change,
});

/** "rows" with keys: their price depends on region and tier, and they are listed by room beside. */
export const termsOf = (
  rates: readonly Rate[],
  overrides: readonly Override[] = [],
  keys: Partial<Product> = {
    pricingGroupKey: ['region', 'tier'],
    presentationGroupKey: ['room'],
  },
  interval = wholeMonth,
) => {
  const known = catalog(rates);
  const rows = { ...present(known.products.get('rows'), 'rows are known'), ...keys };
  const products = new Map([...known.products, ['rows', rows]]);
  return termsOver(contract({ overrides }), [], { ...known, products }, interval);
};
export const at = (
  unitPrice: string,
  values: Record<string, string> | null,
  change: Partial<Rate> = {},
) =>
  rate('rows', {
    pricing: flat(unitPrice),
    ...(values !== null && { pricingGroupValues: values }),
    ...change,
  });
export const readingOf = (
  usage: readonly (readonly [GroupValues, ...(Tally | null)[]])[],
): MeterReading =>
  new Map(usage.map(([values, ...tallies]) => [groupKeyFrom(values), tallies] as const));
export const inRoom = (region: string | null, tier: string | null, room: string | null = null) => ({
  region,
  tier,
  room,
});
export const priced = (
  terms: ReturnType<typeof termsOf>,
  reading: MeterReading,
): readonly string[] =>
  ratePeriod(terms, [reading], 'USD').flatMap(({ groupValues, segment, lines }) =>
    lines.map((line) =>
      [
        Object.values(groupValues ?? {}).join('/'),
        segment.startingAt.slice(5, 10),
        `${printDecimal(line.quantity)} = ${printDecimal(line.amount)}`,
      ].join(' '),
    ),
  );
