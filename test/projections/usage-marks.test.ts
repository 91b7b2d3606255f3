import { describe, expect, it } from 'vitest';
import { streamsOfKeys } from '../../projections/usage-marks.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { usageStream } from '../../src/usage/events.ts';
import { recorded, usage, used, useUsageStore } from '../support/usage-log.ts';

const own = useUsageStore();
const october = instant('2024-10-02T00:00:00Z');
const march = instant('2025-03-02T00:00:00Z');
const [first, second] = [usageStream('key', october), usageStream('key', march)];

/** Every seventh event goes to the second stream; they stand at 10, 20, ... */
function events() {
  const ends = new Map<string, number>();
  const at = (index: number) => (index % 7 === 6 ? march : october);
  const lines = Array.from({ length: 140 }, (_, index) =>
    usage('key', used(`t-${String(index)}`, at(index))),
  );
  return recorded(lines).map((event, index) => {
    const stream = usageStream('key', at(index));
    const revision = ends.get(stream) ?? 0;
    ends.set(stream, revision + 1);
    return { ...event, stream, revision };
  });
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
});
