import { isAscii } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBufferPool } from '../../src/application/buffer-pool.ts';
import { WrittenEvent } from '../../src/application/ports.ts';
import { createUsageBatch } from '../../src/application/usage-batch.ts';
import { createKnownKeys } from '../../src/application/usage-keys.ts';
import { parseJson } from '../../src/http/json.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { plainLine } from '../../src/usage/plain-line.ts';
import { recordedOpening, writtenLine, type WrittenLine } from '../../src/usage/line-text.ts';
import { judgeUsage } from '../../src/usage/recording.ts';
import { shapedUsage } from '../../src/usage/shape.ts';
import { names } from '../support/arbitraries.ts';

const line =
  '{"transactionId":"t1","customerId":"team@x.com","eventType":"used","timestamp":"2025-02-14T03:15:00Z","properties":{"count":"3","region":"eu"}}';

/** Text that has no other characters comes with its bytes. */
const bytesOf = (text: string): Uint8Array | null =>
  isAscii(Buffer.from(text)) ? Buffer.from(text, 'latin1') : null;

const taken = (text: string, from: number, to: number): Taken | undefined => {
  const given = plainLine(text, from, to, bytesOf(text));
  return given && { key: given.key, month: given.month, text: recorded(given) };
};

type Taken = { readonly key: string; readonly month: string; readonly text: string };

const plain = (text: string): Taken | undefined => taken(text, 0, text.length);

const keys = createKnownKeys();
const pool = createBufferPool();

/** The line's text as the log gets it. */
function recorded(given: WrittenLine): string {
  const batch = createUsageBatch(keys, pool);
  batch.add(given, { actor: 'a', requestId: 'r' });
  const [first, ...more] = [...batch.events(instant('2025-03-01T00:00:00Z')).values()].flat();
  const event = first?.event;
  if (!(event instanceof WrittenEvent) || more.length > 0) throw new Error('it is one, written');
  return event.data.slice(recordedOpening(given.key).length, -']}'.length);
}

/** What parsing and judging gives. */
function judged(text: string): Taken | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  const shaped = shapedUsage(value);
  if (!('input' in shaped)) return undefined;
  const result = judgeUsage(shaped.input);
  if (!('line' in result)) return undefined;
  const written = writtenLine(result);
  return { key: written.key, month: written.month, text: recorded(written) };
}

/** What a caller must have seen to: see plainLine. */
// eslint-disable-next-line no-control-regex -- Control characters are what it is about.
const isFit = (text: string): boolean => text.isWellFormed() && !/[\\\u0000-\u001f]/.test(text);

describe('a plain line', () => {
  it('is written as the log keeps it', () => {
    expect(plain(line)).toEqual({
      key: 'team@x.com',
      month: '2025-02',
      text: '{"eventType":"used","properties":{"count":"3","region":"eu"},"timestamp":"2025-02-14T03:15:00.000Z","transactionId":"t1"}',
    });
  });

  it.each([
    ['no properties', line.replace(/,"properties".*/, '}')],
    ['empty properties', line.replace(/\{"count.*\}/, '{}}')],
    ['milliseconds', line.replace(':00Z', ':00.120Z')],
    ['snake case', line.replace('transactionId', 'transaction_id').replace('eventT', 'event_t')],
    ['spaces', JSON.stringify(JSON.parse(line), null, 1).replace(/\n */g, ' ')],
    ['another order of fields', `{${line.slice(line.indexOf('"cust'), -1)},"transactionId":"t1"}`],
    ['another order of properties', line.replace('"count":"3"', '"z":"3"')],
    ['numbers', line.replace('"3"', '-12.5')],
    ['booleans', line.replace('"3"', 'true')],
    ['a name that looks like an index', line.replace('"count":"3"', '"10":"2","9":1')],
    ['a carriage return at its end', `${line}\r`],
    ['characters that are not ASCII', line.replace('eu', 'zürich')],
    ['long properties', line.replace('"eu"', `"${'eu '.repeat(1000)}"`)],
    ['a long id', line.replace('t1', 't'.repeat(128))],
  ])('may have %s', (_, text) => {
    const given = plain(text);
    expect(given).toBeDefined();
    expect(given).toEqual(judged(text));
  });

  it('is taken where it stands, and nothing beside it', () => {
    const text = `${line}\n${line.replace('t1', 't2')}\n`;
    const [from, to] = [line.length + 1, text.length - 1];
    expect(taken(text, from, to)?.text).toContain('"t2"');
    expect(taken(text, from, to - 1)).toBeUndefined();
    expect(taken(text, 0, to)).toBeUndefined();
    expect(taken(text, 0, line.length)?.text).toContain('"t1"');
  });

  it.each([
    ['a fault', line.replace('"t1"', '""')],
    ['an id of more than 128 characters', line.replace('t1', 't'.repeat(129))],
    ['text of more than 4,096 characters', line.replace('"3"', `"${'3'.repeat(4097)}"`)],
    ['an unknown field', line.replace('"eventType"', '"eventtype"')],
    ['a field twice', line.replace('{', '{"eventType":"other",')],
    ['a field in both spellings', line.replace('{', '{"event_type":"other",')],
    ['an offset', line.replace(':00Z', ':00+01:00')],
    ['a day that there is not', line.replace('02-14', '02-29')],
    ['a year that is not billed', line.replace('2025', '1999')],
    ['a number of 16 digits', line.replace('"3"', '1234567890123456')],
    ['a number that is not in its shortest form', line.replace('"3"', '1.0')],
    ['minus nought', line.replace('"3"', '-0')],
    ['null', line.replace('"3"', 'null')],
    ['a list', line.replace('"3"', '[]')],
    ['the prototype', line.replace('"count"', '"__proto__"')],
    ['a missing brace', line.slice(0, -1)],
    ['two values', `${line}${line}`],
    ['a comma too many', line.replace('{', '{,')],
    ['a comma at its end', line.replace(/\}$/, ',}')],
    ['a comma at the end of its properties', line.replace('"eu"', '"eu",')],
  ])('is not one with %s', (_, text) => {
    expect(plain(text)).toBeUndefined();
  });
});

describe('whatever is sent', () => {
  const often = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
    fc.oneof({ weight: 15, arbitrary: usual }, { weight: 1, arbitrary: rare });
  const words = often(fc.constantFrom('a', 'b', 'word', 'x y', 'ü', '1', '2', '10'), names);
  const scalars = often<unknown>(
    fc.oneof(words, fc.integer(), fc.boolean(), fc.constantFrom(0.1, 12.5, 1e15, -0.25)),
    fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom('0', -0, 1e21, 1e-7, null, []),
    ),
  );
  const events = fc
    .record(
      {
        transactionId: often(words, fc.constant('')),
        customerId: words,
        eventType: words,
        timestamp: often(
          fc.constantFrom('2025-02-28T23:59:59Z', '2024-02-29T00:00:00.001Z'),
          fc.constantFrom('2025-02-29T00:00:00Z', 'x'),
        ),
        properties: fc.dictionary(words, scalars),
      },
      { requiredKeys: ['transactionId', 'customerId', 'eventType', 'timestamp'] },
    )
    .chain((event) =>
      often(fc.constant<object>(event), fc.constant<object>({ ...event, extra: 1 })),
    );
  const texts = events.map((event) => JSON.stringify(event));
  /** A character changed, dropped or doubled anywhere. */
  const damaged = fc
    .tuple(
      texts,
      fc.nat(),
      fc.constantFrom('', '"', '{', '}', ',', ':', ' ', '0', '-', '.', 'a', '\r'),
    )
    .map(([text, at, put]) => {
      const place = at % text.length;
      return text.slice(0, place) + put + text.slice(place + (put === ' ' ? 0 : 1));
    });

  it.each([
    ['right', texts],
    ['damaged', damaged],
  ])(
    'a line that is %s is taken as parsing and judging would take it, or left to them',
    (_, sent) => {
      let count = 0;
      fc.assert(
        fc.property(sent.filter(isFit), (text) => {
          const given = plain(text);
          if (given === undefined) return;
          count += 1;
          expect(given).toEqual(judged(text));
        }),
        { numRuns: 3000 },
      );
      expect(count).toBeGreaterThan(100);
    },
  );
});
