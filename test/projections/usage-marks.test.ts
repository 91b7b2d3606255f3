import { describe, expect, it } from 'vitest';
import { revisionWith, streamsOfKeys } from '../../projections/usage-marks.ts';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { usageStream } from '../../src/usage/events.ts';
import { usage, used, useUsageStore } from '../support/usage-log.ts';
import { inStreams } from '../support/usage-streams.ts';

const own = useUsageStore();
const october = instant('2024-10-02T00:00:00Z');
const march = instant('2025-03-02T00:00:00Z');
const day = (of: number): Instant => addHours(october, (of - 2) * 24);
const [first, second] = [usageStream('key', october), usageStream('key', march)];

/** Every seventh event goes to the second stream; they stand at 10, 20, ... */
function events() {
  const at = (index: number) => (index % 7 === 6 ? march : october);
  return inStreams(
    Array.from({ length: 140 }, (_, index) => usage('key', used(`t-${String(index)}`, at(index)))),
  );
}

describe('the marks of the streams of usage', () => {
  it.each([[[140]], [[1]], [[9, 31]]])(
    'are a way into the middle of each stream of a key, folded %j at a time',
    async (batchSizes) => {
      const log = events();
      await own.fold(log, batchSizes);
      const from = async (after: bigint) =>
        (await streamsOfKeys(own.db, ['key', 'nobody'], after))
          .map((place) => [place.key, place.stream, place.from, place.startsAt])
          .sort((a, b) => Number(a[3]) - Number(b[3]));
      const marked = log.find(({ stream, revision }) => stream === first && revision === 64);
      const position = marked?.position ?? 0n;
      const start = ['key', first, 0, 10n];
      expect(await from(0n)).toEqual([start, ['key', second, 0, 70n]]);
      expect(await from(position - 1n)).toEqual([start, ['key', second, 0, 70n]]);
      expect(await from(position)).toEqual([
        ['key', first, 64, 10n],
        ['key', second, 0, 70n],
      ]);
    },
  );

  it('are the same however the log is cut into batches', async () => {
    const log = events();
    const rows = async (batchSizes: readonly number[]) => {
      const db = await own.fold(log, batchSizes);
      return db.selectFrom('usage_mark').selectAll().orderBy('position').execute();
    };
    const atOnce = await rows([140]);
    expect(atOnce).toMatchObject([
      { stream: first, revision: 0, position: 10, through: 740 },
      { stream: second, revision: 0, position: 70, through: 1400 },
      { stream: first, revision: 64, position: 750, through: 1390 },
    ]);
    expect(await rows([5])).toEqual(atOnce);
    expect(await rows([9, 31])).toEqual(atOnce);
  });

  it('say from when to when the usage is between them, whatever its order', async () => {
    const [third, fifth, ninth, twelfth] = [day(3), day(5), day(9), day(12)];
    const lines = [ninth, third, twelfth, fifth].map((at) => usage('key', used(at, at)));
    for (const batchSizes of [[4], [1]]) {
      const db = await own.fold(inStreams(lines), batchSizes);
      const marks = await db.selectFrom('usage_mark').selectAll().execute();
      expect(marks).toMatchObject([{ revision: 0, first_at: third, last_at: twelfth }]);
      const begins = (startingAt: Instant, endingBefore: Instant) =>
        revisionWith(
          db,
          { key: 'key', stream: first, from: 1 },
          { interval: { startingAt, endingBefore }, stretches: [{ from: 0n, before: null }] },
        );
      expect(await begins(fifth, ninth)).toBe(1);
      expect(await begins(twelfth, march)).toBe(1);
      expect(await begins(october, addHours(third, 1))).toBe(1);
      expect(await begins(october, third)).toBeUndefined();
      expect(await begins(addHours(twelfth, 1), march)).toBeUndefined();
    }
  });

  it('say between which positions it was recorded', async () => {
    const log = events();
    const db = await own.fold(log);
    const interval = { startingAt: october, endingBefore: march };
    const begins = (from: bigint, before: bigint | null) =>
      revisionWith(
        db,
        { key: 'key', stream: first, from: 0 },
        { interval, stretches: [{ from, before }] },
      );
    expect(await begins(0n, 10n)).toBeUndefined();
    expect(await begins(0n, 11n)).toBe(0);
    expect(await begins(740n, 750n)).toBe(0);
    expect(await begins(741n, 750n)).toBeUndefined();
    expect(await begins(741n, null)).toBe(64);
    expect(await begins(1391n, null)).toBeUndefined();
  });
});
