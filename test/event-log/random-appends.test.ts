import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  RevisionConflict,
  type EventLog,
  type ReadAll,
  type ReadStream,
} from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { event } from './support-events.ts';
import { temporaryFolder } from './support.ts';

const stream = fc.constantFrom('a-1', 'a-2', 'ab-1', 'a', 'b-1');
const expected = fc.oneof(
  fc.constantFrom('no_stream' as const, 'any' as const),
  fc.integer({ min: 0, max: 6 }),
);
// Few ids, so that many appends repeat one before them in part or in whole.
const eventIds = fc.uniqueArray(fc.constantFrom('e1', 'e2', 'e3'), { minLength: 1 });
const append = fc.record({
  stream,
  expected,
  eventIds,
  data: fc.dictionary(
    fc.string({ unit: 'binary' }),
    fc.jsonValue({ noUnicodeString: false, maxDepth: 2 }),
  ),
});
const question = fc.record({
  after: fc.bigInt({ min: 0n, max: 12n }),
  maxCount: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  streamPrefixes: fc.option(fc.array(fc.constantFrom('a', 'a-', 'ab', 'a-2', 'b-', 'x')), {
    nil: undefined,
  }),
});

const part = fc.record(
  {
    direction: fc.constantFrom('forwards' as const, 'backwards' as const),
    from: fc.nat({ max: 9 }),
    maxCount: fc.integer({ min: 1, max: 5 }),
  },
  { requiredKeys: [] },
);

type Append = typeof append extends fc.Arbitrary<infer Value> ? Value : never;

async function outcomes(log: EventLog, group: readonly Append[]): Promise<unknown> {
  const settled = await Promise.allSettled(
    group.map(({ stream: name, expected: at, eventIds: ids, data }) =>
      log.append(
        name,
        at,
        ids.map((id) => event(id, data)),
      ),
    ),
  );
  return settled.map((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value;
    expect(outcome.reason).toBeInstanceOf(RevisionConflict);
    return String(outcome.reason);
  });
}

const asked = ({
  after,
  maxCount,
  streamPrefixes,
}: typeof question extends fc.Arbitrary<infer Q> ? Q : never): ReadAll => ({
  after,
  ...(maxCount === undefined ? {} : { maxCount }),
  ...(streamPrefixes === undefined ? {} : { streamPrefixes }),
});

describe('whatever is appended, alone or together', () => {
  it('the SQLite log answers and reads as the memory log does', async () => {
    const folder = temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(append, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        fc.array(question, { minLength: 1, maxLength: 4 }),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        async (groups, questions, parts) => {
          run += 1;
          const memory = memoryLog();
          const sqlite = openSqliteLog({ folder: `${folder}/${String(run)}` });
          try {
            for (const group of groups) {
              expect(await outcomes(sqlite, group)).toEqual(await outcomes(memory, group));
              // Reading in between: what is remembered of a stream must grow with it.
              expect(await sqlite.readStream('a-1')).toEqual(await memory.readStream('a-1'));
            }
            expect(await sqlite.head()).toBe(await memory.head());
            for (const options of questions.map(asked)) {
              expect(await sqlite.readAll(options)).toEqual(await memory.readAll(options));
            }
            for (const name of ['a-1', 'a', 'b-1']) {
              expect(await sqlite.readStream(name)).toEqual(await memory.readStream(name));
              for (const options of parts as readonly ReadStream[]) {
                const read = await sqlite.readStream(name, options);
                expect(read).toEqual(await memory.readStream(name, options));
              }
            }
          } finally {
            await sqlite.close();
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);
});
