import { describe, expect, it } from 'vitest';
import { type Rate } from '../../src/catalog/events.ts';
import { ratesByProduct } from '../../src/catalog/rates.ts';
import { type Override } from '../../src/contracts/events.ts';
import {
  ratesUnderContract,
  scheduleCells,
  type RateUnderContract,
} from '../../src/contracts/rate-schedule.ts';
import { present } from '../../src/kernel/invariant.ts';
import { at, month, october, override } from './asked.ts';

const rooms = { productId: 'rooms', tags: ['premium', 'chat'] };
const flat = (unitPrice: string) => ({ model: 'FLAT' as const, unitPrice });
const rate = (change: Partial<Rate> = {}): Rate => ({
  productId: 'rooms',
  pricing: flat('0.10'),
  entitled: true,
  startingAt: month(-9),
  endingBefore: null,
  ...change,
});
const slotsOf = (rates: readonly Rate[]) => ratesByProduct(rates).get('rooms') ?? [];
const inForce = (overrides: readonly Partial<Override>[], when = october, rates = [rate()]) =>
  ratesUnderContract(slotsOf(rates), overrides.map(override), rooms, when);
const one = (...asked: Parameters<typeof inForce>) => {
  const rates = inForce(...asked);
  expect(rates).toHaveLength(1);
  return present(rates[0], 'one rate');
};
const unitPrice = (...asked: Parameters<typeof inForce>) => {
  const { pricing } = one(...asked);
  return pricing.model === 'FLAT' ? pricing.unitPrice : undefined;
};
const price = (...overrides: readonly Partial<Override>[]) => unitPrice(overrides);

const overwrite = (unitPrice: string, priority: number | null = null) => ({
  overwrite: flat(unitPrice),
  priority,
});
const times = (multiplier: string, priority: number | null = null) => ({ multiplier, priority });

describe('the price of a product under a contract', () => {
  it("is the card's without overrides", () => {
    const expected: RateUnderContract = {
      entitled: true,
      pricing: flat('0.10'),
      source: 'RATE_CARD',
    };
    expect(inForce([])).toEqual([{ values: {}, ...expected }]);
  });

  it('is none where the card has no rate, whatever overrides say', () => {
    const all = [overwrite('1'), { entitled: true }];
    expect(inForce(all, october, [])).toEqual([]);
    expect(inForce(all, october, [rate({ productId: 'emails' })])).toEqual([]);
    expect(inForce(all, october, [rate({ startingAt: month(1) })])).toEqual([]);
  });

  // 0.10 x 3 = 0.3; 0.10 x 0.5 = 0.05; 0.10 x 0 = 0; overrides never stack, so 0.10 x 3 x 0.5 never
  // comes.
  it.each<[string, readonly Partial<Override>[], string]>([
    ['a multiplier multiplies', [times('3')], '0.3'],
    ['a multiplier of zero makes free', [times('0')], '0'],
    ['an overwrite replaces', [overwrite('7')], '7'],
    ['an overwrite goes before a multiplier', [overwrite('7'), times('3')], '7'],
    ['even before one of lower priority', [overwrite('7', 9), times('3', 0)], '7'],
    ['multipliers do not stack, the last listed wins', [times('3'), times('0.5')], '0.05'],
    ['overwrites do not stack, the last listed wins', [overwrite('7'), overwrite('8')], '8'],
    ['the lowest priority wins, first', [times('3', 1), times('0.5', 2)], '0.3'],
    ['the lowest priority wins, last', [times('3', 2), times('0.5', 1)], '0.05'],
    ['priorities may be negative', [times('3', 0), times('0.5', -1), times('9', 1)], '0.05'],
    ['no priority is after every number', [times('3', 2_147_483_647), times('0.5')], '0.3'],
    ['of equal priorities the last listed wins', [times('3', 1), times('0.5', 1)], '0.05'],
    ['an entitlement alone changes no price', [times('3'), { entitled: false }], '0.3'],
  ])('%s', (_name, overrides, expected) => {
    expect(price(...overrides)).toBe(expected);
    expect(one(overrides).source).toBe('OVERRIDE');
  });

  it('is a product of exact decimals', () => {
    // 0.000000000001 x 1.000000000001 = 0.000000000001000000000001
    const tiny = [rate({ pricing: flat('0.000000000001') })];
    expect(one([times('1.000000000001')], october, tiny).pricing).toEqual(
      flat('0.000000000001000000000001'),
    );
  });
});

describe('the entitlement of a product under a contract', () => {
  it.each<[string, readonly Partial<Override>[], boolean]>([
    ['is the card’s', [], true],
    ['may be taken away', [{ entitled: false }], false],
    ['is of the last listed', [{ entitled: false }, { entitled: true }], true],
    ['whatever the priority', [{ entitled: true, priority: 1 }, { entitled: false }], false],
    ['not of those without a word on it', [{ entitled: false }, times('2', 1)], false],
  ])('%s', (_name, overrides, expected) => {
    expect(one(overrides).entitled).toBe(expected);
  });

  it('may be given where the card gives none', () => {
    const unentitled = [rate({ entitled: false })];
    expect(one([], october, unentitled).entitled).toBe(false);
    expect(one([{ entitled: true }], october, unentitled)).toEqual({
      values: {},
      entitled: true,
      pricing: flat('0.10'),
      source: 'RATE_CARD',
    });
  });
});

describe('an override holds', () => {
  it.each<[string, Partial<Override>, boolean]>([
    ['for every product, when it names none', {}, true],
    ['for a product named', { productIds: ['emails', 'rooms'] }, true],
    ['for a product with any of the tags', { productTags: ['nothing', 'chat'] }, true],
    ['for either of them', { productIds: ['emails'], productTags: ['premium'] }, true],
    ['for no other product', { productIds: ['emails'] }, false],
    ['for no other tag', { productTags: ['nothing'] }, false],
    ['for nothing, when its lists are empty', { productIds: [], productTags: [] }, false],
  ])('%s', (_name, scope, expected) => {
    expect(price({ ...scope, ...overwrite('7') })).toBe(expected ? '7' : '0.10');
  });

  it('from its start until just before its end', () => {
    const limited = [{ ...overwrite('7'), startingAt: october, endingBefore: month(1) }];
    const when = [
      '2024-09-30T23:59:59.999Z',
      '2024-10-01T00:00:00Z',
      '2024-10-31T23:59:59.999Z',
      '2024-11-01T00:00:00Z',
    ];
    expect(when.map((text) => unitPrice(limited, at(text)))).toEqual(['0.10', '7', '7', '0.10']);
  });
});

describe('the rate schedule', () => {
  it('may change where a rate or an override of the product starts or ends inside the interval', () => {
    const rates = [
      rate({ startingAt: month(1) }),
      rate({ productId: 'emails', startingAt: at('2024-10-05T00:00:00Z') }),
      rate({ startingAt: at('2024-10-20T00:00:00Z'), endingBefore: at('2024-10-25T00:00:00Z') }),
    ];
    const overrides = [
      override({ ...times('2'), startingAt: october, endingBefore: at('2024-10-10T00:00:00Z') }),
      override({ ...times('2'), startingAt: at('2024-10-20T00:00:00Z') }),
      override({ ...times('2'), startingAt: at('2024-10-15T00:00:00Z'), productIds: ['emails'] }),
    ];
    const interval = { startingAt: october, endingBefore: month(1) };
    const cells = scheduleCells(slotsOf(rates), overrides, rooms, interval);
    expect(cells.slice(1).map(({ startingAt }) => startingAt)).toEqual([
      '2024-10-10T00:00:00.000Z',
      '2024-10-20T00:00:00.000Z',
      '2024-10-25T00:00:00.000Z',
    ]);
  });
});
