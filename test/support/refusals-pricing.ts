import { rateOf, type Account } from './refusals-account.ts';
import { contract, from } from './refusals-contracts.ts';
import { bad, type Wrong } from './refusals.ts';

const last = { unitPrice: '1' };
const tiers = (...list: readonly object[]) => ({ model: 'GRADUATED', tiers: list });
const packages = (change: object) => ({ model: 'PACKAGE', ...change });
const flat = (change: object) => ({ model: 'FLAT', unitPrice: '1', ...change });

/** A price, why there is none, where, and what the message names. */
type WrongPrice = readonly [
  what: string,
  pricing: object,
  reason: string,
  at: string,
  named?: string,
];

const prices: readonly WrongPrice[] = [
  [
    'tiers of another model',
    flat({ tiers: [last] }),
    'pricing_field_not_of_model',
    'tiers',
    'FLAT',
  ],
  [
    'a unit price beside tiers',
    { ...tiers(last), unitPrice: '1' },
    'pricing_field_not_of_model',
    'unitPrice',
    'GRADUATED',
  ],
  [
    'a package price beside tiers',
    { ...tiers(last), model: 'VOLUME', packagePrice: '1' },
    'pricing_field_not_of_model',
    'packagePrice',
    'VOLUME',
  ],
  [
    'a rate beside packages',
    packages({ packageSize: '1', packagePrice: '1', rate: '1' }),
    'pricing_field_not_of_model',
    'rate',
    'PACKAGE',
  ],
  [
    'a package size beside a share',
    { model: 'PERCENTAGE', rate: '1', packageSize: '1' },
    'pricing_field_not_of_model',
    'packageSize',
    'PERCENTAGE',
  ],
  ['no tiers', { model: 'GRADUATED' }, 'tiers_required', 'tiers'],
  ['an empty list of tiers', { model: 'VOLUME', tiers: [] }, 'tiers_required', 'tiers'],
  ['no package size', packages({ packagePrice: '1' }), 'package_size_required', 'packageSize'],
  ['no package price', packages({ packageSize: '1' }), 'package_price_required', 'packagePrice'],
  ['no share', { model: 'PERCENTAGE' }, 'rate_required', 'rate'],
  [
    'packages of nothing',
    packages({ packageSize: '0', packagePrice: '1' }),
    'package_size_not_positive',
    'packageSize',
    '0',
  ],
  [
    'tiers that go down',
    tiers({ upTo: '2', unitPrice: '1' }, { upTo: '1', unitPrice: '1' }, last),
    'tiers_not_ascending',
    'tiers.1.upTo',
    '1',
  ],
  ['a tier without end before the last', tiers(last, last), 'tier_unbounded', 'tiers.0.upTo'],
  [
    'a last tier that ends',
    tiers({ upTo: '2', unitPrice: '1' }),
    'last_tier_bounded',
    'tiers.0.upTo',
    '2',
  ],
  [
    'a fee below zero',
    tiers({ ...last, flatFee: '-0.01' }),
    'price_negative',
    'tiers.0.flatFee',
    '-0.01',
  ],
  ['free units below zero', flat({ freeUnits: '-1' }), 'free_units_negative', 'freeUnits', '-1'],
];

/** Each of them in a rate, and in an override. */
export const wrongPrices: readonly Wrong[] = prices.flatMap(
  ([what, pricing, reason, at, ...named]): Wrong[] => [
    [
      `${what} in a rate`,
      'addRates',
      (a: Account) => ({ rateCardId: a.card, rates: [{ ...rateOf(a.emails), pricing }] }),
      bad(reason, `rates.0.pricing.${at}`),
      ...named,
    ],
    [
      `${what} in an overwrite`,
      'createContract',
      contract({ overrides: [{ startingAt: from, overwrite: pricing }] }),
      bad(reason, `overrides.0.overwrite.${at}`),
      ...named,
    ],
  ],
);

const metric = (groupKeys: readonly (readonly string[])[]) => () => ({
  ...{ name: 'M', aggregation: 'COUNT', eventTypeFilter: {}, groupKeys },
});
const product = (change: object) => (a: Account) => ({
  ...{ name: 'P', type: 'USAGE', billableMetricId: a.regional, ...change },
});
const regionalRate =
  (...values: readonly object[]) =>
  (a: Account) => ({
    rateCardId: a.card,
    rates: values.map((pricingGroupValues) => ({ ...rateOf(a.regions), pricingGroupValues })),
  });

export const wrongGroups: readonly Wrong[] = [
  [
    'an empty key',
    'createBillableMetric',
    metric([['region'], []]),
    bad('group_key_empty', 'groupKeys.1'),
  ],
  [
    'a key with a name too long',
    'createBillableMetric',
    metric([['r'.repeat(129)]]),
    bad('group_key_too_long', 'groupKeys.0.0'),
  ],
  [
    'a key that names a property twice',
    'createBillableMetric',
    metric([['region', 'region']]),
    bad('group_key_repeats', 'groupKeys.0.1'),
    'region',
  ],
  ...['pricingGroupKey', 'presentationGroupKey'].flatMap((field): Wrong[] => [
    [
      `a ${field} that the metric does not have`,
      'createProduct',
      product({ [field]: ['region', 'planet'] }),
      bad('group_key_not_of_metric', `${field}.1`),
      'planet',
    ],
    [
      `a ${field} of a FIXED product`,
      'createProduct',
      () => ({ name: 'P', type: 'FIXED', [field]: ['region'] }),
      bad('group_key_forbidden', field),
    ],
  ]),
  [
    'a value of another property',
    'addRates',
    regionalRate({ region: 'eu', planet: 'mars' }),
    bad('group_value_not_of_product', 'rates.0.pricingGroupValues.planet'),
    'planet',
  ],
  ...[null, ['eu'], { of: 'eu' }].map((value): Wrong => [
    `the value ${JSON.stringify(value)}`,
    'addRates',
    regionalRate({ region: value }),
    bad('group_value_invalid', 'rates.0.pricingGroupValues.region'),
  ]),
  [
    'two rates that could match equally well',
    'addRates',
    regionalRate({ region: 'eu' }, { tier: 'gold' }),
    bad('rates_ambiguous', 'rates.1.pricingGroupValues'),
  ],
];
