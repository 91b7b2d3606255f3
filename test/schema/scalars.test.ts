import '../../schema/reflect.ts';
import { parseValue, type GraphQLScalarType } from 'graphql';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moneyOf } from '../../schema/money.types.ts';
import {
  DateTimeScalar,
  DecimalScalar,
  JSONObjectScalar,
  LogPositionScalar,
} from '../../schema/scalars.ts';
import { InexactNumber } from '../../src/usage/commands.ts';

const literal = (scalar: GraphQLScalarType, source: string): unknown =>
  scalar.parseLiteral(parseValue(source), {});

describe('Decimal', () => {
  it('takes plain notation of any size and gives it in canonical form', () => {
    expect(DecimalScalar.parseValue('0.10')).toBe('0.1');
    expect(DecimalScalar.parseValue('-007.50')).toBe('-7.5');
    expect(DecimalScalar.parseValue('9007199254740993')).toBe('9007199254740993');
    expect(DecimalScalar.parseValue(1_000_000_000_000)).toBe('1000000000000');
    expect(literal(DecimalScalar, '"0.000000000001"')).toBe('0.000000000001');
    expect(literal(DecimalScalar, '999999999999999')).toBe('999999999999999');
  });

  it.each([0.1, 1e15, NaN, Infinity, '1e3', '+1', '.5', '5.', '', ' 1', null, true, ['1'], {}])(
    'refuses the value %j',
    (value) => {
      expect(() => DecimalScalar.parseValue(value)).toThrow(/decimal|float|digits/i);
    },
  );

  it.each(['0.1', '1.0', '1e3', '1234567890123456', 'true', 'null', '["1"]', '"1e3"'])(
    'refuses the literal %s',
    (source) => {
      expect(() => literal(DecimalScalar, source)).toThrow(/decimal|digits/i);
    },
  );

  it('takes every integer of at most 15 digits as it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), (value) => {
        expect(DecimalScalar.parseValue(value)).toBe(String(value === 0 ? 0 : value));
      }),
    );
  });

  it.each<[unknown, string]>([
    [new InexactNumber('12345678901234567890.5'), '12345678901234567890.5 is no decimal'],
    [new InexactNumber('1'.repeat(5000)), `${'1'.repeat(100)}... is no decimal`],
    ['x'.repeat(5000), `"${'x'.repeat(100)}..." is no decimal`],
    [0.1, '0.1 is no decimal'],
    [1e15, '1000000000000000 has more than 15 digits'],
    [{ a: 1 }, '{"a":1} is no decimal'],
  ])('shows what was sent: %j', (sent, shown) => {
    expect(() => DecimalScalar.parseValue(sent)).toThrow(shown);
  });

  it('shows a float as it was written', () => {
    expect(() => literal(DecimalScalar, '1.50')).toThrow('1.50 is no decimal');
  });

  it('refuses text longer than a thousand characters before it computes with it', () => {
    expect(DecimalScalar.parseValue('1'.repeat(1000))).toHaveLength(1000);
    expect(() => DecimalScalar.parseValue('1'.repeat(1001))).toThrow(/no decimal/);
  });
});

describe('DateTime', () => {
  it('takes any offset and prints UTC with milliseconds', () => {
    expect(DateTimeScalar.parseValue('2025-01-31T20:00:00-05:00')).toBe('2025-02-01T01:00:00.000Z');
    expect(literal(DateTimeScalar, '"2024-10-01T00:00:00Z"')).toBe('2024-10-01T00:00:00.000Z');
  });

  it.each(['2024-10-01', '2024-02-30T00:00:00Z', '2024-10-01T00:00:00', '', 5, null, {}])(
    'refuses %j',
    (value) => {
      expect(() => DateTimeScalar.parseValue(value)).toThrow(/no instant/);
    },
  );

  it.each(['0999-12-31T23:59:59Z', '9999-12-31T23:59:59-00:01'])('ends before %s', (text) => {
    expect(() => DateTimeScalar.parseValue(text)).toThrow('the years 1000 to 9999');
  });
});

describe('JSONObject', () => {
  it('lets an inexact number of a variable pass through to be judged by itself', () => {
    const sent = { rows: new InexactNumber('0.1234567890123456789') };
    expect(JSONObjectScalar.parseValue(sent)).toEqual(sent);
  });

  it('keeps an inexact number of a literal as it was written', () => {
    expect(literal(JSONObjectScalar, '{a: 12345678901234567, b: 0.5, c: [1, "x", null]}')).toEqual({
      a: new InexactNumber('12345678901234567'),
      b: 0.5,
      c: [1, 'x', null],
    });
    // Too small for a double to hold all their digits.
    expect(literal(JSONObjectScalar, '{a: 4e-324, b: 1.23456789012345e-310, c: 0e-999}')).toEqual({
      a: new InexactNumber('4e-324'),
      b: new InexactNumber('1.23456789012345e-310'),
      c: 0,
    });
    expect(literal(JSONObjectScalar, '{a: 1e400, b: 1000000000000000000}')).toEqual({
      a: new InexactNumber('1e400'),
      b: 1e18,
    });
  });

  it('reads variables inside a literal', () => {
    const node = parseValue('{region: $region}');
    expect(JSONObjectScalar.parseLiteral(node, { region: 'eu' })).toEqual({ region: 'eu' });
  });

  it.each([[[]], ['text'], [5], [null]])('refuses %j, which is no object', (value) => {
    expect(() => JSONObjectScalar.parseValue(value)).toThrow();
  });
});

describe('LogPosition', () => {
  it('is a string of digits outside and a bigint inside', () => {
    expect(LogPositionScalar.parseValue('9007199254740993')).toBe(9007199254740993n);
    expect(LogPositionScalar.serialize(9007199254740993n)).toBe('9007199254740993');
  });

  it.each(['-1', '1.5', '', 'x', 5, null, '9'.repeat(19)])('refuses %j', (value) => {
    expect(() => LogPositionScalar.parseValue(value)).toThrow(/no log position/);
  });
});

describe('money', () => {
  it.each([
    ['0.1', 'USD', '0.10', '$0.10'],
    ['1234567.5', 'USD', '1234567.50', '$1,234,567.50'],
    ['-3', 'USD', '-3.00', '-$3.00'],
    ['1200', 'JPY', '1200', '¥1,200'],
    ['0.029', 'USD', '0.029', '$0.029'],
    ['-0.05', 'USD', '-0.05', '-$0.05'],
    ['-1234.5', 'CHF', '-1234.50', '-CHF\u00a01,234.50'],
    ['12345678901234567890.12', 'USD', '12345678901234567890.12', '$12,345,678,901,234,567,890.12'],
  ])('prints %s %s exactly', (amount, currency, printed, formatted) => {
    const money = moneyOf(amount, currency);
    expect(JSON.parse(JSON.stringify(money))).toEqual({ amount: printed, currency, formatted });
  });

  it.each(['', '-'])('keeps all of 310 digits and 120 places, signed %j', (sign) => {
    // 103 groups of three after the first digit.
    const formatted = `${sign}$1${',234'.repeat(103)}.${'0'.repeat(119)}5`;
    const amount = `${sign}1${'234'.repeat(103)}.${'0'.repeat(119)}5`;
    expect(moneyOf(amount, 'USD')).toMatchObject({ amount, formatted });
  });

  it('is formatted as Intl does it, where Intl can', () => {
    const cents = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
    fc.assert(
      fc.property(cents, fc.constantFrom('USD', 'EUR', 'JPY', 'KWD', 'CHF'), (units, currency) => {
        const { amount, formatted } = moneyOf(units.toString(), currency);
        const intl = new Intl.NumberFormat('en-US', { style: 'currency', currency });
        expect(formatted).toBe(intl.format(amount as `${number}`));
      }),
    );
  });
});
