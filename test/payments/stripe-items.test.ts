import { describe, expect, it } from 'vitest';
import { decimal } from '../../src/kernel/decimal.ts';
import { currencyCodes, minorDigits } from '../../src/kernel/money.ts';
import { printStripeAmount, stripeAmount } from '../../src/payments/stripe-amounts.ts';
import { stripeItems } from '../../src/payments/stripe-items.ts';
import { content, line } from './content.ts';

describe('an amount', () => {
  it.each([
    ['USD', '12.34', 1234],
    ['USD', '-0.05', -5],
    ['USD', '0.001', null],
    ['JPY', '500', 500],
    ['KRW', '7', 7],
    ['KWD', '1.23', 1230],
    ['KWD', '1.234', null],
    ['ISK', '5', 500],
    ['UGX', '5', 500],
    ['HUF', '10.5', 1050],
    ['USD', '90071992547409.92', null],
  ])('of %s %s is %s at Stripe', (currency, amount, expected) => {
    const counted = stripeAmount(decimal(amount), currency);
    expect(counted).toBe(expected);
    if (counted !== null) expect(printStripeAmount(counted, currency)).toBe(amount);
  });

  it('of a whole number there is in every currency', () => {
    for (const currency of currencyCodes) {
      const counted = stripeAmount(decimal('3'), currency);
      expect([3, 300, 3000], currency).toContain(counted);
      // Stripe counts in hundredths where it does not count as ISO 4217 does.
      if (minorDigits(currency) === 2) expect(counted, currency).toBe(300);
    }
  });
});

describe('the items of an invoice', () => {
  it('are its lines, each with its amount, period, quantity and price', () => {
    const lines = [
      line(1, { quantity: '3000', unitPrice: '0.1', amount: '300' }),
      line(2, {
        quantity: '0.000000000001',
        unitPrice: '0.00012345',
        amount: '0.01',
        tier: 2,
        groupValues: { region: 'eu', zone: null },
        startingAt: '2025-03-15T06:00:00.000Z',
      }),
      line(3, { amount: '0' }),
      line(4, { type: 'LATE_USAGE', quantity: '-2', amount: '-0.2' }),
      line(5, {
        type: 'SCHEDULED',
        name: 'Fee',
        endingBefore: '2025-03-01T00:00:00.000Z',
        quantity: '1',
        unitPrice: null,
        amount: '10',
      }),
    ];
    const items = stripeItems(content({ lines }));
    expect(items.map((item) => [item.itemId, item.amount, item.description])).toEqual([
      ['lin_1', 30000, 'Product 1, 2025-03-01 to 2025-04-01: 3000 x 0.1 USD'],
      [
        'lin_2',
        1,
        'Product 2 (tier 2, region: eu, zone: -), 2025-03-15 06:00 to 2025-04-01: 0.000000000001 x 0.00012345 USD',
      ],
      ['lin_4', -20, 'Product 4 (late usage), 2025-03-01 to 2025-04-01: -2 x 0.1 USD'],
      ['lin_5', 1000, 'Fee, 2025-03-01: 1'],
    ]);
    expect(items[0]).toMatchObject({
      period: { start: 1740787200, end: 1743465600 },
      metadata: { paygo_quantity: '3000', paygo_unit_price: '0.1' },
    });
  });

  it('are one for all lines of a product where there are more than 250', () => {
    // 1.01 + 1.02 + ... + 1.20 of product 0, and so on: 15 products of 20 lines.
    const lines = Array.from({ length: 300 }, (_, index) =>
      line(index, {
        productId: `prd_${String(Math.floor(index / 20))}`,
        amount: `1.${String((index % 20) + 1).padStart(2, '0')}`,
      }),
    );
    const items = stripeItems(content({ lines }));
    expect(items).toHaveLength(15);
    // 20 x 1.00 + (1 + 2 + ... + 20) x 0.01 = 22.10
    expect(items.map(({ amount }) => amount)).toEqual(Array(15).fill(2210));
    const [first] = items;
    expect(first?.description).toContain('20 lines, all in invoice inv_1');
    expect(first?.description).toContain(
      'Product 1, 2025-03-01 to 2025-04-01: 10 x 0.1 USD = 1.02',
    );
    expect(first?.description.length).toBeLessThanOrEqual(500);
    expect(first?.metadata).toEqual({ paygo_lines: '20' });
    expect(new Set(items.map(({ itemId }) => itemId)).size).toBe(15);
  });

  it('are as few as there must be where there are more than 250 products', () => {
    const lines = Array.from({ length: 300 }, (_, index) =>
      line(index, { productId: `prd_${String(index)}`, amount: '1' }),
    );
    expect(stripeItems(content({ lines })).map(({ amount }) => amount)).toEqual([30000]);
  });

  it('are joined where only their sum is an amount at Stripe', () => {
    const lines = [line(1, { amount: '1.234' }), line(2, { amount: '1.006' })];
    const items = stripeItems(content({ currency: 'KWD', lines }));
    expect(items.map(({ amount }) => amount)).toEqual([2240]);
    const odd = content({ currency: 'KWD', lines: lines.slice(1) });
    expect(() => stripeItems(odd)).toThrow('Stripe has no such amounts of KWD');
  });
});
