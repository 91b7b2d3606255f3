import { describe, it } from 'vitest';
import { metrics, products, rateCards } from '../../src/catalog/decider.ts';
import { type Metric, type Rate, type RateCardEvent } from '../../src/catalog/events.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { given } from '../support/given-when-then.ts';
import { card, known, now, rate } from './rates.ts';

const metric: Metric = {
  metricId: 'met_1',
  name: 'Calls',
  aggregation: 'COUNT',
  aggregationKey: null,
  eventTypeFilter: { inValues: null, notInValues: null },
  propertyFilters: [],
  groupKeys: [['region', 'tier'], ['model']],
  createdAt: now,
};
const { metricId, createdAt, ...asked } = metric;
const createMetric = (groupKeys: Metric['groupKeys'] | null) => ({
  type: 'CreateBillableMetric' as const,
  metricId,
  input: { ...asked, groupKeys },
  now: createdAt,
});

describe('the group keys of a metric', () => {
  it('are kept as they were sent', () => {
    given(metrics)
      .when(createMetric(metric.groupKeys))
      .then({ type: 'BillableMetricCreated', ...metric });
    given(metrics)
      .when(createMetric(null))
      .then({ type: 'BillableMetricCreated', ...metric, groupKeys: [] });
  });

  it.each([
    ['an empty key', [['region'], []], 'group_key_empty', [1]],
    ['an empty name', [['region', '']], 'group_key_empty', [0, 1]],
    ['a name too long', [['r'.repeat(129)]], 'group_key_too_long', [0, 0]],
    ['a name twice in one key', [['tier', 'region', 'tier']], 'group_key_repeats', [0, 2]],
  ])('have no %s', (_what, groupKeys, reason, field) => {
    given(metrics)
      .when(createMetric(groupKeys))
      .thenRefused(reason, ['groupKeys', ...field]);
  });
});

describe('the group keys of a product', () => {
  const input = {
    name: 'Calls',
    type: 'USAGE' as const,
    billableMetricId: 'met_1',
    tags: [],
    pricingGroupKey: null,
    presentationGroupKey: null,
  };
  const create = (change: object, found: Metric | null = metric) => ({
    type: 'CreateProduct' as const,
    productId: 'prd_1',
    input: { ...input, ...change },
    metric: found,
    now,
  });
  const created = {
    type: 'ProductCreated' as const,
    productId: 'prd_1',
    name: 'Calls',
    productType: 'USAGE' as const,
    metricId: 'met_1',
    tags: [],
    createdAt: now,
  };

  it('are properties that its metric is grouped by', () => {
    const keys = { pricingGroupKey: ['region'], presentationGroupKey: ['model', 'tier'] };
    given(products)
      .when(create(keys))
      .then({ ...created, ...keys });
    given(products).when(create({})).then(created);
  });

  it.each(['pricingGroupKey', 'presentationGroupKey'])('are refused in %s', (field) => {
    given(products)
      .when(create({ [field]: ['region', 'country'] }))
      .thenRefused('group_key_not_of_metric', [field, 1]);
    given(products)
      .when(create({ [field]: ['region', 'region'] }))
      .thenRefused('group_key_repeats', [field, 1]);
    given(products)
      .when(create({ type: 'FIXED', billableMetricId: null, [field]: ['region'] }, null))
      .thenRefused('group_key_forbidden', [field]);
  });
});

describe('the group values of a rate', () => {
  const grouped = {
    ...known,
    prd_a: { ...known['prd_a'], pricingGroupKey: ['region', 'tier', 'model'] },
  } as typeof known;
  const created: RateCardEvent = { type: 'RateCardCreated', ...card };
  const added = (...rates: readonly Rate[]): RateCardEvent => ({
    type: 'RatesAdded',
    rateCardId: 'crd_1',
    rates,
    requestKey: null,
  });
  const add = (...rates: readonly Rate[]) => ({
    type: 'AddRates' as const,
    rateCardId: 'crd_1',
    rates,
    requestKey: null,
    products: grouped,
  });
  const of = (pricingGroupValues: Record<string, string>, change: Partial<Rate> = {}): Rate =>
    rate({ pricingGroupValues, ...change });
  const eu = of({ region: 'eu' });
  const gold = of({ tier: 'gold' });

  it("are of properties in the product's pricing group key", () => {
    given(rateCards, [created]).when(add(eu)).then(added(eu));
    given(rateCards, [created])
      .when(add(eu, of({ region: 'eu', country: 'de' })))
      .thenRefused('group_value_not_of_product', ['rates', 1, 'pricingGroupValues', 'country']);
    given(rateCards, [created])
      .when(add(of({ region: 'eu' }, { productId: 'prd_b' })))
      .thenRefused('group_value_not_of_product', ['rates', 0, 'pricingGroupValues', 'region']);
  });

  it('tell rates apart that are added again', () => {
    const us = of({ region: 'us' });
    given(rateCards, [created, added(eu), added(us)])
      .when(add(eu))
      .thenNothing();
    given(rateCards, [created, added(us)])
      .when(add(eu))
      .then(added(eu));
    given(rateCards, [created, added(of({ region: 'eu', tier: 'gold' }))])
      .when(add(of({ tier: 'gold', region: 'eu' })))
      .thenNothing();
  });

  const ambiguous = (history: readonly Rate[], ...rates: readonly Rate[]) =>
    given(rateCards, [created, added(...history)])
      .when(add(...rates))
      .thenRefused('rates_ambiguous', ['rates', rates.length - 1, 'pricingGroupValues']);

  it('are refused where two rates could match the same usage equally well', () => {
    ambiguous([rate()], eu, gold);
    ambiguous([eu], gold);
    ambiguous([of({ region: 'eu', tier: 'gold' })], of({ tier: 'gold', model: 'm' }));
    given(rateCards)
      .when({
        type: 'CreateRateCard',
        rateCardId: 'crd_1',
        input: { name: 'C', description: null, currency: 'USD', aliases: [], rates: [gold, eu] },
        products: grouped,
        now,
      })
      .thenRefused('rates_ambiguous', ['rates', 1, 'pricingGroupValues']);
  });

  it.each<[string, Rate]>([
    ['one names more', of({ tier: 'gold', model: 'm' })],
    ['they are for other values', of({ region: 'us' })],
    ['they are for the same values', of({ region: 'eu' }, { entitled: false })],
    ['one is for all usage', rate()],
    ['they are of other times', { ...gold, endingBefore: addHours(now, 1) }],
    ['they are of other products', rate({ productId: 'prd_b' })],
  ])('may meet where %s', (_why, other) => {
    const later = { ...eu, startingAt: addHours(now, 1) };
    given(rateCards, [created, added(later)])
      .when(add(other))
      .then(added(other));
    given(rateCards, [created, added(other)])
      .when(add(later))
      .then(added(later));
  });

  it('of a pair may differ in what both name', () => {
    const pair = [of({ region: 'eu', tier: 'gold' }), of({ region: 'us', model: 'm' })];
    given(rateCards, [created])
      .when(add(...pair))
      .then(added(...pair));
  });
});
