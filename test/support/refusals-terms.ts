import { contract, from, missing, offHour } from './refusals-contracts.ts';
import { bad, type Wrong } from './refusals.ts';

const override = (change: object) =>
  contract({
    overrides: [
      { startingAt: from, entitled: false },
      { startingAt: from, ...change },
    ],
  });
const monthly = { startingAt: from, endingBefore: '2025-08-01T00:00:00Z', frequency: 'MONTHLY' };
const charge = (schedule: object, rest: object = {}, terms: object = {}) =>
  contract((a) => ({
    ...terms,
    scheduledCharges: [
      { productId: a.fee, schedule: { recurringSchedule: { ...monthly, ...schedule } }, ...rest },
    ],
  }));
const recurring = 'scheduledCharges.0.schedule.recurringSchedule';
const flat = (unitPrice: string) => ({ overwrite: { model: 'FLAT', unitPrice } });

export const wrongOverrides: readonly Wrong[] = [
  [
    'that changes nothing',
    'createContract',
    override({ applicableProductTags: ['a'] }),
    bad('override_empty', 'overrides.1'),
  ],
  [
    'with two prices',
    'createContract',
    override({ multiplier: '2', ...flat('1') }),
    bad('override_conflict', 'overrides.1'),
  ],
  [
    'times less than nothing',
    'createContract',
    override({ multiplier: '-0.5' }),
    bad('multiplier_negative', 'overrides.1.multiplier'),
  ],
  [
    'to a price below zero',
    'createContract',
    override(flat('-1')),
    bad('price_negative', 'overrides.1.overwrite.unitPrice'),
  ],
  [
    'without a price',
    'createContract',
    override({ overwrite: { model: 'FLAT' } }),
    bad('unit_price_required', 'overrides.1.overwrite.unitPrice'),
  ],
  [
    'that starts off the hour',
    'createContract',
    override({ entitled: true, startingAt: offHour }),
    bad('not_on_hour', 'overrides.1.startingAt'),
  ],
  [
    'that ends off the hour',
    'createContract',
    override({ entitled: true, endingBefore: offHour }),
    bad('not_on_hour', 'overrides.1.endingBefore'),
  ],
  [
    'that ends at its start',
    'createContract',
    override({ entitled: true, endingBefore: from }),
    bad('ends_before_start', 'overrides.1.endingBefore'),
  ],
  [
    'of a product that is none',
    'createContract',
    (a) => override({ entitled: true, applicableProductIds: [a.emails, 'prd_none'] })(a),
    missing('product', 'overrides.1.applicableProductIds.1'),
  ],
];

const amount = { amount: '10.00' };
const free = bad('amount_or_unit_price', `${recurring}.amount`);

export const wrongCharges: readonly Wrong[] = [
  [
    'for a product that is none',
    'createContract',
    charge(amount, { productId: 'prd_none' }),
    missing('product', 'scheduledCharges.0.productId'),
  ],
  [
    'for a USAGE product',
    'createContract',
    (a) => charge(amount, { productId: a.emails })(a),
    bad('product_not_fixed', 'scheduledCharges.0.productId'),
  ],
  [
    'with a blank name',
    'createContract',
    charge(amount, { name: ' ' }),
    bad('name_empty', 'scheduledCharges.0.name'),
  ],
  ['with no price', 'createContract', charge({}), free],
  ['with a price and no quantity', 'createContract', charge({ unitPrice: '1' }), free],
  ['with a quantity and no price', 'createContract', charge({ quantity: '1' }), free],
  ['with two prices', 'createContract', charge({ ...amount, unitPrice: '1', quantity: '1' }), free],
  [
    'below zero',
    'createContract',
    charge({ amount: '-10' }),
    bad('amount_negative', `${recurring}.amount`),
  ],
  [
    'of half a cent',
    'createContract',
    charge({ amount: '0.005' }),
    bad('amount_finer_than_minor_unit', `${recurring}.amount`),
    'USD',
  ],
  // 0.05 x 0.1 = 0.005 is finer than a cent, though neither factor is one to a hundred.
  [
    'of half a cent as a product',
    'createContract',
    charge({ unitPrice: '0.05', quantity: '0.1' }),
    bad('amount_finer_than_minor_unit', `${recurring}.unitPrice`),
    'USD',
  ],
  [
    'that starts off the hour',
    'createContract',
    charge({ ...amount, startingAt: offHour }),
    bad('not_on_hour', `${recurring}.startingAt`),
  ],
  [
    'that ends off the hour',
    'createContract',
    charge({ ...amount, endingBefore: '2025-08-01T00:10:00Z' }),
    bad('not_on_hour', `${recurring}.endingBefore`),
  ],
  [
    'that ends at its start',
    'createContract',
    charge({ ...amount, endingBefore: from }),
    bad('ends_before_start', `${recurring}.endingBefore`),
  ],
  [
    'before the contract',
    'createContract',
    charge({ ...amount, startingAt: '2025-01-01T00:00:00Z' }),
    bad('charge_outside_contract', `${recurring}.startingAt`),
  ],
  // The last charge falls on 2025-07-01, where the contract has just ended.
  [
    'after the contract',
    'createContract',
    charge(amount, {}, { endingBefore: '2025-07-01T00:00:00Z' }),
    bad('charge_outside_contract', `${recurring}.endingBefore`),
  ],
  // 12 x 834 years = 10,008 charges.
  [
    'ten thousand times',
    'createContract',
    charge({ ...amount, endingBefore: '2859-02-01T00:00:00Z' }),
    bad('too_many_occurrences', `${recurring}.endingBefore`),
  ],
];
