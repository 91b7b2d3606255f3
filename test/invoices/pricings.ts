import fc from 'fast-check';
import { type Pricing, type Tier } from '../../src/catalog/events.ts';
import { printDecimal, reduced, type Decimal } from '../../src/kernel/decimal.ts';
import { prices } from '../support/arbitraries.ts';

/**
 * Any quantity of up to twelve decimals: many near the bounds of tiers, some huge, some negative.
 */
export const quantities: fc.Arbitrary<Decimal> = fc
  .oneof(
    fc.tuple(fc.bigInt({ min: -30n, max: 500n }), fc.nat({ max: 1 })),
    fc.tuple(fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }), fc.nat({ max: 12 })),
  )
  .map(([units, scale]) => reduced(units, scale));

const bounds: fc.Arbitrary<readonly string[]> = fc
  .uniqueArray(fc.integer({ min: 1, max: 400 }), { maxLength: 4 })
  .map((list) =>
    list.sort((a, b) => a - b).map((tenths) => printDecimal(reduced(BigInt(tenths), 1))),
  );

/** Tiers as they may be written: ascending, the last without a bound. */
export const tierLists: fc.Arbitrary<readonly Tier[]> = bounds.chain((upTos) =>
  fc
    .array(fc.tuple(prices, fc.option(prices.filter((fee) => fee !== '0'))), {
      minLength: upTos.length + 1,
      maxLength: upTos.length + 1,
    })
    .map((list) =>
      list.map(([unitPrice, flatFee], index) => ({
        upTo: upTos[index] ?? null,
        unitPrice,
        flatFee,
      })),
    ),
);

const models: fc.Arbitrary<Pricing> = fc.oneof(
  prices.map((unitPrice) => ({ model: 'FLAT' as const, unitPrice })),
  tierLists.map((tiers) => ({ model: 'GRADUATED' as const, tiers })),
  tierLists.map((tiers) => ({ model: 'VOLUME' as const, tiers })),
  fc.tuple(fc.integer({ min: 1, max: 200 }), prices).map(([tenths, packagePrice]) => ({
    model: 'PACKAGE' as const,
    packageSize: printDecimal(reduced(BigInt(tenths), 1)),
    packagePrice,
  })),
  prices.map((rate) => ({ model: 'PERCENTAGE' as const, rate })),
);

/** Any price, with free units or without. */
export const pricings: fc.Arbitrary<Pricing> = fc
  .tuple(models, fc.option(fc.integer({ min: 1, max: 300 })))
  .map(([pricing, tenths]) =>
    tenths === null ? pricing : { ...pricing, freeUnits: printDecimal(reduced(BigInt(tenths), 1)) },
  );
