import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  groupKeyFrom,
  groupKeyOf,
  groupProperties,
  mergeReadings,
  namedValues,
  regrouping,
  type MeterReading,
} from '../../src/usage/groups.ts';
import { type Tally } from '../../src/usage/metering.ts';
import { type PropertyValue } from '../../src/usage/events.ts';
import { decimal, printDecimal } from '../../src/kernel/decimal.ts';

const key = (properties: Readonly<Record<string, PropertyValue>>, ...names: readonly string[]) =>
  groupKeyOf(names, { properties });

describe('the properties of a metric', () => {
  it('are those of all its group keys, each once, sorted', () => {
    expect(groupProperties([['region', 'tier'], ['model'], ['tier']])).toEqual([
      'model',
      'region',
      'tier',
    ]);
    expect(groupProperties([])).toEqual([]);
  });
});

describe('the group of an event', () => {
  it('is a list of its values in the order of the names', () => {
    expect(key({ region: 'eu', tier: 'gold', other: 'x' }, 'region', 'tier')).toBe('["eu","gold"]');
    expect(key({ tier: 'gold', region: 'eu' }, 'region', 'tier')).toBe('["eu","gold"]');
  });

  it('takes numbers by their shortest form, booleans as words, strings as they are', () => {
    expect(
      key({ a: 1.5, b: 1e21, c: 0.0000001, d: true, e: '1.50' }, 'a', 'b', 'c', 'd', 'e'),
    ).toBe('["1.5","1000000000000000000000","0.0000001","true","1.50"]');
    expect(key({ a: 1 }, 'a')).toBe(key({ a: '1' }, 'a'));
    expect(key({ a: '1' }, 'a')).not.toBe(key({ a: '1.0' }, 'a'));
  });

  it('has null for what is missing, which is no text', () => {
    expect(key({ a: 'x' }, 'a', 'b')).toBe('["x",null]');
    expect(key({ b: 'null' }, 'b')).not.toBe(key({}, 'b'));
    expect(key({ b: '' }, 'b')).not.toBe(key({}, 'b'));
    expect(key({}, 'constructor', '__proto__')).toBe('[null,null]');
  });

  it('is empty where nothing is grouped by', () => {
    expect(key({ a: 'x' })).toBe('');
    expect(namedValues([], '')).toEqual({});
  });

  it('is text that every store gives back, and keeps values apart', () => {
    const texts = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(texts, texts, texts, texts, (a, b, c, d) => {
        const [first, second] = [key({ a, b }, 'a', 'b'), key({ a: c, b: d }, 'a', 'b')];
        expect(first === second).toBe(a === c && b === d);
        expect(first.isWellFormed() && !first.includes('\u0000')).toBe(true);
        expect(namedValues(['a', 'b'], first)).toEqual({ a, b });
        expect(groupKeyFrom({ b, a })).toBe(first);
      }),
    );
  });
});

describe('a coarser group', () => {
  it('is by some of the properties, in their order', () => {
    const names = ['model', 'region', 'tier'];
    const group = '["m","eu",null]';
    expect(regrouping(names, ['region', 'tier'])(group)).toBe('["eu",null]');
    expect(regrouping(names, ['tier'])(group)).toBe('[null]');
    expect(regrouping(names, [])(group)).toBe('');
    expect(regrouping(names, names)(group)).toBe(group);
    const coarser = regrouping(names, ['model']);
    expect([coarser(group), coarser(group), coarser('["n","eu",null]')]).toEqual([
      '["m"]',
      '["m"]',
      '["n"]',
    ]);
  });
});

describe('two readings as one', () => {
  const total = (quantity: string): Tally => ({ aggregation: 'SUM', total: decimal(quantity) });
  const figures = (reading: MeterReading) =>
    Object.fromEntries(
      [...reading].map(([group, tallies]) => [
        group,
        tallies.map((tally) => tally && 'total' in tally && printDecimal(tally.total)),
      ]),
    );

  it('are added group by group and interval by interval', () => {
    const a: MeterReading = new Map([
      ['x', [total('1'), null, null]],
      ['y', [total('2'), null, total('3')]],
    ]);
    const b: MeterReading = new Map([
      ['y', [total('5'), total('7'), null]],
      ['z', [null, null, total('9')]],
    ]);
    const expected = { x: ['1', null, null], y: ['7', '7', '3'], z: [null, null, '9'] };
    expect(figures(mergeReadings(a, b))).toEqual(expected);
    expect(figures(mergeReadings(b, a))).toEqual(expected);
    expect(a.get('y')).toEqual([total('2'), null, total('3')]);
  });
});
