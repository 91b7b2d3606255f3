import { type PricingModel } from '../../schema/pricing.types.ts';
import { AmountDistribution, Frequency } from '../../schema/contracts.types.ts';
import { rateOf, type Account } from './refusals-account.ts';
import { contract, from } from './refusals-contracts.ts';
import { bad, type Wrong } from './refusals.ts';

const later = (field: string): string => bad('not_supported_yet', field);

/** Every pricing model but FLAT, with the fields of its own. */
const models: Readonly<Record<Exclude<keyof typeof PricingModel, 'FLAT'>, object>> = {
  GRADUATED: { tiers: [{ upTo: '10', unitPrice: '2', flatFee: '1' }, { unitPrice: '1' }] },
  VOLUME: { tiers: [{ unitPrice: '1' }] },
  PACKAGE: { packageSize: '100', packagePrice: '5' },
  PERCENTAGE: { rate: '0.029', freeUnits: '10' },
};

const pricings = Object.entries(models).map(([model, fields]) => ({ model, ...fields }));
const freeUnits = { model: 'FLAT', unitPrice: '1', freeUnits: '10' };

const rates = (change: object) => (a: Account) => ({
  rateCardId: a.card,
  rates: [{ ...rateOf(a.emails), ...change }],
});
const overwrite = (pricing: object) =>
  contract({ overrides: [{ startingAt: from, overwrite: pricing }] });
const schedule = (schedule: object) =>
  contract((a) => ({ scheduledCharges: [{ productId: a.fee, schedule }] }));
const recurring = (change: object) =>
  schedule({
    recurringSchedule: {
      ...{ startingAt: from, endingBefore: '2025-08-01T00:00:00Z', frequency: 'MONTHLY' },
      ...{ amount: '10', ...change },
    },
  });
const inSchedule = 'scheduledCharges.0.schedule';
const others = (values: object, known: string): readonly string[] =>
  Object.keys(values).filter((value) => value !== known);
const frequencies = others(Frequency, 'MONTHLY');

/** What later versions will take, and this one refuses rather than ignore. */
export const unsupported: readonly Wrong[] = [
  [
    'group keys of a metric',
    'createBillableMetric',
    () => ({ name: 'M', aggregation: 'COUNT', eventTypeFilter: {}, groupKeys: [['region']] }),
    later('groupKeys'),
  ],
  ...['SUBSCRIPTION', 'COMPOSITE'].map((type): Wrong => [
    `a ${type} product`,
    'createProduct',
    () => ({ name: 'P', type }),
    later('type'),
    type,
  ]),
  ...['pricingGroupKey', 'presentationGroupKey'].map((field): Wrong => [
    `the ${field} of a product`,
    'createProduct',
    (a) => ({ name: 'P', type: 'USAGE', billableMetricId: a.metric, [field]: ['region'] }),
    later(field),
  ]),
  ...pricings.flatMap((pricing): Wrong[] => [
    [
      `${pricing.model} added`,
      'addRates',
      rates({ pricing }),
      later('rates.0.pricing.model'),
      pricing.model,
    ],
    [
      `${pricing.model} on a new card`,
      'createRateCard',
      (a) => ({ name: 'C', rates: rates({ pricing })(a).rates }),
      later('rates.0.pricing.model'),
      pricing.model,
    ],
    [
      `${pricing.model} as an overwrite`,
      'createContract',
      overwrite(pricing),
      later('overrides.0.overwrite.model'),
      pricing.model,
    ],
  ]),
  ['free units', 'addRates', rates({ pricing: freeUnits }), later('rates.0.pricing.freeUnits')],
  [
    'free units of an overwrite',
    'createContract',
    overwrite(freeUnits),
    later('overrides.0.overwrite.freeUnits'),
  ],
  [
    'the group values of a rate',
    'addRates',
    rates({ pricingGroupValues: { region: 'eu' } }),
    later('rates.0.pricingGroupValues'),
  ],
  [
    'schedule items',
    'createContract',
    schedule({ scheduleItems: [{ timestamp: from, amount: '10' }] }),
    later(`${inSchedule}.scheduleItems`),
  ],
  ...others(AmountDistribution, 'EACH').map((amountDistribution): Wrong => [
    `a charge ${amountDistribution}`,
    'createContract',
    recurring({ amountDistribution }),
    later(`${inSchedule}.recurringSchedule.amountDistribution`),
    amountDistribution,
  ]),
  ...frequencies.flatMap((frequency): Wrong[] => [
    [
      `a charge ${frequency}`,
      'createContract',
      recurring({ frequency }),
      later(`${inSchedule}.recurringSchedule.frequency`),
      frequency,
    ],
    [
      `bills ${frequency}`,
      'createContract',
      contract({ usageStatementSchedule: { frequency } }),
      later('usageStatementSchedule.frequency'),
      frequency,
    ],
  ]),
  [
    "bills from the contract's start",
    'createContract',
    contract({ usageStatementSchedule: { day: 'CONTRACT_START' } }),
    later('usageStatementSchedule.day'),
    'CONTRACT_START',
  ],
  [
    "bills from the new plan's start",
    'changePlan',
    (a) => ({
      fromContractId: a.contract,
      contract: contract({ usageStatementSchedule: { day: 'CONTRACT_START' } })(a),
    }),
    later('contract.usageStatementSchedule.day'),
  ],
  [
    'usage by group',
    `query ($customer: ID!, $metric: ID!) { usage(customerId: $customer, billableMetricId: $metric,
      startingAt: "2024-10-01T00:00:00Z", endingBefore: "2024-11-01T00:00:00Z", groupBy: ["region"]) { pageInfo { endCursor } } }`,
    (a) => ({ customer: a.customer, metric: a.metric }),
    'BAD_USER_INPUT not_supported_yet groupBy',
  ],
];
