import fc from 'fast-check';
import { type KnownProducts } from '../../src/catalog/events.ts';
import { type Product, type Rate, type RateCard } from '../../src/catalog/events.ts';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { hoursFrom } from '../support/arbitraries.ts';

export const now = instant('2024-01-01T00:00:00Z');

export const card: RateCard = {
  rateCardId: 'crd_1',
  name: 'Standard',
  description: null,
  currency: 'USD',
  aliases: [],
  createdAt: now,
};

const product = (productId: string, changes: Partial<Product> = {}): Product => ({
  productId,
  name: productId,
  productType: 'USAGE',
  metricId: 'met_1',
  tags: [],
  createdAt: now,
  ...changes,
});

export const known: KnownProducts = {
  prd_a: product('prd_a'),
  prd_b: product('prd_b'),
  prd_fixed: product('prd_fixed', { productType: 'FIXED', metricId: null }),
};

export const rate = (changes: Partial<Rate> = {}): Rate => ({
  productId: 'prd_a',
  pricing: { model: 'FLAT', unitPrice: '0.1' },
  entitled: true,
  startingAt: now,
  endingBefore: null,
  ...changes,
});

/** The hours of which arbitrary rates cover some. */
export const clockHours: readonly Instant[] = Array.from({ length: 10 }, (_, hour) =>
  addHours(now, hour),
);

/**
 * Rates of two products within a few hours and with few prices: they tie, nest, repeat and end on
 * one another.
 */
export const rates: fc.Arbitrary<Rate> = fc
  .record({
    productId: fc.constantFrom('prd_a', 'prd_b'),
    unitPrice: fc.constantFrom('0.1', '0.2'),
    startingAt: hoursFrom(now, 5),
    hours: fc.option(fc.integer({ min: 1, max: 4 })),
  })
  .map(({ productId, unitPrice, startingAt, hours }) =>
    rate({
      productId,
      pricing: { model: 'FLAT', unitPrice },
      startingAt,
      endingBefore: hours === null ? null : addHours(startingAt, hours),
    }),
  );
