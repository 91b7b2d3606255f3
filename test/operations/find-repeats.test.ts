import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { findRepeats } from '../../src/operations/find-repeats.ts';
import { type Instant } from '../../src/kernel/calendar.ts';
import { usageStream, type UsageRecorded } from '../../src/usage/events.ts';
import { temporaryFolder } from '../support/paygo.ts';

const month: Instant = '2024-10-01T00:00:00.000Z';
const metadata = { version: 1, actor: 'test', requestIds: [], recordedAt: month };
const progress = { begin: () => undefined, seen: () => undefined };
const { signal } = new AbortController();

/** Events of two keys with these ids, and which lines repeat an earlier one. */
async function repeatsIn(events: readonly (readonly string[])[]) {
  const log = memoryLog();
  for (const [index, ids] of events.entries()) {
    const key = `key-${String(index % 2)}`;
    const lines = ids.map((transactionId) => ({
      transactionId,
      eventType: 'used',
      timestamp: month,
      properties: {},
    }));
    const event: UsageRecorded = { type: 'UsageRecorded', key, lines };
    await log.append(usageStream(key, month), 'any', [{ id: String(index), event, metadata }]);
  }
  const { path: folder, remove } = await temporaryFolder();
  try {
    const found = await findRepeats(log, { folder, progress, signal });
    const repeats = await found.at(events.map((_ids, index) => BigInt(index + 1)));
    found.close();
    return repeats;
  } finally {
    await remove();
  }
}

function expected(events: readonly (readonly string[])[]) {
  const firsts = new Map<string, bigint>();
  return events.flatMap((ids, index) =>
    ids.flatMap((id, line) => {
      const position = BigInt(index + 1);
      const firstPosition = firsts.get(id);
      if (firstPosition !== undefined) return [{ position, line, firstPosition }];
      firsts.set(id, position);
      return [];
    }),
  );
}

describe('the lines that repeat an earlier one', () => {
  it('are those of an id that was recorded before, in any stream, whatever ids look like', async () => {
    const ids = fc.oneof(
      fc.nat({ max: 20 }).map((n) => `t${String(n)}`),
      fc.nat({ max: 9 }).map((n) => `5f3c2a90-6d0e-4f57-9a43-0a2b7f1c9e1${String(n)}`),
      fc.constantFrom('', 'é', 'Ã©', '\ud800', '\ufffd', '日本', 'x'.repeat(128)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(ids, { maxLength: 8 }), { maxLength: 12 }),
        async (log) => {
          expect(await repeatsIn(log)).toEqual(expected(log));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are told by all of each character', async () => {
    const alike = Array.from({ length: 0xd8 }, (_id, high) =>
      String.fromCharCode(0x61 + 256 * high),
    );
    expect(await repeatsIn([alike])).toEqual([]);
  });

  it('are found behind thousands of others', async () => {
    const events = Array.from({ length: 200 }, (_event, index) =>
      Array.from({ length: 400 }, (_line, line) => `id-${String((index * 397 + line) % 70_000)}`),
    );
    const repeats = await repeatsIn(events);
    expect(repeats.length).toBeGreaterThan(5000);
    expect(repeats).toEqual(expected(events));
  });

  it('are not looked for any longer once the search is ended', async () => {
    const log = memoryLog();
    await log.append('usage-a-202410', 'any', [
      { id: '1', event: { type: 'UsageRecorded', lines: [] } as never, metadata },
    ]);
    const { path: folder, remove } = await temporaryFolder();
    const ended = AbortSignal.abort(new Error('ended'));
    const search = findRepeats(log, { folder, progress, signal: ended });
    await expect(search.finally(remove)).rejects.toThrow('ended');
  });
});
