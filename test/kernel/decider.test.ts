import { describe, expect, it } from 'vitest';
import { accept, type Decider, fold, isRefused, refuse } from '../../src/kernel/decider.ts';
import { BrokenInvariant, invariant, present } from '../../src/kernel/invariant.ts';
import { deepFreeze, given } from '../support/given-when-then.ts';

type Added = { readonly type: 'Added'; readonly item: string };
type Basket = Decider<string, ReadonlySet<string>, Added, 'full'>;

const basket: Basket = {
  initial: new Set(),
  decide: (item, state) => {
    if (state.has(item)) return accept();
    return state.size < 2 ? accept({ type: 'Added', item }) : refuse('full', ['item'], item);
  },
  evolve: (state, { item }) => new Set([...state, item]),
};
const added = (item: string): Added => ({ type: 'Added', item });

describe('a decision', () => {
  it('is accepted with events, or refused with a reason, a field and a detail', () => {
    expect(accept(1, 2)).toEqual({ events: [1, 2] });
    expect(refuse('full')).toStrictEqual({ refused: { reason: 'full' } });
    expect(refuse('full', ['items', 0], 'two')).toStrictEqual({
      refused: { reason: 'full', field: ['items', 0], detail: 'two' },
    });
    expect([isRefused(accept()), isRefused(refuse('full'))]).toEqual([false, true]);
  });

  it('stands on the events before it', () => {
    expect(fold(basket, [added('a'), added('b')])).toEqual(new Set(['a', 'b']));
    expect(fold(basket, [])).toBe(basket.initial);
  });
});

describe('the harness', () => {
  it('passes what is decided so', () => {
    given(basket).when('a').then(added('a'));
    given(basket, [added('a')])
      .when('a')
      .thenNothing();
    given(basket, [added('a'), added('b')])
      .when('c')
      .thenRefused('full', ['item']);
  });

  it('fails what is decided otherwise', () => {
    const two = [added('a'), added('b')];
    expect(() => {
      given(basket).when('a').then(added('b'));
    }).toThrow();
    expect(() => {
      given(basket).when('a').then();
    }).toThrow();
    expect(() => {
      given(basket).when('a').thenNothing();
    }).toThrow();
    expect(() => {
      given(basket).when('a').thenRefused('full');
    }).toThrow();
    expect(() => {
      given(basket, two).when('c').thenRefused('empty');
    }).toThrow();
    expect(() => {
      given(basket, two).when('c').thenRefused('full', ['other']);
    }).toThrow();
    expect(() => {
      given(basket, two).when('c').thenNothing();
    }).toThrow();
  });

  it('fails a decider that changes what it was handed', () => {
    const inPlace: Basket = {
      ...basket,
      evolve: (state, { item }) => (state as Set<string>).add(item),
    };
    expect(() => given(inPlace).when('a')).toThrow(/must not be changed/);
    type List = Decider<{ items: string[] }, string[], Added, never>;
    const greedy: List = {
      initial: [],
      decide: ({ items }) => accept(added(items.pop() ?? '')),
      evolve: (state) => state,
    };
    expect(() => given(greedy).when({ items: ['a'] })).toThrow(TypeError);
    expect(deepFreeze({ a: new Map([['k', { b: 1 }]]) }).a.get('k')).toSatisfy(Object.isFrozen);
  });

  it('fails a decider that says the same again', () => {
    const forgetful: Basket = { ...basket, evolve: (state) => state };
    expect(() => given(forgetful).when('a')).toThrow(/the same command again/);
  });

  it('fails events that JSON does not keep', () => {
    const lossy = (lost: unknown): Decider<string, boolean, unknown, never> => ({
      initial: false,
      decide: (_, done) => (done ? accept() : accept({ type: 'Lost', lost })),
      evolve: () => true,
    });
    expect(() => given(lossy(new Date(0))).when('')).toThrow(/survive JSON/);
    expect(() => given(lossy(undefined)).when('')).toThrow(/survive JSON/);
    expect(() => given(lossy(NaN)).when('')).toThrow(/survive JSON/);
    expect(() => given(lossy(1n)).when('')).toThrow(/BigInt/);
    given(lossy('kept')).when('').then({ type: 'Lost', lost: 'kept' });
  });
});

describe('an invariant', () => {
  it('throws when it is broken, and names the law', () => {
    expect(() => {
      invariant(false, 'one is more than two');
    }).toThrow(new BrokenInvariant('one is more than two'));
    expect(() => present(null, 'is there')).toThrow(BrokenInvariant);
    expect(() => present(undefined, 'is there')).toThrow(BrokenInvariant);
    expect([present(0, ''), present('', ''), present(false, '')]).toEqual([0, '', false]);
    invariant(true, 'holds');
  });
});
