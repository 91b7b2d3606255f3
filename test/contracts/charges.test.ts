import { describe, expect, it } from 'vitest';
import { contracts } from '../../src/contracts/decider.ts';
import { scheduleCharges } from '../../src/contracts/charges.ts';
import { type RecurringSchedule } from '../../src/contracts/commands.ts';
import { type Occurrence } from '../../src/contracts/events.ts';
import { given } from '../support/given-when-then.ts';
import { at, contractId, create, month, monthly, october, otherId, products } from './asked.ts';

const contract = { contractId, currency: 'USD', startingAt: october, endingBefore: null };
const schedule = (change: Partial<RecurringSchedule> = {}) => {
  const charges = scheduleCharges(contract, [monthly(change)], products);
  if ('refused' in charges) throw new Error(charges.refused.reason);
  return charges[0]?.occurrences ?? [];
};
const days = (occurrences: readonly Occurrence[]) =>
  occurrences.map(({ timestamp }) => timestamp.slice(0, 10));

describe('a recurring charge', () => {
  it('falls due every month from its start until before its end', () => {
    expect(schedule()).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => ({
        timestamp: month(index),
        quantity: '1',
        unitPrice: '10',
        amount: '10',
      })),
    );
  });

  it('falls on the last day of months that have no such day, and comes back to its own', () => {
    const startingAt = at('2024-10-31T00:00:00Z');
    expect(days(schedule({ startingAt, endingBefore: at('2025-05-31T01:00:00Z') }))).toEqual([
      '2024-10-31',
      '2024-11-30',
      '2024-12-31',
      '2025-01-31',
      '2025-02-28',
      '2025-03-31',
      '2025-04-30',
      '2025-05-31',
    ]);
  });

  it('does not fall on its end', () => {
    const startingAt = at('2024-10-31T00:00:00Z');
    expect(days(schedule({ startingAt, endingBefore: at('2024-11-30T00:00:00Z') }))).toEqual([
      '2024-10-31',
    ]);
    expect(schedule({ endingBefore: at('2024-10-01T01:00:00Z') })).toHaveLength(1);
  });

  it('costs quantity times unit price each time', () => {
    // 2.5 x 4.10 = 10.25; 3 x 0.003 = 0.009 is finer than a cent, 1000 x 0.003 = 3 is not.
    const amounts = (quantity: string, unitPrice: string) =>
      schedule({ amount: null, quantity, unitPrice }).map(({ amount }) => amount);
    expect(amounts('2.5', '4.1')).toEqual(Array(6).fill('10.25'));
    expect(amounts('1000', '0.003')).toEqual(Array(6).fill('3'));
    expect(amounts('0', '5')).toEqual(Array(6).fill('0'));
    expect(schedule({ amount: null, quantity: '2.5', unitPrice: '4.1' })[0]).toMatchObject({
      quantity: '2.5',
      unitPrice: '4.1',
    });
  });

  it('is named after its product unless it has a name, and has an id of its own', () => {
    const charges = (id: string) =>
      scheduleCharges(
        { ...contract, contractId: id },
        [monthly(), { ...monthly(), name: null }],
        products,
      );
    expect(charges(contractId)).toMatchObject([
      { productId: 'fee', name: 'AI model configuration' },
      { productId: 'fee', name: 'Product fee' },
    ]);
    const ids = [charges(contractId), charges(otherId)].flatMap((list) =>
      'refused' in list ? [] : list.map(({ chargeId }) => chargeId),
    );
    expect(new Set(ids).size).toBe(4);
    expect(charges(contractId)).toEqual(charges(contractId));
  });

  it('may fall on the last hour of the contract', () => {
    const endingBefore = at('2025-03-01T01:00:00Z');
    const asked = { endingBefore, scheduledCharges: [monthly()] };
    const decision = contracts.decide(create(asked), contracts.initial);
    expect(decision).toMatchObject({ events: [{ scheduledCharges: [{ productId: 'fee' }] }] });
  });
});

const late = at('2024-10-01T00:00:01Z');
const refusals: readonly [Partial<RecurringSchedule>, string, string][] = [
  [{ startingAt: late }, 'not_on_hour', 'startingAt'],
  [{ endingBefore: late }, 'not_on_hour', 'endingBefore'],
  [{ endingBefore: october }, 'ends_before_start', 'endingBefore'],
  [{ endingBefore: month(-1) }, 'ends_before_start', 'endingBefore'],
  [{ amount: null }, 'amount_or_unit_price', 'amount'],
  [{ amount: null, quantity: '1' }, 'amount_or_unit_price', 'amount'],
  [{ amount: null, unitPrice: '1' }, 'amount_or_unit_price', 'amount'],
  [{ quantity: '1' }, 'amount_or_unit_price', 'amount'],
  [{ unitPrice: '1' }, 'amount_or_unit_price', 'amount'],
  [{ amount: '-0.01' }, 'amount_negative', 'amount'],
  [{ amount: null, unitPrice: '-1', quantity: '2' }, 'amount_negative', 'unitPrice'],
  [{ amount: null, unitPrice: '1', quantity: '-2' }, 'amount_negative', 'quantity'],
  [{ amount: null, unitPrice: '-1', quantity: '-2' }, 'amount_negative', 'unitPrice'],
  [{ amount: '0.001' }, 'amount_finer_than_minor_unit', 'amount'],
  [
    { amount: null, unitPrice: '0.003', quantity: '3' },
    'amount_finer_than_minor_unit',
    'unitPrice',
  ],
  [{ startingAt: month(-1) }, 'charge_outside_contract', 'startingAt'],
  [{ endingBefore: month(7) }, 'charge_outside_contract', 'endingBefore'],
  [{ endingBefore: at('2858-02-01T01:00:00Z') }, 'too_many_occurrences', 'endingBefore'],
];

describe('a scheduled charge', () => {
  it.each(refusals)('is refused: %j, as %s', (change, reason, field) => {
    const scheduledCharges = [monthly(), monthly(change)];
    given(contracts)
      .when(create({ endingBefore: month(6), scheduledCharges }))
      .thenRefused(reason, ['scheduledCharges', 1, 'schedule', 'recurringSchedule', field]);
  });

  it('may have ten thousand occurrences', () => {
    // 10,000 months from October 2024: occurrence 10,000 would fall 833 years and 4 months on, in
    // February 2858.
    expect(schedule({ endingBefore: at('2858-02-01T00:00:00Z') })).toHaveLength(10_000);
  });

  it('is of a product that exists and is not metered', () => {
    const of = (productId: string) =>
      given(contracts).when(create({ scheduledCharges: [{ ...monthly(), productId }] }));
    of('nothing').thenRefused('product_not_found', ['scheduledCharges', 0, 'productId']);
    of('constructor').thenRefused('product_not_found', ['scheduledCharges', 0, 'productId']);
    of('emails').thenRefused('product_not_fixed', ['scheduledCharges', 0, 'productId']);
  });

  it('has a name of 1 to 255 characters, if any', () => {
    const named = (name: string) =>
      given(contracts).when(create({ scheduledCharges: [{ ...monthly(), name }] }));
    named(' ').thenRefused('name_empty', ['scheduledCharges', 0, 'name']);
    named('x'.repeat(256)).thenRefused('name_too_long', ['scheduledCharges', 0, 'name']);
  });

  it('is as fine as the currency of its contract', () => {
    const inCurrency = (currency: string, amount: string) =>
      scheduleCharges({ ...contract, currency }, [monthly({ amount })], products);
    expect(inCurrency('JPY', '0.5')).toHaveProperty(
      'refused.reason',
      'amount_finer_than_minor_unit',
    );
    expect(inCurrency('JPY', '5')).toHaveLength(1);
    expect(inCurrency('KWD', '0.001')).toHaveLength(1);
  });
});
