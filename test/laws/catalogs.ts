import fc from 'fast-check';
import { type Engine } from '../../src/application/engine.ts';
import { type Aggregation, type Pricing, type Rate } from '../../src/catalog/events.ts';
import { type Override } from '../../src/contracts/events.ts';
import { type ContractInput, type ScheduledChargeInput } from '../../src/contracts/commands.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, contractAsked, done } from '../application/engine.ts';
import { pricings } from '../invoices/pricings.ts';
import { frequencies, statementSchedules } from '../support/arbitraries.ts';
import { month } from './shop.ts';
import { start, type World } from './world.ts';

const aggregations: readonly Aggregation[] = ['COUNT', 'SUM', 'MAX', 'UNIQUE', 'LATEST'];

const rates = fc.record({
  from: fc.constantFrom(-24 * 300, -24 * 300, 0, 24 * 15, 24 * 40 + 5),
  days: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 1 }),
  pricing: pricings,
  entitled: fc.constantFrom(true, true, true, false),
  zone: fc.option(fc.constantFrom('eu', 'us')),
});

const metered = (aggregation: fc.Arbitrary<Aggregation>) =>
  fc.record({
    aggregation,
    priced: fc.boolean(),
    presented: fc.boolean(),
    filtered: fc.boolean(),
    rates: fc.array(rates, { minLength: 1, maxLength: 3 }),
    tagged: fc.boolean(),
  });

const products = fc.tuple(...aggregations.map((aggregation) => metered(fc.constant(aggregation))));

/** A product with a metric of its own that is created later, and what it costs on both cards. */
export const laterProducts = fc.record({
  product: metered(fc.constantFrom(...aggregations)),
  dearer: pricings,
});

/** Five products, one of each aggregation, on two cards with prices of every model. */
export const catalogs = fc.record({
  currency: fc.constantFrom('USD', 'JPY', 'KWD'),
  products,
  dearer: fc.array(pricings, { minLength: aggregations.length, maxLength: aggregations.length }),
});

type Catalog = typeof catalogs extends fc.Arbitrary<infer T> ? T : never;

export type OpenCatalog = { readonly cardIds: readonly string[]; readonly fixedId: string };

export async function openCatalog(
  { engine }: World,
  { currency, products: wanted, dearer }: Catalog,
): Promise<OpenCatalog> {
  const listed: Rate[] = [];
  const other: Rate[] = [];
  for (const [index, product] of wanted.entries()) {
    const [cheap, dear] = await createMetered(engine, product, dearer[index] as Pricing);
    listed.push(...cheap);
    other.push(dear);
  }
  const cardIds: string[] = [];
  for (const some of [listed, other]) {
    const input = { name: 'Card', description: null, currency, aliases: [], rates: some };
    const card = engine.createRateCard({ input, idempotencyKey: null }, caller);
    cardIds.push((await done(card)).rateCardId);
  }
  return { cardIds, fixedId: await createProduct(engine, 'Support', null, {}) };
}

async function createProduct(
  engine: Engine,
  name: string,
  metricId: string | null,
  product: object,
): Promise<string> {
  const type = metricId === null ? ('FIXED' as const) : ('USAGE' as const);
  const keys = { pricingGroupKey: null, presentationGroupKey: null, tags: [] };
  const input = { name, type, billableMetricId: metricId, ...keys, ...product };
  const created = engine.createProduct({ input, idempotencyKey: null }, caller);
  return (await done(created)).productId;
}

type Metered = Catalog['products'][number];

/** The product's rates on the one card, and its rate on the other. */
async function createMetered(
  engine: Engine,
  { aggregation, priced, presented, filtered, tagged, rates: wanted }: Metered,
  pricing: Pricing,
): Promise<readonly [readonly Rate[], Rate]> {
  const input = {
    name: aggregation,
    aggregation,
    aggregationKey: aggregation === 'COUNT' ? null : 'n',
    eventTypeFilter: { inValues: ['used'], notInValues: null },
    propertyFilters: filtered
      ? [{ name: 'zone', exists: null, inValues: null, notInValues: ['none'] }]
      : [],
    groupKeys: [['zone'], ['team']],
  };
  const made = engine.createBillableMetric({ input, idempotencyKey: null }, caller);
  const productId = await createProduct(engine, aggregation, (await done(made)).metricId, {
    tags: tagged ? ['tagged'] : [],
    pricingGroupKey: priced ? ['zone'] : null,
    presentationGroupKey: presented ? ['team'] : null,
  });
  const dear = { productId, pricing, entitled: true, startingAt: month(-9), endingBefore: null };
  return [wanted.map((rate) => rateOf(productId, rate, priced)), dear];
}

/** Puts another product on both cards, with a metric of its own. */
export async function addProduct(
  { engine }: World,
  { cardIds }: OpenCatalog,
  { product, dearer }: typeof laterProducts extends fc.Arbitrary<infer T> ? T : never,
): Promise<void> {
  const [listed, other] = await createMetered(engine, product, dearer);
  for (const [index, rates] of [listed, [other]].entries()) {
    const input = { rateCardId: cardIds[index] ?? '', rates };
    await done(engine.addRates({ input, idempotencyKey: null }, caller));
  }
}

type Wanted = typeof rates extends fc.Arbitrary<infer T> ? T : never;

const rateOf = (
  productId: string,
  { from, days, pricing, entitled, zone }: Wanted,
  priced: boolean,
): Rate => ({
  productId,
  pricing,
  entitled,
  startingAt: addHours(start, from),
  endingBefore: days === null ? null : addHours(start, from + days * 24),
  ...(priced && zone !== null ? { pricingGroupValues: { zone } } : {}),
});

const override = fc
  .record({
    from: fc.nat({ max: 50 }),
    tagged: fc.boolean(),
    change: fc.oneof(
      fc.constantFrom('0.5', '1.25').map((multiplier) => ({ multiplier })),
      pricings.map((overwrite) => ({ overwrite })),
      fc.constant({ entitled: false }),
    ),
    priority: fc.option(fc.nat({ max: 3 })),
  })
  .map(({ from, tagged, change, priority }): Override => ({
    productIds: null,
    productTags: tagged ? ['tagged'] : null,
    entitled: null,
    multiplier: null,
    overwrite: null,
    priority,
    startingAt: addHours(start, from * 24),
    endingBefore: null,
    ...change,
  }));

/** What a customer may agree to, over a card and from an instant on. */
export const terms = fc.record({
  card: fc.nat({ max: 1 }),
  day: fc.constantFrom(0, 0, 3, 14, 31),
  runs: fc.option(fc.integer({ min: 10, max: 200 }), { freq: 1 }),
  schedule: fc.option(statementSchedules),
  overrides: fc.array(override, { maxLength: 2 }),
  charge: fc.option(fc.tuple(frequencies, fc.integer({ min: 1, max: 9000 }))),
  netDays: fc.option(fc.nat({ max: 60 })),
});

export type Terms = typeof terms extends fc.Arbitrary<infer T> ? T : never;

export function contractOf(
  { cardIds, fixedId }: OpenCatalog,
  customerId: string,
  { card, day, runs, schedule, overrides, charge, netDays }: Terms,
): ContractInput {
  const startingAt = addHours(start, day * 24);
  const ends = addHours(start, (day + (runs ?? 90)) * 24);
  const charges: ScheduledChargeInput[] =
    charge === null
      ? []
      : [
          {
            productId: fixedId,
            name: null,
            recurringSchedule: {
              startingAt,
              endingBefore: ends,
              frequency: charge[0],
              amount: String(charge[1]),
              unitPrice: null,
              quantity: null,
              amountDistribution: 'DIVIDED',
            },
            scheduleItems: null,
          },
        ];
  return contractAsked(customerId, cardIds[card] ?? '', {
    startingAt,
    endingBefore: runs === null ? null : ends,
    statementSchedule: schedule,
    overrides,
    scheduledCharges: charges,
    netPaymentTermsDays: netDays,
  });
}
