import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openScheduledPeriods } from '../../src/contracts/periods.ts';
import { present } from '../../src/kernel/invariant.ts';
import { decimal, printDecimal, sum } from '../../src/kernel/decimal.ts';
import { scheduledInvoice, usageInvoice } from '../../src/invoices/draft.ts';
import { rate } from '../../src/invoices/rating.ts';
import { decimalText, prices } from '../support/arbitraries.ts';
import {
  closed,
  contract,
  contractId,
  customerId,
  day,
  firstOpen,
  january,
  line,
  month,
  reading,
  segment,
  terms,
  total,
  usageId,
  wholeMonth,
} from './given.ts';

describe('the draft of a period', () => {
  it('is its usage and the late usage that it settles', () => {
    const of = contract({ netPaymentTermsDays: 14 }, closed(0, 1));
    const february = { startingAt: month(1), endingBefore: month(2) };
    const own = terms('SUM', [segment(month(1), month(2), '0.15')], 'rows');
    const settlement = {
      period: wholeMonth,
      rated: rate([terms('SUM')], [reading(total('17'))], 'USD'),
      charged: [line()],
    };
    const draft = usageInvoice(of, firstOpen(of), {
      terms: [own],
      readings: [reading(total('500'))],
      settlements: [settlement],
    });
    // 500 x 0.15 = 75; late: (17 - 10) x 0.1 = 0.7; together 75.7.
    expect(draft).toMatchObject({
      invoiceId: usageId(month(1)),
      customerId,
      contractId,
      invoiceType: 'USAGE',
      periodStart: month(1),
      periodEnd: month(2),
      currency: 'USD',
      lines: [
        { type: 'USAGE', productId: 'rows', period: february, quantity: '500', amount: '75' },
        { type: 'LATE_USAGE', productId: 'emails', quantity: '7', amount: '0.7' },
      ],
      total: '75.7',
      terms: [own],
      daysUntilDue: 14,
    });
  });

  it('without usage is zero, due in thirty days', () => {
    const nothing = { terms: [], readings: [], settlements: [] };
    expect(usageInvoice(contract(), firstOpen(contract()), nothing)).toMatchObject({
      lines: [],
      total: '0',
      daysUntilDue: 30,
    });
  });

  it('has lines that sum to its total, whatever was used at whatever price', () => {
    const product = fc.tuple(decimalText, prices, decimalText, prices);
    fc.assert(
      fc.property(fc.array(product, { maxLength: 6 }), decimalText, (products, charged) => {
        const all = products.map(([, price, , second], index) =>
          terms(
            'SUM',
            [segment(january, day(9), price), segment(day(9), month(1), second)],
            `product ${String(index)}`,
          ),
        );
        const readings = products.map(([quantity, , later]) =>
          reading(total(quantity), total(later)),
        );
        const settlement = {
          period: wholeMonth,
          rated: rate(all, readings, 'USD'),
          charged: [line({ quantity: charged })],
        };
        const draft = usageInvoice(contract(), firstOpen(contract()), {
          terms: all,
          readings,
          settlements: [settlement],
        });
        expect(draft.lines.length).toBeGreaterThanOrEqual(2 * products.length);
        expect(draft.total).toBe(printDecimal(sum(draft.lines.map((one) => decimal(one.amount)))));
        const ids = draft.lines.map(({ lineId }) => lineId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });
});

describe('the draft of scheduled charges', () => {
  const occurrence = (timestamp: typeof january, amount: string) => ({
    timestamp,
    quantity: '1',
    unitPrice: amount,
    amount,
  });
  const charge = (chargeId: string, amount: string, ...instants: readonly (typeof january)[]) => ({
    chargeId,
    productId: 'fee',
    name: `Fee ${chargeId}`,
    occurrences: instants.map((at) => occurrence(at, amount)),
  });

  it('has one line for each charge that falls on its instant', () => {
    const of = contract({
      scheduledCharges: [
        charge('a', '10', january, month(1)),
        charge('b', '2.5', month(1)),
        charge('c', '9', month(2)),
      ],
    });
    const [, second] = openScheduledPeriods(of);
    const draft = scheduledInvoice(of, present(second, 'three instants'));
    // 10 + 2.5 = 12.5
    expect(draft).toMatchObject({
      invoiceType: 'SCHEDULED',
      periodStart: month(1),
      periodEnd: month(1),
      total: '12.5',
      terms: [],
      lines: [
        {
          type: 'SCHEDULED',
          name: 'Fee a',
          startingAt: month(1),
          endingBefore: month(1),
          quantity: '1',
          unitPrice: '10',
          amount: '10',
        },
        { type: 'SCHEDULED', name: 'Fee b', amount: '2.5' },
      ],
    });
    expect(draft.lines).toHaveLength(2);
    expect(draft.lines[0]?.lineId).not.toBe(draft.lines[1]?.lineId);
  });
});
