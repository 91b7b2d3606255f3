import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InexactNumber, type UsageInput, type UsageRejection } from '../../src/usage/commands.ts';
import { judgeAll } from '../../src/usage/recording.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { deepFreeze } from '../support/given-when-then.ts';

const email: UsageInput = {
  transactionId: 't1',
  customerId: 'team@customer.com',
  eventType: 'email_generated',
  timestamp: instant('2024-10-03T12:00:00Z'),
  properties: { language: 'en', count: 3, test: false },
};

const judged = (changes: Partial<UsageInput>) => judgeAll(deepFreeze([{ ...email, ...changes }]));
const withProperty = (value: unknown) => judged({ properties: { fine: 1, 'the name': value } });
const reasons = (changes: Partial<UsageInput>): UsageRejection[] =>
  judged(changes).rejected.map(({ reason }) => reason);

describe('a usage event', () => {
  it('is recorded as it was sent', () => {
    const { customerId: key, ...line } = email;
    expect(judgeAll([email])).toEqual({ lines: [{ key, line }], rejected: [] });
  });

  it('may come without properties', () => {
    expect(judged({ properties: null }).lines[0]?.line.properties).toEqual({});
  });

  it.each<[keyof UsageInput, UsageRejection, UsageRejection]>([
    ['transactionId', 'empty_transaction_id', 'transaction_id_too_long'],
    ['customerId', 'empty_customer_id', 'customer_id_too_long'],
    ['eventType', 'empty_event_type', 'event_type_too_long'],
  ])('has 1 to 128 characters of %s', (field, whenEmpty, whenTooLong) => {
    expect(reasons({ [field]: '' })).toEqual([whenEmpty]);
    expect(reasons({ [field]: 'x' })).toEqual([]);
    expect(reasons({ [field]: '😀'.repeat(128) })).toEqual([]);
    expect(reasons({ [field]: '😀'.repeat(129) })).toEqual([whenTooLong]);
    expect(reasons({ [field]: 'x'.repeat(129) })).toEqual([whenTooLong]);
  });

  it.each<keyof UsageInput>(['transactionId', 'customerId', 'eventType'])(
    'has %s of well-formed text without NUL',
    (field) => {
      for (const text of ['a\ud800', '\udc00', 'a\u0000b']) {
        expect(judged({ [field]: text }).lines).toEqual([]);
        expect(reasons({ [field]: text })).toEqual(['text_not_well_formed']);
      }
      expect(judged({ [field]: 'a\ud800' }).rejected[0]?.message).toMatch(
        new RegExp(`^${field} .*: send `),
      );
    },
  );

  it('happens from 2000 to 2100, both whole years', () => {
    const at = (text: string) => reasons({ timestamp: instant(text) });
    expect(at('2000-01-01T00:00:00Z')).toEqual([]);
    expect(at('2100-12-31T23:59:59.999Z')).toEqual([]);
    expect(at('1999-12-31T23:59:59.999Z')).toEqual(['timestamp_out_of_range']);
    expect(at('2101-01-01T00:00:00Z')).toEqual(['timestamp_out_of_range']);
  });

  it('has 2,000 properties at most', () => {
    const properties = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${String(i)}`, i]));
    expect(reasons({ properties: properties(2000) })).toEqual([]);
    expect(reasons({ properties: properties(2001) })).toEqual(['too_many_properties']);
  });
});

describe('a property', () => {
  it.each(['', 'text', '12345678901234567890.5', true, false, 0, -1.5])('may be %j', (value) => {
    expect(withProperty(value).lines[0]?.line.properties).toEqual({ fine: 1, 'the name': value });
  });

  it.each([
    [null, 'null'],
    [[1], 'a list'],
    [{ a: 1 }, 'an object'],
    [undefined, 'undefined'],
    [1n, 'bigint'],
  ])('may not be %s', (value, kind) => {
    expect(withProperty(value)).toEqual({
      lines: [],
      rejected: [
        {
          index: 0,
          transactionId: 't1',
          reason: 'property_not_scalar',
          message: `property "the name" is ${kind}: send a string, a number or a boolean, or leave it out`,
        },
      ],
    });
  });

  it.each(['a\ud800', '\udc00', 'a\u0000b'])(
    'is well-formed text without NUL, by name and value: %j',
    (text) => {
      expect(withProperty(text).rejected).toMatchObject([
        {
          reason: 'text_not_well_formed',
          message: expect.stringContaining('"the name"') as string,
        },
      ]);
      expect(reasons({ properties: { fine: 1, [text]: 2 } })).toEqual(['text_not_well_formed']);
    },
  );

  it('has a name of 128 characters and text of 4,096 at most', () => {
    const named = (length: number) => reasons({ properties: { ['😀'.repeat(length)]: 1 } });
    expect([named(128), named(129)]).toEqual([[], ['property_too_long']]);
    expect(withProperty('😀'.repeat(4096)).rejected).toEqual([]);
    expect(withProperty('1'.repeat(4096)).rejected).toEqual([]);
    expect(withProperty('1'.repeat(4097)).rejected).toEqual([
      {
        index: 0,
        transactionId: 't1',
        reason: 'property_too_long',
        message: 'property "the name" has more than 4096 characters: send fewer',
      },
    ]);
  });

  it('is judged under any name, that of the prototype too', () => {
    const parsed = (json: string) => JSON.parse(json) as Record<string, unknown>;
    expect(reasons({ properties: parsed('{"__proto__": null}') })).toEqual(['property_not_scalar']);
    const kept = judged({ properties: parsed('{"__proto__": "x", "constructor": "y"}') });
    expect(JSON.stringify(kept.lines[0]?.line.properties)).toBe(
      '{"__proto__":"x","constructor":"y"}',
    );
  });
});

describe('a number', () => {
  it.each([
    123456789012345, 0.1, -0.000001, 1e30, 1e-300, 5e-324, 0.123456789012345, 1234567.12345678, -0,
    9e15,
  ])('that fifteen digits hold is taken: %d', (value) => {
    expect(withProperty(value).rejected).toEqual([]);
  });

  it.each([
    1234567890123456,
    0.1 + 0.2,
    0.1234567890123456,
    Number.MAX_SAFE_INTEGER,
    Number.MAX_VALUE,
    Infinity,
    -Infinity,
    NaN,
  ])('that needs more, or is none, is rejected: %d', (value) => {
    expect(withProperty(value).rejected[0]?.reason).toBe('number_not_exact');
  });

  it('that was sent with too many digits is rejected as it was written', () => {
    expect(withProperty(new InexactNumber('12345678901234567890')).rejected).toEqual([
      {
        index: 0,
        transactionId: 't1',
        reason: 'number_not_exact',
        message:
          'property "the name" is the number 12345678901234567890, of more than 15 significant digits: send it as a string',
      },
    ]);
  });

  it('is taken exactly when its shortest form has at most fifteen significant digits', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (value) => {
        const [digits = ''] = String(value).replace(/^-?/, '').split('e');
        const significant = digits.replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
        const exact = Number.isFinite(value) && significant.length <= 15;
        expect(withProperty(value).rejected).toHaveLength(exact ? 0 : 1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a batch (billing rule 30)', () => {
  it('loses what is faulty, and nothing else', () => {
    const faulty = { ...email, transactionId: '' };
    const late = { ...email, transactionId: 't3', properties: { rooms: ['a'] } };
    const { lines, rejected } = judgeAll([email, faulty, late, { ...email, transactionId: 't4' }]);
    expect(lines.map(({ line }) => line.transactionId)).toEqual(['t1', 't4']);
    expect(
      rejected.map(({ index, transactionId, reason }) => [index, transactionId, reason]),
    ).toEqual([
      [1, null, 'empty_transaction_id'],
      [2, 't3', 'property_not_scalar'],
    ]);
  });

  it('tells the first fault of an event, with what to do', () => {
    const worst = { ...email, transactionId: '', customerId: '', properties: { a: null } };
    expect(judgeAll([worst]).rejected).toEqual([
      {
        index: 0,
        transactionId: null,
        reason: 'empty_transaction_id',
        message: 'transactionId is empty: send 1 to 128 characters',
      },
    ]);
  });

  it('keeps messages short, whatever was sent', () => {
    const digits = new InexactNumber('9'.repeat(100_000));
    for (const properties of [{ ['x'.repeat(100_000)]: 1 }, { ['x'.repeat(128)]: digits }]) {
      expect(judged({ properties }).rejected[0]?.message.length).toBeLessThan(300);
    }
  });
});
