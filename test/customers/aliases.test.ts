import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customers, holds } from '../../src/customers/decider.ts';
import { type CustomerCommand } from '../../src/customers/commands.ts';
import { type CustomerEvent } from '../../src/customers/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { fold, isRefused } from '../../src/kernel/decider.ts';
import { shuffled } from '../support/arbitraries.ts';
import { decideChecked, given } from '../support/given-when-then.ts';

const now = instant('2024-10-01T00:00:00Z');
const customerId = 'cus_1';
const set = (...ingestAliases: readonly string[]): CustomerCommand => ({
  type: 'SetIngestAliases',
  customerId,
  ingestAliases,
});
const wasSet = (...ingestAliases: readonly string[]): CustomerEvent => ({
  type: 'IngestAliasesSet',
  customerId,
  ingestAliases,
});
const createdWith = (...ingestAliases: readonly string[]): CustomerEvent => ({
  type: 'CustomerCreated',
  customerId,
  name: 'First Customer',
  ingestAliases,
  billingConfig: null,
  createdAt: now,
});
const createWith = (...ingestAliases: readonly string[]): CustomerCommand => ({
  type: 'CreateCustomer',
  customerId,
  input: { name: 'First Customer', ingestAliases, billingConfig: null },
  now,
});
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `a${String(i)}`);

describe('the aliases of a customer', () => {
  it('are replaced as a whole', () => {
    given(customers, [createdWith('a', 'b')])
      .when(set('b', 'c'))
      .then(wasSet('b', 'c'));
    given(customers, [createdWith('a')])
      .when(set())
      .then(wasSet());
  });

  it('stay as they are when the same are set, in any order', () => {
    given(customers, [createdWith('a', 'b')])
      .when(set('b', 'a'))
      .thenNothing();
    given(customers, [createdWith('a', 'b')])
      .when(set('b', 'a', 'b'))
      .thenNothing();
    given(customers, [createdWith()]).when(set()).thenNothing();
    given(customers, [createdWith('a'), wasSet('b')])
      .when(set('a'))
      .then(wasSet('a'));
    given(customers, [createdWith('a', 'b')])
      .when(set('a', 'c'))
      .then(wasSet('a', 'c'));
  });

  it('are kept once each', () => {
    given(customers)
      .when(createWith('b', 'a', 'b'))
      .then(createdWith('b', 'a'));
    given(customers, [createdWith()])
      .when(set('b', 'a', 'b'))
      .then(wasSet('b', 'a'));
  });

  it('are no ids, not even that of the customer itself', () => {
    const taken = ['alias_taken', ['ingestAliases', 1]] as const;
    given(customers)
      .when(createWith('b', customerId))
      .thenRefused(...taken);
    given(customers, [createdWith()])
      .when(set('b', customerId))
      .thenRefused(...taken);
  });

  it('have 1 to 128 characters each', () => {
    const [longest, longer] = ['é'.repeat(128), 'é'.repeat(129)];
    given(customers, [createdWith()]).when(set(longest)).then(wasSet(longest));
    for (const command of [set('a', longer), createWith('a', longer)]) {
      const history = command.type === 'CreateCustomer' ? [] : [createdWith()];
      given(customers, history).when(command).thenRefused('alias_too_long', ['ingestAliases', 1]);
    }
    given(customers, [createdWith()])
      .when(set('a', 'b', ''))
      .thenRefused('alias_empty', ['ingestAliases', 2]);
    given(customers).when(createWith('')).thenRefused('alias_empty', ['ingestAliases', 0]);
  });

  it('are 2,000 at most, repeats not counted', () => {
    const most = numbered(2000);
    given(customers, [createdWith()])
      .when(set(...most, 'a0'))
      .then(wasSet(...most));
    given(customers, [createdWith()])
      .when(set(...numbered(2001)))
      .thenRefused('too_many_aliases', ['ingestAliases']);
    given(customers)
      .when(createWith(...numbered(2001)))
      .thenRefused('too_many_aliases', ['ingestAliases']);
  });
});

const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const sets = fc.uniqueArray(keys, { maxLength: 5 });

describe('the keys of a customer', () => {
  it('are its id and its last aliases, and no others', () => {
    const state = fold(customers, [createdWith('a', 'b'), wasSet('b', 'c')]);
    expect([customerId, 'a', 'b', 'c'].map((key) => holds(state, key))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(holds(customers.initial, customerId)).toBe(false);
  });

  it('change exactly when a set with others comes', () => {
    fc.assert(
      fc.property(sets, sets, keys, (before, wanted, key) => {
        const history = [createdWith(...before)];
        const decision = decideChecked(customers, history, set(...wanted));
        if (isRefused(decision)) throw new Error('refused');
        const after = fold(customers, [...history, ...decision.events]);
        expect(holds(after, key)).toBe(wanted.includes(key));
        const same = [...before].sort().join() === [...wanted].sort().join();
        expect(decision.events).toHaveLength(same ? 0 : 1);
      }),
    );
  });

  it('are the same in whatever order they are sent', () => {
    fc.assert(
      fc.property(
        sets.chain((list) => fc.tuple(fc.constant(list), shuffled(list))),
        ([list, other]) => {
          const event = wasSet(...list);
          given(customers, [createdWith('z'), event])
            .when(set(...other))
            .thenNothing();
        },
      ),
    );
  });
});
