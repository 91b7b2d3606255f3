import fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import {
  type EventTypeFilter,
  type Metric,
  type PropertyFilter,
} from '../../src/catalog/events.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { decimal, printDecimal } from '../../src/kernel/decimal.ts';
import { type UsageLine } from '../../src/usage/events.ts';
import { plainNumber, sees } from '../../src/usage/filters.ts';

const seen = (
  eventTypeFilter: Partial<EventTypeFilter>,
  propertyFilters: readonly (Partial<PropertyFilter> & { readonly name: string })[],
  properties: UsageLine['properties'] = {},
): boolean => {
  const metric: Metric = {
    metricId: 'met',
    name: 'Metric',
    aggregation: 'COUNT',
    aggregationKey: null,
    eventTypeFilter: { inValues: null, notInValues: null, ...eventTypeFilter },
    propertyFilters: propertyFilters.map((filter) => ({
      exists: null,
      inValues: null,
      notInValues: null,
      ...filter,
    })),
    groupKeys: [],
    createdAt: instant('2024-01-01T00:00:00Z'),
  };
  return sees(metric, { eventType: 'email', properties });
};

describe('an event-type filter', () => {
  it('lets any type through when it names none', () => {
    expect(seen({}, [])).toBe(true);
  });

  it('wants the type to be in one list and not in the other', () => {
    expect(seen({ inValues: ['email', 'sms'] }, [])).toBe(true);
    expect(seen({ inValues: ['sms'] }, [])).toBe(false);
    expect(seen({ notInValues: ['email'] }, [])).toBe(false);
    expect(seen({ notInValues: ['sms'] }, [])).toBe(true);
    expect(seen({ inValues: ['email'], notInValues: ['email'] }, [])).toBe(false);
  });
});

describe('property filters', () => {
  it('want a property to be there, or to be absent', () => {
    expect(seen({}, [{ name: 'a', exists: true }], { a: '' })).toBe(true);
    expect(seen({}, [{ name: 'a', exists: true }], {})).toBe(false);
    expect(seen({}, [{ name: 'a', exists: false }], { a: false })).toBe(false);
    expect(seen({}, [{ name: 'a', exists: false }], {})).toBe(true);
  });

  it('compare values as text: numbers by their shortest form, booleans by their word', () => {
    expect(seen({}, [{ name: 'a', inValues: ['1.5'] }], { a: 1.5 })).toBe(true);
    expect(seen({}, [{ name: 'a', inValues: ['1000000000000000000000'] }], { a: 1e21 })).toBe(true);
    expect(seen({}, [{ name: 'a', inValues: ['true'] }], { a: true })).toBe(true);
    expect(seen({}, [{ name: 'a', inValues: ['1'] }], { a: '1.0' })).toBe(false);
    expect(seen({}, [{ name: 'a', notInValues: ['1'] }], { a: 1 })).toBe(false);
  });

  it('find an absent property in no list', () => {
    expect(seen({}, [{ name: 'a', inValues: ['x'] }], {})).toBe(false);
    expect(seen({}, [{ name: 'a', notInValues: ['x'] }], {})).toBe(true);
    expect(seen({}, [{ name: 'toString', exists: true }], {})).toBe(false);
  });

  it('must all hold', () => {
    const both = [
      { name: 'a', inValues: ['1'] },
      { name: 'b', inValues: ['2'] },
    ];
    expect(seen({}, both, { a: 1, b: 2 })).toBe(true);
    expect(seen({}, both, { a: 1, b: 3 })).toBe(false);
  });
});

describe('a number as plain text', () => {
  it.each([
    [1e21, '1000000000000000000000'],
    [1.25e22, '12500000000000000000000'],
    [-1e-7, '-0.0000001'],
    [1.5e-10, '0.00000000015'],
    [0.1, '0.1'],
    [-0, '0'],
  ])('writes %d as %s', (number, text) => {
    expect(plainNumber(number)).toBe(text);
  });

  it('is the same number, in plain notation, for every number', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (number) => {
        const text = plainNumber(number);
        expect(Number(text)).toBe(number === 0 ? 0 : number);
        if (!Object.is(number, -0)) expect(printDecimal(decimal(text))).toBe(text);
      }),
    );
  });
});
