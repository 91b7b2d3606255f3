import { describe, expect, it } from 'vitest';
import { rateCards } from '../../src/catalog/decider.ts';
import { type Pricing, type RateCardEvent, type Tier } from '../../src/catalog/events.ts';
import { multiplied } from '../../src/catalog/pricing.ts';
import { decimal } from '../../src/kernel/decimal.ts';
import { given } from '../support/given-when-then.ts';
import { card, known, rate } from './rates.ts';

const created: RateCardEvent = { type: 'RateCardCreated', ...card };
const add = (pricing: Pricing) => ({
  type: 'AddRates' as const,
  rateCardId: 'crd_1',
  rates: [rate({ pricing })],
  requestKey: null,
  products: known,
});
const tier = (upTo: string | null, unitPrice = '1', flatFee: string | null = null): Tier => ({
  upTo,
  unitPrice,
  flatFee,
});
const graduated = (...tiers: readonly Tier[]): Pricing => ({ model: 'GRADUATED', tiers });
const volume = (...tiers: readonly Tier[]): Pricing => ({ model: 'VOLUME', tiers });

describe('a price is taken', () => {
  it.each<[string, Pricing]>([
    ['of tiers, fees and free units', { ...graduated(tier('10', '0', '5'), tier(null)) }],
    ['of one tier', volume(tier(null, '0.1'))],
    ['of a tier that ends at a fraction', volume(tier('0.000000000001'), tier(null))],
    ['of packages', { model: 'PACKAGE', packageSize: '0.5', packagePrice: '0' }],
    ['of a share, even of more than all', { model: 'PERCENTAGE', rate: '1.5' }],
    ['with free units', { model: 'FLAT', unitPrice: '1', freeUnits: '0' }],
  ])('%s', (_name, pricing) => {
    given(rateCards, [created])
      .when(add(pricing))
      .then({
        type: 'RatesAdded',
        rateCardId: 'crd_1',
        rates: [rate({ pricing })],
        requestKey: null,
      });
  });
});

describe('there is no price', () => {
  it.each<[string, Pricing, string, readonly (string | number)[]]>([
    ['below zero', { model: 'FLAT', unitPrice: '-1' }, 'price_negative', ['unitPrice']],
    [
      'of a tier below zero',
      graduated(tier('1'), tier(null, '-0.1')),
      'price_negative',
      ['tiers', 1, 'unitPrice'],
    ],
    [
      'with a fee below zero',
      volume(tier('1', '1', '-1'), tier(null)),
      'price_negative',
      ['tiers', 0, 'flatFee'],
    ],
    [
      'of a package below zero',
      { model: 'PACKAGE', packageSize: '1', packagePrice: '-1' },
      'price_negative',
      ['packagePrice'],
    ],
    ['of a share below zero', { model: 'PERCENTAGE', rate: '-0.1' }, 'price_negative', ['rate']],
    [
      'of packages of nothing',
      { model: 'PACKAGE', packageSize: '0', packagePrice: '1' },
      'package_size_not_positive',
      ['packageSize'],
    ],
    [
      'of packages of less than nothing',
      { model: 'PACKAGE', packageSize: '-1', packagePrice: '1' },
      'package_size_not_positive',
      ['packageSize'],
    ],
    ['of no tier', graduated(), 'tiers_required', ['tiers']],
    [
      'whose last tier ends',
      volume(tier('1'), tier('2')),
      'last_tier_bounded',
      ['tiers', 1, 'upTo'],
    ],
    ['whose only tier ends', graduated(tier('1')), 'last_tier_bounded', ['tiers', 0, 'upTo']],
    [
      'with a tier without end before the last',
      graduated(tier('1'), tier(null), tier(null)),
      'tier_unbounded',
      ['tiers', 1, 'upTo'],
    ],
    [
      'whose tiers go down',
      volume(tier('2'), tier('1'), tier(null)),
      'tiers_not_ascending',
      ['tiers', 1, 'upTo'],
    ],
    [
      'with an empty tier',
      volume(tier('2'), tier('2.0'), tier(null)),
      'tiers_not_ascending',
      ['tiers', 1, 'upTo'],
    ],
    [
      'whose first tier ends at zero',
      graduated(tier('0'), tier(null)),
      'tiers_not_ascending',
      ['tiers', 0, 'upTo'],
    ],
    [
      'with free units below zero',
      { ...graduated(tier(null)), freeUnits: '-1' },
      'free_units_negative',
      ['freeUnits'],
    ],
  ])('%s', (_name, pricing, reason, field) => {
    given(rateCards, [created])
      .when(add(pricing))
      .thenRefused(reason, ['rates', 0, 'pricing', ...field]);
  });
});

describe('a price times a factor', () => {
  const half = decimal('0.5');

  it('has all its prices changed, and neither bounds, sizes nor free units', () => {
    expect(multiplied({ model: 'FLAT', unitPrice: '3', freeUnits: '4' }, half)).toEqual({
      model: 'FLAT',
      unitPrice: '1.5',
      freeUnits: '4',
    });
    for (const model of ['GRADUATED', 'VOLUME'] as const) {
      expect(multiplied({ model, tiers: [tier('10', '3', '5'), tier(null, '1')] }, half)).toEqual({
        model,
        tiers: [tier('10', '1.5', '2.5'), tier(null, '0.5')],
      });
    }
    expect(multiplied({ model: 'PACKAGE', packageSize: '10', packagePrice: '3' }, half)).toEqual({
      model: 'PACKAGE',
      packageSize: '10',
      packagePrice: '1.5',
    });
    expect(multiplied({ model: 'PERCENTAGE', rate: '0.03', freeUnits: '4' }, half)).toEqual({
      model: 'PERCENTAGE',
      rate: '0.015',
      freeUnits: '4',
    });
  });
});
