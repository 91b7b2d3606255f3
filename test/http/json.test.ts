import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedJson, NumberAsWritten, parseJson } from '../../src/http/json.ts';

const inexact = (text: string) => new NumberAsWritten(text);

describe('a JSON number', () => {
  it.each<[string, unknown]>([
    ['0.1', 0.1],
    ['1e3', 1000],
    ['1.0', 1],
    ['-0', -0],
    ['-0.0000000000000000000', -0],
    ['0e999', 0],
    ['1e20', 1e20],
    ['999999999999999e99', 999999999999999e99],
    ['123456789012345', 123456789012345],
    ['100000000000000000000000', 1e23],
    ['0.000000000000000000000000123', 1.23e-25],
    ['1.50000000000000000000', 1.5],
    ['12345678901234567', inexact('12345678901234567')],
    ['-1234567890123456.5', inexact('-1234567890123456.5')],
    ['0.1000000000000000001', inexact('0.1000000000000000001')],
    ['9007199254740993', inexact('9007199254740993')],
    ['1e400', inexact('1e400')],
    ['-1E+309', inexact('-1E+309')],
    ['1e-400', inexact('1e-400')],
    ['1.23456789012345e-310', inexact('1.23456789012345e-310')],
  ])('written %s is a number where that is exact, else kept as written', (text, value) => {
    expect(parseJson(text)).toStrictEqual(value);
    expect(parseJson(`{"a":[${text}, ${text}],\n"b":\t${text} }`)).toStrictEqual({
      a: [value, value],
      b: value,
    });
  });

  it.each([
    ['with zeros before its last digit', `1${'0'.repeat(1_000_000)}1`],
    ['with a long fraction', `0.${'0'.repeat(1_000_000)}1`],
  ])('of a million digits, %s, is judged in one pass', (_what, text) => {
    const begun = process.cpuUsage();
    expect(parseJson(`[${text}]`)).toStrictEqual([inexact(text)]);
    expect(process.cpuUsage(begun).user).toBeLessThan(2_000_000);
  });

  it('is not looked for inside strings', () => {
    const text =
      '{"id":"12345678901234567890","note":"it was: 12345678901234567890, [1e400","n":1}';
    expect(parseJson(text)).toStrictEqual(JSON.parse(text));
  });
});

describe('JSON text', () => {
  const noLongNumbers = fc
    .json({ noUnicodeString: false })
    .filter((text) => !text.includes('__proto__'));
  const exact = (value: unknown): boolean =>
    typeof value === 'number'
      ? Number(value.toPrecision(15)) === value && (value === 0 || Math.abs(value) >= 2.3e-308)
      : typeof value !== 'object' || value === null || Object.values(value).every(exact);

  it('without long numbers gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(noLongNumbers, (text) => {
        fc.pre(exact(JSON.parse(text)));
        expect(parseJson(text)).toStrictEqual(JSON.parse(text));
      }),
    );
  });

  it('beside a long number still gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(noLongNumbers, (text) => {
        fc.pre(exact(JSON.parse(text)));
        const beside: unknown = JSON.parse(text);
        expect(parseJson(`[12345678901234567,${text}]`)).toStrictEqual([
          inexact('12345678901234567'),
          beside,
        ]);
      }),
    );
  });

  it('keeps every integer of more than 15 significant digits as it was written', () => {
    const long = fc.bigInt({ min: 10n ** 15n }).filter((units) => units % 10n !== 0n);
    fc.assert(
      fc.property(long, fc.nat(12), (units, places) => {
        const digits = units.toString();
        const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
        expect(parseJson(`{"rows": -${text}}`)).toStrictEqual({ rows: inexact(`-${text}`) });
      }),
    );
  });

  it('takes the last of several equal keys, long numbers or not', () => {
    expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
    expect(parseJson('{"a":1,"a":12345678901234567}')).toEqual({ a: inexact('12345678901234567') });
  });

  it.each([
    ['{"a": x}', 'position 6'],
    ['{"a":1,}', 'position 7'],
    ['[1,2', 'position 4'],
    ['', 'reached end of input'],
    ['{"a":1} {', 'position 8'],
    ['[01]', 'position 2'],
  ])('that is broken (%s) is refused with the place', (text, place) => {
    expect(() => parseJson(text)).toThrow(MalformedJson);
    expect(() => parseJson(text)).toThrow(place);
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '[{"a":{"\\u005f_proto__":1}}]',
    '[1e400,{"__proto__":1}]',
  ])('that names a prototype (%s) is refused', (text) => {
    expect(() => parseJson(text)).toThrow('the key "__proto__" is not taken');
  });

  it('may speak of a prototype in its values', () => {
    expect(parseJson('{"a":"__proto__"}')).toEqual({ a: '__proto__' });
  });

  it('that is nested without end is refused, not crashed on', () => {
    const deep = '['.repeat(200_000);
    expect(() => parseJson(deep)).toThrow(MalformedJson);
    expect(() => parseJson(`${deep}12345678901234567${']'.repeat(200_000)}`)).toThrow(
      'nested too deeply',
    );
  });
});
