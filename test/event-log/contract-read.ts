import { describe, expect, it } from 'vitest';
import { type EventLog, type ReadStream } from '../../src/application/ports.ts';
import { type OpenLog } from './support.ts';
import { event, events, happened, ids, metadata } from './support-events.ts';

async function filled(log: EventLog): Promise<EventLog> {
  await log.append('order-1', 'any', events('a', 'b'));
  await log.append('clock', 'any', events('c'));
  await log.append('orderly-1', 'any', events('d'));
  await log.append('order-2', 'any', events('e', 'f'));
  await log.append('clock-work', 'any', events('g'));
  return log;
}

const nested = (depth: number): unknown => (depth === 0 ? 'core' : { in: [nested(depth - 1)] });

export function describeReading(open: OpenLog): void {
  describe('readStream', () => {
    it.each<[ReadStream, readonly string[]]>([
      [{}, ['a', 'b', 'c', 'd']],
      [{ from: 2 }, ['c', 'd']],
      [{ from: 1, maxCount: 2 }, ['b', 'c']],
      [{ from: 4 }, []],
      [{ direction: 'backwards' }, ['d', 'c', 'b', 'a']],
      [{ direction: 'backwards', maxCount: 1 }, ['d']],
      [{ direction: 'backwards', from: 1 }, ['b', 'a']],
      [{ direction: 'backwards', from: 0 }, ['a']],
      [{ direction: 'backwards', from: 9, maxCount: 2 }, ['d', 'c']],
    ])('reads with %o', async (options, expected) => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a', 'b'));
      await log.append('order-2', 'any', events('x'));
      await log.append('order-1', 'any', events('c', 'd'));
      expect(ids(await log.readStream('order-1', options))).toEqual(expected);
    });

    it('reads the same, whatever it is told of where an event stands', async () => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a', 'b', 'c'));
      await log.append('order-2', 'any', events('x'));
      await log.append('order-1', 'any', events('d', 'e'));
      const all = await log.readStream('order-1');
      const [other] = await log.readStream('order-2');
      const places = [...all, ...(other === undefined ? [] : [other])].map((one) => one.position);
      for (const position of [0n, ...places, 99n]) {
        for (let revision = 0; revision <= 6; revision += 1) {
          const near = { revision, position };
          const some = await log.readStream('order-1', { from: 1, maxCount: 2, near });
          expect(ids(some)).toEqual(['b', 'c']);
          expect(ids(await log.readStream('order-1', { near }))).toEqual(['a', 'b', 'c', 'd', 'e']);
        }
      }
    });

    it('gives nothing for a stream that is not there', async () => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a'));
      expect(await log.readStream('order')).toEqual([]);
      expect(await log.readStream('order-11', { direction: 'backwards' })).toEqual([]);
    });

    it('takes a name that is no text for that of no stream', async () => {
      const { log } = await open();
      await log.append('order-\ufffd', 'any', events('a'));
      await log.append('order-1', 'any', events('b'));
      for (const name of ['order-\ud800', 'order-\udfff', 'order-1\0']) {
        expect(await log.readStream(name)).toEqual([]);
      }
    });

    it('refuses options that make no sense', async () => {
      const { log } = await open();
      await expect(log.readStream('order-1', { from: -1 })).rejects.toThrow('from');
      await expect(log.readStream('order-1', { maxCount: 0 })).rejects.toThrow('maxCount');
      await expect(log.readAll({ maxCount: 1.5 })).rejects.toThrow('maxCount');
      await expect(log.readAll({ after: -1n })).rejects.toThrow('after');
    });
  });

  describe('readAll', () => {
    it('reads the log from any position on, through its head', async () => {
      const { log } = await open();
      await filled(log);
      const whole = await log.readAll();
      expect(ids(whole.events)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
      expect(whole.through).toBe(await log.head());
      for (const [index, { position }] of whole.events.entries()) {
        const rest = await log.readAll({ after: position });
        expect(rest).toEqual({ events: whole.events.slice(index + 1), through: whole.through });
      }
    });

    it('stops at maxCount, and says through where it looked', async () => {
      const { log } = await open();
      await filled(log);
      const first = await log.readAll({ maxCount: 3 });
      expect(ids(first.events)).toEqual(['a', 'b', 'c']);
      expect(first.through).toBe(first.events[2]?.position);
      const second = await log.readAll({ after: first.through, maxCount: 100 });
      expect(ids(second.events)).toEqual(['d', 'e', 'f', 'g']);
      expect(second.through).toBe(await log.head());
    });

    it.each([
      [['order-'], ['a', 'b', 'e', 'f']],
      [['order'], ['a', 'b', 'd', 'e', 'f']],
      [['order-2'], ['e', 'f']],
      [
        ['order-2', 'order-1'],
        ['a', 'b', 'e', 'f'],
      ],
      [
        ['order-', 'order-1'],
        ['a', 'b', 'e', 'f'],
      ],
      [['clock'], ['c', 'g']],
      [['clock-'], ['g']],
      [
        ['clo', 'orderly-'],
        ['c', 'd', 'g'],
      ],
      [['invoice-'], []],
      [[], []],
    ])('keeps streams whose name starts with %j', async (streamPrefixes, expected) => {
      const { log } = await open();
      await filled(log);
      const batch = await log.readAll({ streamPrefixes });
      expect(ids(batch.events)).toEqual(expected);
      expect(batch.through).toBe(await log.head());
    });

    it('comes to the head past events that a filter leaves out, also when it leaves out all', async () => {
      const { log } = await open();
      await filled(log);
      const streamPrefixes = ['order-', 'orderly-'];
      const first = await log.readAll({ streamPrefixes, maxCount: 3 });
      expect(ids(first.events)).toEqual(['a', 'b', 'd']);
      expect(first.through).toBe(first.events[2]?.position);
      const rest = await log.readAll({ streamPrefixes, maxCount: 3, after: first.through });
      expect(ids(rest.events)).toEqual(['e', 'f']);
      const head = await log.head();
      expect(rest.through).toBe(head);
      expect(await log.readAll({ streamPrefixes: ['invoice-'], maxCount: 1 })).toEqual({
        events: [],
        through: head,
      });
    });

    it('finds an empty log empty, and nothing behind the head', async () => {
      const { log } = await open();
      expect(await log.readAll()).toEqual({ events: [], through: 0n });
      expect(await log.head()).toBe(0n);
      const { position } = await log.append('order-1', 'any', events('a'));
      expect(await log.readAll({ after: position })).toEqual({ events: [], through: position });
    });
  });

  describe('with its stored texts', () => {
    const texts = (note: string) => ({
      type: 'SomethingHappened',
      data: `{"a":{"c":"ü","d":[1,null]},"note":"of ${note}"}`,
      metadata:
        '{"actor":"local","recordedAt":"2024-10-01T00:00:00.000Z",' +
        '"requestIds":["req-1","req-2"],"version":1}',
    });
    const uuid = '6c1d9c0e-6a55-4a8e-9d0c-5f0a3b9d2e11';

    it('an event is read as it is kept, whatever its id is like, and in any order', async () => {
      const { log } = await open();
      const sent = ['a "b"', uuid].map((id) => event(id, { a: { d: [1, null], c: 'ü' } }));
      await log.append('order-1', 'any', [...sent]);
      const expected = sent.map(({ id, event: happening }, revision) => ({
        ...{ id, stream: 'order-1', revision, event: happening, metadata },
        stored: { ...texts(id), data: texts(JSON.stringify(id).slice(1, -1)).data },
      }));
      expect(await log.readStream('order-1', { stored: true })).toMatchObject(expected);
      expect((await log.readAll({ stored: true })).events).toMatchObject(expected);
      const backwards = { direction: 'backwards', maxCount: 1, stored: true } as const;
      expect(await log.readStream('order-1', backwards)).toMatchObject(expected.slice(1));
    });

    it('an event is the same as without them', async () => {
      const { log } = await open();
      await log.append('order-1', 'any', events('a', uuid));
      const plain = await log.readStream('order-1');
      const { events: all } = await log.readAll();
      for (const recorded of [...plain, ...all]) expect(recorded).not.toHaveProperty('stored');
      const bare = (await log.readStream('order-1', { stored: true })).map(
        ({ stored: _stored, ...recorded }) => recorded,
      );
      expect(bare).toEqual(plain);
      expect(all).toEqual(plain);
    });
  });

  describe('what is read', () => {
    it.each<[string, Readonly<Record<string, unknown>>]>([
      [
        'unicode and escapes',
        { text: 'Grüße, 日本 🧾 \u0000 \u2028 "\\/\n\ud800 é e\u0301', 'ключ "': 1 },
      ],
      [
        'keys that objects treat specially',
        JSON.parse('{"__proto__":{"a":1},"10":1,"9":2,"":3}') as Record<string, unknown>,
      ],
      [
        'numbers and decimals as text',
        { n: [0, -1.5, 1e300, 5e-324, 9007199254740991], d: '1.10' },
      ],
      ['empty and null', { none: null, list: [], object: {}, text: '' }],
      [
        'big documents',
        { lines: Array.from({ length: 20_000 }, (_, id) => ({ id, pad: 'x'.repeat(99) })) },
      ],
      ['deep JSON', { deep: nested(400) }],
    ])('is what was appended, to the byte: %s', async (_case, data) => {
      const { log, reopen } = await open();
      const sent = { id: 'a', event: happened(data), metadata };
      await log.append('order-ü🧾', 'no_stream', [sent]);
      const [fromStream] = await log.readStream('order-ü🧾');
      expect(fromStream).toMatchObject({ id: 'a', stream: 'order-ü🧾', revision: 0 });
      expect(fromStream?.event).toEqual(sent.event);
      const { events: all } = await log.readAll({ streamPrefixes: ['order-ü'] });
      expect(JSON.stringify(all[0]?.event)).toBe(JSON.stringify(fromStream?.event));
      if (reopen === undefined) return;
      const [later] = await (await reopen()).readStream('order-ü🧾');
      expect(JSON.stringify(later?.event)).toBe(JSON.stringify(fromStream?.event));
    });

    it('has its metadata and keeps no tie to what was appended', async () => {
      const { log } = await open();
      const mutable = { tags: ['a'] };
      await log.append('order-1', 'any', [event('a', mutable)]);
      mutable.tags.push('b');
      const [recorded] = await log.readStream('order-1');
      expect(recorded?.metadata).toEqual(metadata);
      expect(recorded?.event).toEqual(event('a', { tags: ['a'] }).event);
    });
  });
}
