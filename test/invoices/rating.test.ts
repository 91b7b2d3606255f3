import { describe, expect, it } from 'vitest';
import { decimal, printDecimal } from '../../src/kernel/decimal.ts';
import { BrokenInvariant } from '../../src/kernel/invariant.ts';
import { type ProductTerms } from '../../src/invoices/events.ts';
import { rate, usageLines } from '../../src/invoices/rating.ts';
import { type Tally } from '../../src/usage/metering.ts';
import { day, january, month, reading, segment, terms, total, wholeMonth } from './given.ts';

/** 0.1 until the 10th, 0.2 from then on. */
const twoPrices = [segment(january, day(10), '0.1'), segment(day(10), month(1), '0.2')];
const lines = (of: ProductTerms, tallies: readonly (Tally | null)[]) =>
  rate([of], [reading(...tallies)], 'USD').map(({ segment, lines }) => [
    segment.startingAt.slice(5, 10),
    ...lines.map(({ quantity, amount }) => `${printDecimal(quantity)} ${printDecimal(amount)}`),
  ]);

describe('the lines of a period', () => {
  it('are one for each segment, zero ones too', () => {
    // 3 x 0.1 = 0.3; 5 x 0.2 = 1.
    expect(lines(terms('SUM', twoPrices), [total('3'), total('5')])).toEqual([
      ['01-01', '3 0.3'],
      ['01-10', '5 1'],
    ]);
    expect(lines(terms('SUM', twoPrices), [null, total('5')])).toEqual([
      ['01-01', '0 0'],
      ['01-10', '5 1'],
    ]);
  });

  it('leave out segments that are not billed', () => {
    const half = [segment(january, day(10), null), segment(day(10), month(1), '0.2')];
    expect(lines(terms('SUM', half), [total('3'), total('5')])).toEqual([['01-10', '5 1']]);
  });

  it('round each for itself', () => {
    // Twice 0.1 x 0.05 = 0.005 rounds to 0.01 each; 0.2 x 0.05 at once would be 0.01.
    const halves = [segment(january, day(10), '0.05'), segment(day(10), month(1), '0.05')];
    expect(lines(terms('SUM', halves), [total('0.1'), total('0.1')])).toEqual([
      ['01-01', '0.1 0.01'],
      ['01-10', '0.1 0.01'],
    ]);
  });

  it('need a reading for every product', () => {
    expect(() => rate([terms('SUM'), terms('SUM')], [reading(null)], 'USD')).toThrow(
      BrokenInvariant,
    );
  });

  it('are dated with their segment, and keep their ids apart', () => {
    const rated = rate([terms('SUM', twoPrices)], [reading(total('3'), total('5'))], 'USD');
    const written = usageLines('inv_1', wholeMonth, rated);
    expect(written).toMatchObject([
      {
        type: 'USAGE',
        productId: 'emails',
        name: 'Product emails',
        startingAt: january,
        endingBefore: day(10),
        period: wholeMonth,
        segmentStart: january,
        quantity: '3',
        unitPrice: '0.1',
        amount: '0.3',
        tier: null,
        groupValues: null,
      },
      { startingAt: day(10), endingBefore: month(1), quantity: '5', amount: '1' },
    ]);
    const ids = [...written, ...usageLines('inv_2', wholeMonth, rated)].map((one) => one.lineId);
    expect(new Set(ids).size).toBe(4);
    expect(usageLines('inv_1', wholeMonth, rated)).toEqual(written);
  });
});

describe('over a change of price', () => {
  const max = (value: string, at: typeof january): Tally => ({
    aggregation: 'MAX',
    value: decimal(value),
    at,
  });
  const latest = (value: string, at: typeof january): Tally => ({
    aggregation: 'LATEST',
    value: decimal(value),
    at,
    order: '1',
  });
  const unique = (...first: readonly [string, typeof january][]): Tally => ({
    aggregation: 'UNIQUE',
    firstAt: new Map(first),
  });

  it('MAX stands once, where the largest came first', () => {
    expect(lines(terms('MAX', twoPrices), [max('7', day(2)), max('9', day(12))])).toEqual([
      ['01-01', '0 0'],
      ['01-10', '9 1.8'],
    ]);
    expect(lines(terms('MAX', twoPrices), [max('9', day(2)), max('9', day(12))])).toEqual([
      ['01-01', '9 0.9'],
      ['01-10', '0 0'],
    ]);
  });

  it('LATEST stands once, where the last event came', () => {
    expect(lines(terms('LATEST', twoPrices), [latest('9', day(2)), latest('-4', day(12))])).toEqual(
      [
        ['01-01', '0 0'],
        ['01-10', '-4 -0.8'],
      ],
    );
    expect(lines(terms('LATEST', twoPrices), [latest('9', day(2)), null])).toEqual([
      ['01-01', '9 0.9'],
      ['01-10', '0 0'],
    ]);
  });

  it('UNIQUE counts each value once, where it came first', () => {
    const first = unique(['a', day(2)], ['b', day(3)]);
    const second = unique(['a', day(11)], ['c', day(12)]);
    expect(lines(terms('UNIQUE', twoPrices), [first, second])).toEqual([
      ['01-01', '2 0.2'],
      ['01-10', '1 0.2'],
    ]);
  });

  it('what is decided in a segment that is not billed is not billed elsewhere', () => {
    const unbilled = [segment(january, day(10), null), segment(day(10), month(1), '0.2')];
    expect(lines(terms('MAX', unbilled), [max('9', day(2)), max('7', day(12))])).toEqual([
      ['01-10', '0 0'],
    ]);
    const seen = [unique(['a', day(2)]), unique(['a', day(11)], ['c', day(12)])];
    expect(lines(terms('UNIQUE', unbilled), seen)).toEqual([['01-10', '1 0.2']]);
  });
});
