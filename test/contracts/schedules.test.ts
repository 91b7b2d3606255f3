import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleCharges } from '../../src/contracts/charges.ts';
import {
  type RecurringSchedule,
  type ScheduledChargeInput,
  type ScheduleItem,
} from '../../src/contracts/commands.ts';
import { contracts } from '../../src/contracts/decider.ts';
import { boundary } from '../../src/kernel/calendar.ts';
import {
  compare,
  decimal,
  multiply,
  printDecimal,
  reduced,
  subtract,
  sum,
} from '../../src/kernel/decimal.ts';
import { currencyCodes, minorDigits } from '../../src/kernel/money.ts';
import { frequencies } from '../support/arbitraries.ts';
import { given } from '../support/given-when-then.ts';
import { at, contractId, create, month, monthly, october, products } from './asked.ts';

const contract = { contractId, startingAt: october, endingBefore: null };

const occurrences = (charge: ScheduledChargeInput, currency = 'USD') => {
  const charges = scheduleCharges({ ...contract, currency }, [charge], products);
  if ('refused' in charges) throw new Error(charges.refused.reason);
  return charges[0]?.occurrences ?? [];
};
const amounts = (change: Partial<RecurringSchedule>, currency?: string) =>
  occurrences(monthly(change), currency).map(({ amount }) => amount);

const items = (...scheduleItems: readonly Partial<ScheduleItem>[]): ScheduledChargeInput => ({
  productId: 'fee',
  name: null,
  recurringSchedule: null,
  scheduleItems: scheduleItems.map((item) => ({
    ...{ timestamp: october, amount: '10', unitPrice: null, quantity: null },
    ...item,
  })),
});

describe('a charge that is divided', () => {
  // October to March: six occurrences.
  it.each([
    ['60', 'USD', ['10', '10', '10', '10', '10', '10']],
    // 10000 cents = 6 x 1666 + 4.
    ['100', 'USD', ['16.67', '16.67', '16.67', '16.67', '16.66', '16.66']],
    ['0.05', 'USD', ['0.01', '0.01', '0.01', '0.01', '0.01', '0']],
    ['0', 'USD', ['0', '0', '0', '0', '0', '0']],
    // 100 yen = 6 x 16 + 4; 100000 fils = 6 x 16666 + 4.
    ['100', 'JPY', ['17', '17', '17', '17', '16', '16']],
    ['100', 'KWD', ['16.667', '16.667', '16.667', '16.667', '16.666', '16.666']],
    // 2^53 + 1 = 9007199254740993 = 6 x 1501199875790165 + 3.
    [
      '9007199254740993',
      'JPY',
      [...Array<string>(3).fill('1501199875790166'), ...Array<string>(3).fill('1501199875790165')],
    ],
  ])('comes to %s %s in the end, the odd minor units first', (amount, currency, parts) => {
    expect(amounts({ amount, amountDistribution: 'DIVIDED' }, currency)).toEqual(parts);
  });

  it.each([
    ['100', 'USD', ['16', '16', '16', '16', '16', '20']],
    ['99.99', 'USD', ['16', '16', '16', '16', '16', '19.99']],
    ['5.50', 'USD', ['0', '0', '0', '0', '0', '5.5']],
    ['100', 'JPY', ['16', '16', '16', '16', '16', '20']],
    ['7.001', 'KWD', ['1', '1', '1', '1', '1', '2.001']],
  ])('in whole major units leaves the rest of %s %s to the last', (amount, currency, parts) => {
    expect(amounts({ amount, amountDistribution: 'DIVIDED_ROUNDED' }, currency)).toEqual(parts);
  });

  it('may be given by unit price and quantity; each part is one of its own', () => {
    // 4 x 25.01 = 100.04: 10004 cents = 6 x 1667 + 2.
    const priced = { amount: null, unitPrice: '25.01', quantity: '4' };
    const parts = occurrences(monthly({ ...priced, amountDistribution: 'DIVIDED' }));
    const part = (amount: string) => ({ quantity: '1', unitPrice: amount, amount });
    expect(parts.map(({ timestamp: _at, ...rest }) => rest)).toEqual(
      ['16.68', '16.68', '16.67', '16.67', '16.67', '16.67'].map(part),
    );
  });

  it('is charged whole where it falls due once', () => {
    const once = { endingBefore: month(1), amount: '9.99' } as const;
    expect(amounts({ ...once, amountDistribution: 'DIVIDED' })).toEqual(['9.99']);
    expect(amounts({ ...once, amountDistribution: 'DIVIDED_ROUNDED' })).toEqual(['9.99']);
  });

  it('is refused where the whole is finer than the minor unit, though its parts were not', () => {
    const scheduledCharges = [monthly({ amount: '0.006', amountDistribution: 'DIVIDED' })];
    given(contracts)
      .when(create({ scheduledCharges }))
      .thenRefused('amount_finer_than_minor_unit', [
        ...['scheduledCharges', 0, 'schedule', 'recurringSchedule', 'amount'],
      ]);
  });

  it('adds up to the whole in every currency, its parts as equal as they can be', () => {
    const cases = fc.record({
      currency: fc.constantFrom(...currencyCodes),
      units: fc.bigInt({ min: 0n, max: 10n ** 20n }),
      frequency: frequencies,
      times: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(cases, ({ currency, units, frequency, times }) => {
        const digits = minorDigits(currency);
        const amount = printDecimal(reduced(units, digits));
        const endingBefore = boundary(october, frequency, times);
        const divided = (amountDistribution: 'DIVIDED' | 'DIVIDED_ROUNDED') =>
          amounts({ amount, endingBefore, frequency, amountDistribution }, currency).map(decimal);

        const parts = divided('DIVIDED');
        expect(parts).toHaveLength(times);
        expect(printDecimal(sum(parts))).toBe(amount);
        const [first, last] = [parts.at(0) ?? decimal('0'), parts.at(-1) ?? decimal('0')];
        expect(compare(subtract(first, last), reduced(1n, digits))).toBeLessThanOrEqual(0);
        parts.slice(1).forEach((part, index) => {
          expect(compare(part, parts[index] ?? part)).toBeLessThanOrEqual(0);
          expect(part.scale).toBeLessThanOrEqual(digits);
        });

        const rounded = divided('DIVIDED_ROUNDED');
        expect(printDecimal(sum(rounded))).toBe(amount);
        const whole = units / (10n ** BigInt(digits) * BigInt(times));
        expect(rounded.slice(0, -1).map(printDecimal)).toEqual(
          Array(times - 1).fill(whole.toString()),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('a recurring charge of any frequency', () => {
  it('falls due at its start plus k times the frequency, before its end', () => {
    fc.assert(
      fc.property(frequencies, fc.integer({ min: 1, max: 200 }), (frequency, times) => {
        const startingAt = at('2024-02-29T05:00:00Z');
        const charge = monthly({
          ...{ startingAt, frequency },
          endingBefore: boundary(startingAt, frequency, times),
        });
        const early = { ...contract, startingAt, currency: 'USD' };
        const charges = scheduleCharges(early, [charge], products);
        const due = 'refused' in charges ? [] : (charges[0]?.occurrences ?? []);
        expect(due.map(({ timestamp }) => timestamp)).toEqual(
          Array.from({ length: times }, (_, k) => boundary(startingAt, frequency, k)),
        );
      }),
    );
  });

  it.each([
    ['WEEKLY', ['2024-10-31', '2024-11-07', '2024-11-14']],
    ['QUARTERLY', ['2024-10-31', '2025-01-31', '2025-04-30']],
    ['SEMI_ANNUAL', ['2024-10-31', '2025-04-30', '2025-10-31']],
    ['ANNUAL', ['2024-10-31', '2025-10-31', '2026-10-31']],
  ] as const)('%s falls due on %j', (frequency, days) => {
    const startingAt = at('2024-10-31T00:00:00Z');
    const endingBefore = at(`${days[2]}T01:00:00Z`);
    const due = occurrences(monthly({ startingAt, endingBefore, frequency }));
    expect(due.map(({ timestamp }) => timestamp.slice(0, 10))).toEqual(days);
  });
});

describe('a charge item by item', () => {
  it('falls due at each instant with its own price, in order of time', () => {
    const charge = items(
      { timestamp: month(2), amount: null, unitPrice: '2.5', quantity: '3' },
      { timestamp: october, amount: '10' },
      { timestamp: at('2024-11-15T07:00:00Z'), amount: '0' },
    );
    expect(occurrences(charge)).toEqual([
      { timestamp: october, quantity: '1', unitPrice: '10', amount: '10' },
      { timestamp: '2024-11-15T07:00:00.000Z', quantity: '1', unitPrice: '0', amount: '0' },
      // 3 x 2.50 = 7.50.
      { timestamp: month(2), quantity: '3', unitPrice: '2.5', amount: '7.5' },
    ]);
  });

  it('may fall twice on one instant, in the order of its items', () => {
    const twice = items({ amount: '2' }, { amount: '1' });
    expect(occurrences(twice).map(({ amount }) => amount)).toEqual(['2', '1']);
  });

  it('may fall on the first and on the last hour of the contract', () => {
    const last = at('2025-03-31T23:00:00Z');
    const scheduledCharges = [items({}, { timestamp: last })];
    const decision = contracts.decide(
      create({ endingBefore: month(6), scheduledCharges }),
      contracts.initial,
    );
    expect(decision).toMatchObject({ events: [{ type: 'ContractCreated' }] });
  });

  const refusals: readonly [Partial<ScheduleItem>, string, string][] = [
    [{ timestamp: at('2024-10-01T00:30:00Z') }, 'not_on_hour', 'timestamp'],
    [{ timestamp: at('2024-09-30T23:00:00Z') }, 'charge_outside_contract', 'timestamp'],
    [{ timestamp: month(6) }, 'charge_outside_contract', 'timestamp'],
    [{ amount: null }, 'amount_or_unit_price', 'amount'],
    [{ unitPrice: '1' }, 'amount_or_unit_price', 'amount'],
    [{ quantity: '1' }, 'amount_or_unit_price', 'amount'],
    [{ amount: null, unitPrice: '1' }, 'amount_or_unit_price', 'amount'],
    [{ amount: '-1' }, 'amount_negative', 'amount'],
    [{ amount: null, unitPrice: '-1', quantity: '-1' }, 'amount_negative', 'unitPrice'],
    [{ amount: null, unitPrice: '1', quantity: '-1' }, 'amount_negative', 'quantity'],
    [{ amount: '0.001' }, 'amount_finer_than_minor_unit', 'amount'],
    [
      { amount: null, unitPrice: '0.1', quantity: '0.1234' },
      'amount_finer_than_minor_unit',
      'unitPrice',
    ],
  ];

  it.each(refusals)('is refused: %j, as %s', (item, reason, field) => {
    const scheduledCharges = [monthly(), items({}, item)];
    given(contracts)
      .when(create({ endingBefore: month(6), scheduledCharges }))
      .thenRefused(reason, ['scheduledCharges', 1, 'schedule', 'scheduleItems', 1, field]);
  });

  it('has one to ten thousand items', () => {
    const asked = (count: number) =>
      given(contracts).when(
        create({ scheduledCharges: [items(...Array<object>(count).fill({}))] }),
      );
    const field = ['scheduledCharges', 0, 'schedule', 'scheduleItems'];
    asked(0).thenRefused('schedule_empty', field);
    asked(10_001).thenRefused('too_many_occurrences', field);
    expect(occurrences(items(...Array<object>(10_000).fill({})))).toHaveLength(10_000);
  });

  it('costs quantity times unit price to the last digit', () => {
    const whole = fc.bigInt({ min: 0n, max: 10n ** 30n });
    fc.assert(
      fc.property(whole, whole, (quantity, price) => {
        const [occurrence] = occurrences(
          items({ amount: null, quantity: String(quantity), unitPrice: String(price) }),
        );
        const amount = multiply(reduced(quantity, 0), reduced(price, 0));
        expect(occurrence?.amount).toBe(printDecimal(amount));
      }),
    );
  });
});
