import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateCards } from '../../src/catalog/decider.ts';
import { type Rate, type RateCardEvent } from '../../src/catalog/events.ts';
import { rateInForce, ratesByProduct, ratesOver } from '../../src/catalog/rates.ts';
import {
  addHours,
  covers,
  instant,
  type Instant,
  type Interval,
} from '../../src/kernel/calendar.ts';
import { isRefused } from '../../src/kernel/decider.ts';
import { decideChecked } from '../support/given-when-then.ts';
import { card, clockHours, known, now, rate, rates } from './rates.ts';

const at = (day: string) => instant(`2024-10-${day}T00:00:00Z`);
const priced = (unitPrice: string, from: string, until: string | null = null): Rate =>
  rate({
    pricing: { model: 'FLAT', unitPrice },
    startingAt: at(from),
    endingBefore: until === null ? null : at(until),
  });
const inForce = (card: readonly Rate[], productId: string, at: Instant): Rate | undefined =>
  rateInForce(slot(card, productId), at);
const slot = (card: readonly Rate[], productId: string): readonly Rate[] =>
  ratesByProduct(card).get(productId)?.[0]?.rates ?? [];
const priceAt = (card: readonly Rate[], day: string): string | undefined => {
  const pricing = inForce(card, 'prd_a', at(day))?.pricing;
  return pricing?.model === 'FLAT' ? pricing.unitPrice : undefined;
};

describe('the rate in force (billing rule 15)', () => {
  it('is the one that started last, and the one beneath again when that ends', () => {
    const promotion = [priced('0.1', '01'), priced('0.05', '10', '20')];
    for (const card of [promotion, promotion.toReversed()]) {
      expect(['01', '09', '10', '19', '20'].map((day) => priceAt(card, day))).toEqual([
        '0.1',
        '0.1',
        '0.05',
        '0.05',
        '0.1',
      ]);
    }
  });

  it('is, of those that start together, the one added last', () => {
    expect(priceAt([priced('0.1', '01'), priced('0.2', '01')], '02')).toBe('0.2');
    expect(priceAt([priced('0.2', '01'), priced('0.1', '01', '03')], '02')).toBe('0.1');
    expect(priceAt([priced('0.2', '01'), priced('0.1', '01', '03')], '03')).toBe('0.2');
  });

  it('is none before the first, after the last, and for another product', () => {
    const card = [priced('0.1', '02', '04')];
    expect(['01', '04'].map((day) => priceAt(card, day))).toEqual([undefined, undefined]);
    expect(inForce(card, 'prd_b', at('02'))).toBeUndefined();
  });

  it('agrees with sorting all that cover the instant', () => {
    fc.assert(
      fc.property(
        fc.array(rates, { maxLength: 8 }),
        fc.constantFrom(...clockHours),
        (all, hour) => {
          const ranked = all
            .filter((one) => one.productId === 'prd_a' && covers(one, hour))
            .map((one, order) => ({ one, rank: [one.startingAt, String(order)].join() }))
            .sort((a, b) => (a.rank < b.rank ? 1 : -1));
          expect(inForce(all, 'prd_a', hour)).toBe(ranked[0]?.one);
        },
      ),
    );
  });
});

const interval: Interval = { startingAt: addHours(now, 1), endingBefore: addHours(now, 7) };

describe('the rates over an interval', () => {
  it('are stretches of one rate each, and a gap where there is none', () => {
    const october: Interval = { startingAt: at('05'), endingBefore: at('31') };
    const [base, promotion] = [priced('0.1', '01', '28'), priced('0.2', '10', '20')];
    const card = [base, promotion, priced('0.3', '30')];
    expect(
      ratesOver(card, october).map(({ startingAt, endingBefore, rate }) => [
        startingAt,
        endingBefore,
        card.indexOf(rate),
      ]),
    ).toEqual([
      [at('05'), at('10'), 0],
      [at('10'), at('20'), 1],
      [at('20'), at('28'), 0],
      [at('30'), at('31'), 2],
    ]);
    expect(ratesOver([], october)).toEqual([]);
  });

  it('say at every hour what is in force at it', () => {
    fc.assert(
      fc.property(fc.array(rates, { maxLength: 8 }), (all) => {
        const own = slot(all, 'prd_a');
        const stretches = ratesOver(own, interval);
        for (const hour of clockHours.filter((one) => covers(interval, one))) {
          const covering = stretches.filter((stretch) => covers(stretch, hour));
          expect(covering.map((stretch) => stretch.rate)).toEqual(
            [rateInForce(own, hour)].filter((rate) => rate !== undefined),
          );
        }
        stretches.slice(1).forEach((stretch, index) => {
          const before = stretches[index];
          expect(before?.endingBefore).not.toBe(undefined);
          expect(stretch.startingAt >= (before?.endingBefore ?? '')).toBe(true);
          expect(stretch.rate === before?.rate && stretch.startingAt === before.endingBefore).toBe(
            false,
          );
        });
      }),
    );
  });
});

const lists = fc.array(rates, { minLength: 1, maxLength: 5 });

describe('rates added again', () => {
  const created: RateCardEvent = { type: 'RateCardCreated', ...card };
  const added = (list: readonly Rate[]): RateCardEvent => ({
    type: 'RatesAdded',
    rateCardId: 'crd_1',
    rates: list,
    requestKey: null,
  });
  const decide = (history: readonly (readonly Rate[])[], list: readonly Rate[]) =>
    decideChecked(rateCards, [created, ...history.map(added)], {
      type: 'AddRates',
      rateCardId: 'crd_1',
      rates: list,
      requestKey: null,
      products: known,
    });
  const ofSlot = (list: readonly Rate[], { productId, startingAt }: Rate): readonly Rate[] =>
    list.filter((one) => one.productId === productId && one.startingAt === startingAt);

  it('change nothing exactly when each product and start ends with them', () => {
    fc.assert(
      fc.property(fc.array(lists, { maxLength: 3 }), lists, (history, list) => {
        const decision = decide(history, list);
        const same = list.every((one) => {
          const [wanted, stand] = [ofSlot(list, one), ofSlot(history.flat(), one)];
          return JSON.stringify(stand.slice(-wanted.length)) === JSON.stringify(wanted);
        });
        expect(decision).toEqual({ events: same ? [] : [added(list)] });
      }),
      { numRuns: 500 },
    );
  });

  it('change no price when they yield no event', () => {
    fc.assert(
      fc.property(lists, lists, fc.array(fc.nat({ max: 4 })), (first, second, picks) => {
        const stand = [...first, ...second];
        const list = [...new Set(picks)].sort().flatMap((pick) => second.slice(pick, pick + 1));
        fc.pre(list.length > 0);
        const decision = decide([first, second], list);
        if (isRefused(decision) || decision.events.length > 0) return;
        for (const hour of clockHours) {
          expect(inForce([...stand, ...list], 'prd_a', hour)).toEqual(
            inForce(stand, 'prd_a', hour),
          );
        }
      }),
    );
  });

  it('are the same at the same price however it is written', () => {
    const list = [rate({ pricing: { model: 'FLAT', unitPrice: '0.10' } })];
    expect(decide([[rate()]], list)).toEqual({ events: [] });
  });

  it('are added again behind others that came between', () => {
    const [one, other] = [rate(), rate({ entitled: false })];
    expect(decide([[one], [other]], [one])).toEqual({ events: [added([one])] });
    expect(decide([[one], [other]], [one, other])).toEqual({ events: [] });
    expect(decide([[one, other]], [other])).toEqual({ events: [] });
  });
});
