import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WrittenEvent, type EventLog, type NewEvent } from '../../src/application/ports.ts';
import { createCodec } from '../../src/event-log/codec.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { type Metadata } from '../../src/kernel/recorded.ts';
import { temporaryFolder } from './support.ts';
import { events, ids } from './support-events.ts';

function open(): EventLog & Required<Pick<EventLog, 'appendToMany'>> {
  const log = openSqliteLog({ folder: temporaryFolder() });
  onTestFinished(() => log.close());
  const appendToMany = log.appendToMany?.bind(log);
  if (appendToMany === undefined) throw new Error('it appends to many');
  return { ...log, appendToMany };
}

const many = (appends: Readonly<Record<string, readonly NewEvent[]>>) =>
  new Map(Object.entries(appends));

describe('appending to many streams', () => {
  it('goes on behind what each has, in order', async () => {
    const log = open();
    await log.append('s-1', 'no_stream', events('a'));
    const position = await log.appendToMany(many({ 's-1': events('b', 'c'), 's-2': events('d') }));
    expect(position).toBe(4n);
    expect(await log.head()).toBe(4n);
    expect(ids((await log.readAll()).events)).toEqual(['a', 'b', 'c', 'd']);
    expect((await log.readStream('s-1')).map(({ revision }) => revision)).toEqual([0, 1, 2]);
    expect((await log.readStream('s-2')).map(({ revision }) => revision)).toEqual([0]);
  });

  it('goes together with single appends, each judged behind those before it', async () => {
    const log = open();
    const outcomes = await Promise.allSettled([
      log.append('s-1', 'no_stream', events('a')),
      log.appendToMany(many({ 's-1': events('b'), 's-2': events('c') })),
      log.append('s-2', 'no_stream', events('d')),
      log.append('s-1', 1, events('e')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(ids((await log.readAll()).events)).toEqual(['a', 'b', 'c', 'e']);
  });

  it('appends nothing where one of them cannot be', async () => {
    const log = open();
    const wrong = many({ 's-1': events('a'), 's-2': [] });
    await expect(log.appendToMany(wrong)).rejects.toThrow(RangeError);
    expect(await log.head()).toBe(0n);
  });

  it('wakes those who follow the log', async () => {
    const log = open();
    const stop = new AbortController();
    const batches = log.subscribe({ signal: stop.signal })[Symbol.asyncIterator]();
    const next = batches.next();
    await log.appendToMany(many({ 's-1': events('a') }));
    expect(((await next).value as { through: bigint }).through).toBe(1n);
    stop.abort();
  });
});

describe('an event that is written already', () => {
  const metadata: Metadata = {
    version: 1,
    actor: 'a',
    requestIds: ['r'],
    recordedAt: '2025-01-01T00:00:00.000Z',
  };

  it.each([
    ['SQLite', () => open()],
    ['memory', () => memoryLog()],
  ])('is read back as any other: %s', async (_, log) => {
    const opened: EventLog = log();
    const event = new WrittenEvent('Kept', '{"a":[1,"ü"],"b":null}');
    await opened.append('s-1', 'any', [{ id: 'x', event, metadata }]);
    const [recorded] = await opened.readStream('s-1');
    expect(recorded?.event).toEqual({ type: 'Kept', a: [1, 'ü'], b: null });
    expect(recorded?.metadata).toEqual(metadata);
  });
});

describe('metadata', () => {
  it('is written the same by the short way as by the long one', () => {
    const text = fc.string({ unit: 'grapheme' });
    const codec = createCodec();
    const all: fc.Arbitrary<Metadata> = fc.record(
      {
        version: fc.constant(1),
        actor: text,
        requestIds: fc.array(text),
        recordedAt: fc.constant('2025-01-01T00:00:00.000Z' as const),
        requestOffsets: fc.array(fc.nat()),
      },
      { requiredKeys: ['version', 'actor', 'requestIds', 'recordedAt'] },
    );
    fc.assert(
      fc.property(all, (metadata) => {
        const written = codec.encode({ event: { type: 'T' }, metadata }).metadata;
        // An unusual field more takes the long way.
        const more = { ...metadata, zzz: 1 };
        const long = codec.encode({ event: { type: 'T' }, metadata: more }).metadata;
        expect(`${written.slice(0, -1)},"zzz":1}`).toBe(long);
      }),
    );
  });

  it('that JSON cannot hold is refused', () => {
    const metadata = { version: 1, actor: undefined, requestIds: [], recordedAt: 'x' };
    expect(() =>
      createCodec().encode({ event: { type: 'T' }, metadata: metadata as unknown as Metadata }),
    ).toThrow(TypeError);
  });
});
