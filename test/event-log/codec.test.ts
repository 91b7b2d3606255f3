import { describe, expect, it } from 'vitest';
import { createCodec } from '../../src/event-log/codec.ts';
import { type Upcasts } from '../../src/event-log/upcasts.ts';
import { type DomainEvent } from '../../src/kernel/recorded.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { happened, metadata } from './support-events.ts';

const codec = createCodec();
const encoded = (data: Readonly<Record<string, unknown>>) =>
  codec.encode({ event: happened(data), metadata });

describe('encoding', () => {
  it('writes canonical JSON: the same event is the same text in whatever order it was built', () => {
    const stored = encoded({ b: 1, a: { d: [{ z: null, y: true }], c: 'x' } });
    expect(stored.type).toBe('SomethingHappened');
    expect(stored.data).toBe('{"a":{"c":"x","d":[{"y":true,"z":null}]},"b":1}');
    expect(stored.metadata).toBe(
      '{"actor":"local","recordedAt":"2024-10-01T00:00:00.000Z","requestIds":["req-1","req-2"],"version":1}',
    );
    expect(encoded({ a: { c: 'x', d: [{ y: true, z: null }] }, b: 1 })).toEqual(stored);
  });

  it.each<[string, unknown, string]>([
    ['a bigint', 1n, 'SomethingHappened.at[1].value is of type bigint'],
    ['undefined', undefined, 'SomethingHappened.at[1].value is of type undefined'],
    ['a function', () => 1, 'SomethingHappened.at[1].value is of type function'],
    ['a symbol', Symbol('x'), 'SomethingHappened.at[1].value is of type symbol'],
    ['NaN', NaN, 'SomethingHappened.at[1].value is NaN'],
    ['Infinity', -Infinity, 'SomethingHappened.at[1].value is -Infinity'],
    ['a Date', new Date(0), 'SomethingHappened.at[1].value is a Date'],
    ['a Map', new Map(), 'SomethingHappened.at[1].value is a Map'],
  ])('refuses %s, wherever it stands, and says where', (_case, value, message) => {
    expect(() => encoded({ at: [0, { value }] })).toThrow(message);
    const bad = { ...metadata, at: [value] };
    expect(() => codec.encode({ event: happened({}), metadata: bad })).toThrow('metadata.at[0] is');
  });

  it('refuses a hole in a list and an event without a type', () => {
    const holed = [1, 2, 3];
    // eslint-disable-next-line @typescript-eslint/no-array-delete -- makes the hole
    delete holed[1];
    expect(() => encoded({ holed })).toThrow('SomethingHappened.holed[1]');
    expect(() => codec.encode({ event: { type: '' }, metadata })).toThrow('needs a type');
  });
});

describe('decoding', () => {
  const upcasts: Upcasts = {
    SomethingHappened: [
      ({ price, ...data }) => ({ ...data, unitPrice: price }),
      (data) => ({ ...data, currency: 'USD' }),
    ],
  };
  const current = createCodec(upcasts);
  const stored = (version: number, data: string) => ({
    type: 'SomethingHappened',
    data,
    metadata: JSON.stringify({ ...metadata, version }),
  });
  const present = {
    event: { type: 'SomethingHappened', unitPrice: '1', currency: 'USD' } as DomainEvent,
    metadata: { ...metadata, version: 3 },
  };

  it('brings each stored version to the present one, each step once', () => {
    expect(current.decode(stored(1, '{"price":"1"}'))).toEqual(present);
    expect(current.decode(stored(2, '{"unitPrice":"1"}'))).toEqual(present);
    expect(current.decode(stored(3, '{"unitPrice":"1","currency":"USD"}'))).toEqual(present);
  });

  it('refuses a version that it does not know', () => {
    expect(() => current.decode(stored(4, '{}'))).toThrow('version 4; known are 1 to 3');
    expect(() => current.decode(stored(0, '{}'))).toThrow('version 0');
    expect(() => codec.decode(stored(2, '{}'))).toThrow('version 2; known are 1 to 1');
  });

  it('refuses to write a version that is not the present one', () => {
    expect(() => current.encode({ event: happened({}), metadata })).toThrow('in version 3, not 1');
    expect(current.encode(present).data).toBe('{"currency":"USD","unitPrice":"1"}');
  });

  it('is how a log is read', async () => {
    const log = memoryLog({ upcasts });
    await log.append('order-1', 'no_stream', [{ id: 'a', ...present }]);
    expect(await log.readStream('order-1')).toMatchObject([{ id: 'a', ...present }]);
  });
});
