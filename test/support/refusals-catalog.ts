import { rateOf, startingAt, type Account } from './refusals-account.ts';
import { bad, long, suffixed, type Wrong } from './refusals.ts';

const metric = { name: 'M', aggregation: 'COUNT', eventTypeFilter: {} };
const ofMetric = (change: object) => () => ({ ...metric, ...change });
const filtered = (filter: object) => ofMetric({ propertyFilters: [{ name: 'a' }, filter] });

export const wrongMetrics: readonly Wrong[] = [
  ['a blank name', 'createBillableMetric', ofMetric({ name: ' ' }), bad('name_empty', 'name')],
  [
    'a name too long',
    'createBillableMetric',
    ofMetric({ name: long }),
    bad('name_too_long', 'name'),
  ],
  [
    'SUM without a key',
    'createBillableMetric',
    ofMetric({ aggregation: 'SUM' }),
    bad('aggregation_key_required', 'aggregationKey'),
    'SUM',
  ],
  [
    'UNIQUE with an empty key',
    'createBillableMetric',
    ofMetric({ aggregation: 'UNIQUE', aggregationKey: '' }),
    bad('aggregation_key_required', 'aggregationKey'),
    'UNIQUE',
  ],
  [
    'COUNT with a key',
    'createBillableMetric',
    ofMetric({ aggregationKey: 'rows' }),
    bad('aggregation_key_forbidden', 'aggregationKey'),
  ],
  [
    'an empty list of event types',
    'createBillableMetric',
    ofMetric({ eventTypeFilter: { inValues: [] } }),
    bad('empty_filter_list', 'eventTypeFilter.inValues'),
  ],
  [
    'an empty list of values',
    'createBillableMetric',
    filtered({ name: 'b', inValues: [] }),
    bad('empty_filter_list', 'propertyFilters.1.inValues'),
  ],
  [
    'all event types that are let in kept out',
    'createBillableMetric',
    ofMetric({ eventTypeFilter: { inValues: ['email'], notInValues: ['email'] } }),
    bad('filter_contradicts', 'eventTypeFilter'),
    'email',
  ],
  [
    'an absent property with a value',
    'createBillableMetric',
    filtered({ name: 'region', exists: false, inValues: ['eu'] }),
    bad('filter_contradicts', 'propertyFilters.1'),
    'region',
  ],
  [
    'a property without a name',
    'createBillableMetric',
    filtered({ name: '', exists: true }),
    bad('property_filter_name_empty', 'propertyFilters.1.name'),
  ],
];

const product = (change: object) => (account: Account) => ({
  ...{ name: 'P', type: 'USAGE', billableMetricId: account.metric },
  ...change,
});
const fixed = { type: 'FIXED', billableMetricId: null };

export const wrongProducts: readonly Wrong[] = [
  ['a name of nothing', 'createProduct', product({ name: '' }), bad('name_empty', 'name')],
  ['a name too long', 'createProduct', product({ name: long }), bad('name_too_long', 'name')],
  [
    'USAGE without a metric',
    'createProduct',
    product({ billableMetricId: null }),
    bad('metric_required', 'billableMetricId'),
  ],
  [
    'a metric that is none',
    'createProduct',
    product({ billableMetricId: 'met_none' }),
    'NOT_FOUND metric_not_found input.billableMetricId',
    'met_none',
  ],
  [
    'a metric as of an earlier position',
    'createProduct',
    (a) => ({ ...product({})(a), billableMetricId: `${a.metric}@7` }),
    suffixed('input.billableMetricId'),
  ],
  [
    'FIXED with a metric',
    'createProduct',
    product({ type: 'FIXED' }),
    bad('metric_forbidden', 'billableMetricId'),
  ],
  [
    'an empty tag',
    'createProduct',
    product({ ...fixed, tags: ['premium', ''] }),
    bad('tag_empty', 'tags.1'),
  ],
];

const rate = (change: object) => (account: Account) => ({
  rateCardId: account.card,
  rates: [rateOf(account.emails), { ...rateOf(account.emails), ...change }],
});
const price = (pricing: object) => rate({ pricing });
const card = (change: object) => () => ({ name: 'C', ...change });
const noCard = 'NOT_FOUND rate_card_not_found input.rateCardId';

export const wrongRateCards: readonly Wrong[] = [
  ['a blank name', 'createRateCard', card({ name: '\t' }), bad('name_empty', 'name')],
  ['a name too long', 'createRateCard', card({ name: long }), bad('name_too_long', 'name')],
  ...['XXY', 'usd', 'US', ''].map((currency): Wrong => [
    `the currency "${currency}"`,
    'createRateCard',
    card({ currency }),
    bad('currency_unknown', 'currency'),
    currency,
  ]),
  [
    'an empty alias',
    'createRateCard',
    card({ aliases: ['a', ''] }),
    bad('alias_empty', 'aliases.1'),
  ],
  [
    'an alias too long',
    'createRateCard',
    card({ aliases: [long] }),
    bad('alias_too_long', 'aliases.0'),
  ],
  [
    'an alias of another card',
    'createRateCard',
    card({ aliases: ['free', 'standard'] }),
    'CONFLICT rate_card_alias_taken input.aliases.1',
    'standard',
  ],
  [
    'rates for no card',
    'addRates',
    (a) => ({ ...rate({})(a), rateCardId: 'crd_none' }),
    noCard,
    'crd_none',
  ],
  [
    'rates for a card of before',
    'addRates',
    (a) => ({ ...rate({})(a), rateCardId: `${a.card}@7` }),
    suffixed('input.rateCardId'),
  ],
  ['no rates', 'addRates', (a) => ({ rateCardId: a.card, rates: [] }), bad('rates_empty', 'rates')],
  ...['prd_none', 'constructor', '__proto__'].map((productId): Wrong => [
    `the product ${productId}`,
    'addRates',
    rate({ productId }),
    'NOT_FOUND product_not_found input.rates.1.productId',
    productId,
  ]),
  [
    'a FIXED product',
    'addRates',
    (a) => ({ rateCardId: a.card, rates: [rateOf(a.fee)] }),
    bad('product_not_usage', 'rates.0.productId'),
    'Fee',
  ],
  [
    'a price below zero',
    'addRates',
    price({ model: 'FLAT', unitPrice: '-0.01' }),
    bad('price_negative', 'rates.1.pricing.unitPrice'),
    '-0.01',
  ],
  [
    'a price below zero on a new card',
    'createRateCard',
    (a) => ({ name: 'C', rates: price({ model: 'FLAT', unitPrice: -1 })(a).rates }),
    bad('price_negative', 'rates.1.pricing.unitPrice'),
    '-1',
  ],
  [
    'FLAT without a price',
    'addRates',
    price({ model: 'FLAT' }),
    bad('unit_price_required', 'rates.1.pricing.unitPrice'),
  ],
  ...['packageSize', 'packagePrice', 'rate'].map((field): Wrong => [
    `FLAT with ${field}`,
    'addRates',
    price({ model: 'FLAT', unitPrice: '1', [field]: '1' }),
    bad('pricing_field_not_of_model', `rates.1.pricing.${field}`),
  ]),
  [
    'FLAT with tiers',
    'addRates',
    price({ model: 'FLAT', unitPrice: '1', tiers: [{ unitPrice: '1' }] }),
    bad('pricing_field_not_of_model', 'rates.1.pricing.tiers'),
  ],
  [
    'a start off the hour',
    'addRates',
    rate({ startingAt: '2024-10-01T00:30:00Z' }),
    bad('not_on_hour', 'rates.1.startingAt'),
    '00:30',
  ],
  [
    'an end off the hour',
    'addRates',
    rate({ endingBefore: '2024-11-01T00:00:00.001Z' }),
    bad('not_on_hour', 'rates.1.endingBefore'),
    '00.001',
  ],
  [
    'an end at the start',
    'addRates',
    rate({ endingBefore: startingAt }),
    bad('ends_before_start', 'rates.1.endingBefore'),
  ],
  [
    'an end before the start',
    'addRates',
    rate({ endingBefore: '2024-09-01T00:00:00Z' }),
    bad('ends_before_start', 'rates.1.endingBefore'),
  ],
];
