import { describe, expect, it } from 'vitest';
import { lateLines } from '../../src/invoices/late.ts';
import { rate } from '../../src/invoices/rating.ts';
import { type InvoiceLine } from '../../src/invoices/events.ts';
import { day, january, line, month, reading, segment, terms, total, wholeMonth } from './given.ts';

const rated = (quantity: string, price = '0.1') =>
  rate([terms('SUM', [segment(january, month(1), price)])], [reading(total(quantity))], 'USD');
const late = (of: ReturnType<typeof rated>, ...charged: readonly InvoiceLine[]) =>
  lateLines('inv_2', { period: wholeMonth, rated: of, charged });
const figures = (lines: readonly InvoiceLine[]) =>
  lines.map(({ quantity, amount }) => [quantity, amount]);

describe('late usage', () => {
  it('is what the period comes to now, less what was charged for it', () => {
    // 17 x 0.1 = 1.7; 1.7 - 1 = 0.7.
    const lines = late(rated('17'), line());
    expect(lines).toEqual([
      {
        lineId: expect.stringMatching(/^lin_[0-9a-f]{32}$/),
        type: 'LATE_USAGE',
        productId: 'emails',
        name: 'Product emails',
        startingAt: january,
        endingBefore: month(1),
        period: wholeMonth,
        segmentStart: january,
        quantity: '7',
        unitPrice: '0.1',
        amount: '0.7',
        tier: null,
        groupValues: null,
      },
    ]);
    expect(late(rated('17'), line())).toEqual(lines);
  });

  it('counts late lines that stand as charged', () => {
    // 17 - 10 - 4 = 3; 1.7 - 1 - 0.4 = 0.3.
    const before = line({ type: 'LATE_USAGE', quantity: '4', amount: '0.4' });
    expect(figures(late(rated('17'), line(), before))).toEqual([['3', '0.3']]);
  });

  it('is a difference of rounded amounts, not rounded again', () => {
    // At 0.005: 1 came to 0.01 (0.005 rounded), 2 come to 0.01, 3 to 0.02 (0.015 rounded).
    const charged = line({ quantity: '1', amount: '0.01', unitPrice: '0.005' });
    expect(figures(late(rated('2', '0.005'), charged))).toEqual([['1', '0']]);
    expect(figures(late(rated('3', '0.005'), charged))).toEqual([['2', '0.01']]);
  });

  it('may be negative', () => {
    // 4 - 10 = -6; 0.4 - 1 = -0.6.
    expect(figures(late(rated('4'), line()))).toEqual([['-6', '-0.6']]);
  });

  it('gives no line only where both differences are zero', () => {
    expect(late(rated('10'), line())).toEqual([]);
    // Free usage: the quantity alone differs.
    expect(figures(late(rated('11', '0'), line({ unitPrice: '0', amount: '0' })))).toEqual([
      ['1', '0'],
    ]);
    // The amount alone: 10 x 0.1 = 1 against 0.9 charged.
    expect(figures(late(rated('10'), line({ amount: '0.9' })))).toEqual([['0', '0.1']]);
  });

  it('takes everything back where the period comes to nothing any more', () => {
    const charged = line({ type: 'LATE_USAGE', quantity: '4', amount: '0.4' });
    expect(late([], charged)).toMatchObject([
      { type: 'LATE_USAGE', quantity: '-4', amount: '-0.4', unitPrice: '0.1', name: charged.name },
    ]);
  });

  it('is told apart by product and by segment', () => {
    const segments = [segment(january, day(10), '0.1'), segment(day(10), month(1), '0.2')];
    const two = rate(
      [terms('SUM', segments), terms('SUM', [segment(january, month(1), '1')], 'rows')],
      [reading(total('3'), total('5')), reading(total('2'))],
      'USD',
    );
    const lines = late(two, line({ segmentStart: day(10), quantity: '1', amount: '0.2' }));
    // 3 x 0.1; (5 - 1) at 5 x 0.2 - 0.2 = 0.8; 2 x 1.
    expect(
      lines.map((one) => [
        one.productId,
        one.segmentStart,
        one.quantity,
        one.amount,
        one.unitPrice,
      ]),
    ).toEqual([
      ['emails', january, '3', '0.3', '0.1'],
      ['emails', day(10), '4', '0.8', '0.2'],
      ['rows', january, '2', '2', '1'],
    ]);
    expect(lines.map(({ startingAt }) => startingAt)).toEqual([january, january, january]);
    expect(new Set(lines.map(({ lineId }) => lineId)).size).toBe(3);
  });

  it('sums several charged lines of one segment', () => {
    // 10 - (2 + 3) = 5; 1 - (0.2 + 0.3) = 0.5.
    const tiers = [line({ quantity: '2', amount: '0.2' }), line({ quantity: '3', amount: '0.3' })];
    expect(figures(late(rated('10'), ...tiers))).toEqual([['5', '0.5']]);
  });
});
