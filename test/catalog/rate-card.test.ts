import { describe, it } from 'vitest';
import { rateCards } from '../../src/catalog/decider.ts';
import {
  type AddRates,
  type CreateRateCard,
  type RateCardInput,
} from '../../src/catalog/commands.ts';
import { type Rate, type RateCardEvent } from '../../src/catalog/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { given } from '../support/given-when-then.ts';
import { card, known, now, rate } from './rates.ts';

const create = (changes: Partial<RateCardInput> = {}): CreateRateCard => ({
  type: 'CreateRateCard',
  rateCardId: 'crd_1',
  input: {
    name: 'Standard',
    description: null,
    currency: 'USD',
    aliases: [],
    rates: [],
    ...changes,
  },
  products: known,
  now,
});
const add = (...rates: readonly Rate[]): AddRates => ({
  type: 'AddRates',
  rateCardId: 'crd_1',
  rates,
  requestKey: null,
  products: known,
});
const created = (changes: Partial<typeof card> = {}): RateCardEvent => ({
  type: 'RateCardCreated',
  ...card,
  ...changes,
});
const added = (...rates: readonly Rate[]): RateCardEvent => ({
  type: 'RatesAdded',
  rateCardId: 'crd_1',
  rates,
  requestKey: null,
});

describe('a rate card', () => {
  it('is created with its rates, or without', () => {
    given(rateCards).when(create()).then(created());
    given(rateCards)
      .when(create({ description: 'All of it', rates: [rate(), rate({ entitled: false })] }))
      .then(created({ description: 'All of it' }), added(rate(), rate({ entitled: false })));
  });

  it('keeps each of its aliases once', () => {
    const longest = 'a'.repeat(128);
    given(rateCards)
      .when(create({ aliases: ['std', longest, 'std'] }))
      .then(created({ aliases: ['std', longest] }));
  });

  it('is created once', () => {
    given(rateCards, [created()])
      .when(create({ rates: [rate()] }))
      .thenNothing();
  });

  it('has a name and a currency', () => {
    given(rateCards)
      .when(create({ name: '' }))
      .thenRefused('name_empty', ['name']);
    given(rateCards)
      .when(create({ name: 'n'.repeat(256) }))
      .thenRefused('name_too_long', ['name']);
    for (const currency of ['usd', 'XXZ', 'MGA', '']) {
      given(rateCards).when(create({ currency })).thenRefused('currency_unknown', ['currency']);
    }
  });

  it('has aliases of 1 to 128 characters', () => {
    given(rateCards)
      .when(create({ aliases: ['std', ''] }))
      .thenRefused('alias_empty', ['aliases', 1]);
    given(rateCards)
      .when(create({ aliases: ['a'.repeat(129)] }))
      .thenRefused('alias_too_long', ['aliases', 0]);
  });

  it('is refused for a faulty rate, with no card created', () => {
    given(rateCards)
      .when(create({ rates: [rate(), rate({ productId: 'prd_nobody' })] }))
      .thenRefused('product_not_found', ['rates', 1, 'productId']);
  });

  it('of several faults is told the first: name, currency, aliases, rates', () => {
    const rates = [rate({ productId: 'prd_nobody' })];
    const all = { name: '', currency: '', aliases: [''], rates };
    given(rateCards).when(create(all)).thenRefused('name_empty');
    given(rateCards)
      .when(create({ ...all, name: 'n' }))
      .thenRefused('currency_unknown');
    given(rateCards)
      .when(create({ aliases: [''], rates }))
      .thenRefused('alias_empty');
  });

  it('stands as it did after a claim of its alias was revoked', () => {
    const revoked: RateCardEvent = { type: 'ClaimRevoked', key: 'std', owner: 'crd_1' };
    given(rateCards, [revoked]).when(create()).then(created());
    given(rateCards, [created(), added(rate()), revoked])
      .when(add(rate()))
      .thenNothing();
  });
});

describe('a request that names itself', () => {
  const named = (requestKey: string | null, ...rates: readonly Rate[]): AddRates => ({
    ...add(...rates),
    requestKey,
  });
  const addedBy = (requestKey: string, ...rates: readonly Rate[]): RateCardEvent => ({
    type: 'RatesAdded',
    rateCardId: 'crd_1',
    rates,
    requestKey,
  });

  it('adds its rates once, whatever was added after them', () => {
    const other = rate({ entitled: false });
    const history = [created(), addedBy('r1', rate()), added(other)];
    given(rateCards, history).when(named('r1', rate())).thenNothing();
    given(rateCards, history).when(named(null, rate())).then(added(rate()));
  });

  it('adds rates that another request added before', () => {
    given(rateCards, [created(), addedBy('r1', rate())])
      .when(named('r2', rate()))
      .then(addedBy('r2', rate()));
  });
});

describe('a rate', () => {
  it('is added to a card that exists', () => {
    given(rateCards, [created()]).when(add(rate())).then(added(rate()));
    given(rateCards).when(add(rate())).thenRefused('rate_card_not_found', ['rateCardId']);
  });

  it('does not come alone to nothing', () => {
    given(rateCards, [created()]).when(add()).thenRefused('rates_empty', ['rates']);
  });

  it('is for a USAGE product that exists', () => {
    given(rateCards, [created()])
      .when(add(rate(), rate({ productId: 'constructor' })))
      .thenRefused('product_not_found', ['rates', 1, 'productId']);
    given(rateCards, [created()])
      .when(add(rate({ productId: 'prd_fixed' })))
      .thenRefused('product_not_usage', ['rates', 0, 'productId']);
  });

  it('may be free, but has no price below zero', () => {
    const free = rate({ pricing: { model: 'FLAT', unitPrice: '0' } });
    given(rateCards, [created()]).when(add(free)).then(added(free));
    given(rateCards, [created()])
      .when(add(free, rate({ pricing: { model: 'FLAT', unitPrice: '-0.000001' } })))
      .thenRefused('price_negative', ['rates', 1, 'pricing', 'unitPrice']);
  });

  it('starts and ends on a full hour', () => {
    given(rateCards, [created()])
      .when(add(rate({ startingAt: instant('2024-01-01T00:30:00Z') })))
      .thenRefused('not_on_hour', ['rates', 0, 'startingAt']);
    given(rateCards, [created()])
      .when(add(rate({ endingBefore: instant('2024-02-01T00:00:00.001Z') })))
      .thenRefused('not_on_hour', ['rates', 0, 'endingBefore']);
  });

  it('ends after it starts, an hour later at the earliest', () => {
    const endingAt = (text: string) => rate({ endingBefore: instant(text) });
    const hour = endingAt('2024-01-01T01:00:00Z');
    given(rateCards, [created()]).when(add(hour)).then(added(hour));
    for (const end of ['2024-01-01T00:00:00Z', '2023-12-31T23:00:00Z']) {
      given(rateCards, [created()])
        .when(add(endingAt(end)))
        .thenRefused('ends_before_start', ['rates', 0, 'endingBefore']);
    }
  });
});
