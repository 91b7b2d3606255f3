import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EventLog, type NewEvent } from '../../src/application/ports.ts';
import { openEventStoreLog } from '../../src/event-log/eventstoredb.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { compareLogs, LogsDiffer } from '../../src/operations/compare-logs.ts';
import { copyLog } from '../../src/operations/copy-log.ts';
import { patient } from '../../src/operations/log-events.ts';
import { double, openLog } from '../event-log/eventstoredb-support.ts';
import { event } from '../event-log/support-events.ts';
import {
  changedAt,
  contentOf,
  eventsIn,
  Killed,
  killing,
  logOf,
  unheard,
  watched,
} from './logs.ts';

const streams = ['customer-1', 'customer-2', 'usage-1-202410', 'usage-2-202410', 'clock'];

const append = fc.record({
  stream: fc.constantFrom(...streams),
  size: fc.integer({ min: 1, max: 3 }),
  data: fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false, maxDepth: 2 })),
});
const history = fc.array(append, { maxLength: 25 });

type Appends = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

/** A log of these appends; every other id is none that an event store takes as it is. */
async function written(appends: Appends): Promise<EventLog> {
  const log = memoryLog();
  let events = 0;
  for (const { stream, size, data } of appends) {
    const added = Array.from({ length: size }, (): NewEvent => {
      events += 1;
      const digits = String(events).padStart(12, '0');
      return event(events % 2 === 0 ? `00000000-0000-4000-8000-${digits}` : digits, data);
    });
    await log.append(stream, 'any', added);
  }
  return log;
}

const copy = (source: EventLog, target: EventLog) => copyLog({ source, target }, unheard);
const compare = (source: EventLog, target: EventLog) => compareLogs({ source, target }, unheard);

/** Six events in two streams, taking turns. */
const turns = async (): Promise<readonly Recorded[]> =>
  eventsIn(
    await written(
      ['customer-1', 'customer-2', 'customer-1', 'customer-2', 'customer-1', 'customer-2'].map(
        (stream, index) => ({ stream, size: 1, data: { index } }),
      ),
    ),
  );

describe('a copied log', () => {
  it('has every event in its place, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (appends) => {
        const source = await written(appends);
        const { log: target, appends: sent } = watched(memoryLog());
        const { copied, found } = await copy(source, target);
        const all = await contentOf(source);
        expect(await contentOf(target)).toEqual(all);
        expect([copied, found]).toEqual([all.length, 0]);
        expect(await compare(source, target)).toBe(all.length);
        expect(sent.map(({ expected }) => expected)).not.toContain('any');
        expect(await copy(source, target)).toEqual({ copied: 0, found: all.length });
      }),
      { numRuns: 60 },
    );
  });

  it('has every event in its place in an event store', async () => {
    const server = await double();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(history, async (appends) => {
        run += 1;
        const source = await written(appends);
        const target = openEventStoreLog({ url: server.url, prefix: `run${String(run)}-` });
        try {
          await copy(source, target);
          expect(await contentOf(target)).toEqual(await contentOf(source));
          expect(await compare(source, target)).toBe((await contentOf(source)).length);
        } finally {
          await target.close();
        }
      }),
      { numRuns: 15 },
    );
  });

  it('takes more than a page of events', async () => {
    const source = await written(
      Array.from({ length: 700 }, (_, index) => ({
        stream: streams[index % 3] ?? '',
        size: 1,
        data: {},
      })),
    );
    const target = memoryLog();
    await source.append('clock', 'any', [event('last')]);
    expect(await copy(source, target)).toEqual({ copied: 701, found: 0 });
    expect(await compare(source, target)).toBe(701);
  });

  it('is written in few appends, none of which is larger than an event store takes', async () => {
    const source = memoryLog();
    const large = (id: string) => event(id, { text: 'é'.repeat(150_000) });
    // 300 kB each: two fit beside each other, three and their metadata do not.
    await source.append('usage-1', 'any', ['a', 'b', 'c', 'd', 'e'].map(large));
    await source.append('usage-2', 'any', [event('f'), event('g')]);
    await source.append('usage-2', 'any', [event('h')]);
    const { log: target, appends } = watched(memoryLog());
    await copy(source, target);
    expect(appends.map(({ ids }) => ids.join(''))).toEqual(['ab', 'cd', 'e', 'fgh']);
    expect(appends.map(({ expected }) => expected)).toEqual(['no_stream', 1, 3, 'no_stream']);
    expect(appends.filter(({ bytes }) => bytes > 1_000_000)).toEqual([]);
  });
});

describe('a copy that is killed', () => {
  it.each(['before', 'after'] as const)(
    'goes on where the target ends, at whichever append it was killed, %s it was written',
    async (when) => {
      const [appends] = fc.sample(fc.array(append, { minLength: 25, maxLength: 25 }), {
        seed: 7,
        numRuns: 1,
      });
      const source = await written(appends ?? []);
      const all = await contentOf(source);
      for (let every = 1; every <= 8; every += 1) {
        const target = memoryLog();
        // Killed before its first append, a copy comes no further: that one is let through.
        const at = when === 'before' ? every + 1 : every;
        let kills = 0;
        for (;;) {
          try {
            await copy(source, killing(target, at, when));
            break;
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
            kills += 1;
          }
        }
        expect(kills).toBeGreaterThan(0);
        expect(await contentOf(target)).toEqual(all);
      }
    },
  );

  it('goes on when the source has grown since', async () => {
    const events = await turns();
    const target = memoryLog();
    await copy(await logOf(events.slice(0, 4)), target);
    expect(await copy(await logOf(events), target)).toEqual({ found: 4, copied: 2 });
    expect(await compare(await logOf(events), target)).toBe(6);
  });
});

describe('a target that is no copy', () => {
  const refused = async (target: EventLog): Promise<string> => {
    const source = await logOf(await turns());
    const before = await contentOf(target);
    const refusals = [copy(source, target), compare(source, target)].map((done) =>
      done.then(
        () => 'none',
        (error: unknown) => (error instanceof LogsDiffer ? error.message : String(error)),
      ),
    );
    const [ofCopy, ofCompare] = await Promise.all(refusals);
    expect(ofCopy).toBe(ofCompare);
    expect(await contentOf(target)).toEqual(before);
    return ofCopy ?? '';
  };

  it.each([
    ['another id', (one: Recorded) => [{ ...one, id: 'other' }], 'id'],
    [
      'another type',
      (one: Recorded) => [{ ...one, event: { ...one.event, type: 'Other' } }],
      'type',
    ],
    [
      'other data',
      (one: Recorded) => [{ ...one, event: { ...one.event, ...{ index: '2' } } }],
      'data',
    ],
    [
      'other metadata',
      (one: Recorded) => [{ ...one, metadata: { ...one.metadata, actor: 'x' } }],
      'metadata',
    ],
  ])('is refused for %s of one event', async (_what, change, part) => {
    expect(await refused(await changedAt(await turns(), 2, change))).toBe(
      `event 3 in log order: SomethingHappened at customer-1 1 has another ${part} in the target`,
    );
  });

  it('is refused for another order, an event too many, or one too few', async () => {
    const [first, second, third, ...rest] = await turns();
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    expect(await refused(await logOf([second, first]))).toBe(
      'event 1 in log order: the target has SomethingHappened at customer-2 0, the source SomethingHappened at customer-1 0',
    );
    expect(await refused(await logOf([first, third]))).toBe(
      'event 2 in log order: the target has SomethingHappened at customer-1 1, the source SomethingHappened at customer-2 0',
    );
    const tooMany = await logOf([first, second, third, ...rest, { ...first, id: 'more' }]);
    expect(await refused(tooMany)).toBe(
      "the target has SomethingHappened at customer-1 3 behind the last of the source's 6 events",
    );
  });

  it('is refused for another revision', async () => {
    const log = await logOf((await turns()).slice(0, 2));
    const later: EventLog = {
      ...log,
      async readAll(options) {
        const { events, through } = await log.readAll(options);
        return { events: events.map((one) => ({ ...one, revision: one.revision + 1 })), through };
      },
    };
    expect(await refused(later)).toBe(
      'event 1 in log order: the target has SomethingHappened at customer-1 1, the source SomethingHappened at customer-1 0',
    );
  });

  it('is found when it ends early', async () => {
    const events = await turns();
    await expect(compare(await logOf(events), await logOf(events.slice(0, 4)))).rejects.toThrow(
      'the target ends after 4 events, where the source has SomethingHappened at customer-1 2',
    );
  });

  it('is told when somebody else writes to it meanwhile', async () => {
    const source = await logOf(await turns());
    const target = memoryLog();
    const intruded: EventLog = {
      ...target,
      async append(stream, expected, events) {
        if (expected === 0) await target.append(stream, 'any', [event('intruder')]);
        return target.append(stream, expected, events);
      },
    };
    await expect(copy(source, intruded)).rejects.toThrow(
      'the target does not take SomethingHappened at customer-1 1: stream customer-1 stands at revision 1; is another process writing there?',
    );
  });
});

describe('an event store that fails at times', () => {
  it('holds every event once in the end, also those whose answer was lost', async () => {
    const server = await double();
    const source = await logOf([...(await turns()), ...(await turns())].map(distinct));
    let asked = 0;
    server.faults.appends = () => {
      asked += 1;
      if (asked % 4 === 0) return 'lose';
      return asked % 4 === 2 ? 'ignore' : 'none';
    };
    const target = patient(openLog(server.url, { appendMs: 120 }), [1, 1, 1]);
    expect(await copy(source, target)).toEqual({ copied: 12, found: 0 });
    expect(await compare(source, target)).toBe(12);
  });

  it('ends the copy when it stays away, and the next one goes on', async () => {
    const server = await double();
    const source = await logOf(await turns());
    const target = patient(openLog(server.url), [1, 1]);
    const dying: EventLog = {
      ...target,
      append: (...request) => {
        if (request[1] === 1) server.kill();
        return target.append(...request);
      },
    };
    await expect(copy(source, dying)).rejects.toThrow(/event store/);
    await server.start();
    expect(await copy(source, openLog(server.url))).toEqual({ found: 4, copied: 2 });
    expect(await compare(source, openLog(server.url))).toBe(6);
  });
});

const distinct = (recorded: Recorded, index: number): Recorded => ({
  ...recorded,
  id: String(index),
});
