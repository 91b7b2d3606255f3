import { type UsageSource } from '../../projections/explained-usage.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { usageStream } from '../../src/usage/events.ts';
import { recorded, type UsageChange, type UsageStore } from './usage-log.ts';

/** As `recorded`, with usage in the streams of its keys and months, as a log has it. */
export function inStreams(events: readonly UsageChange[]): readonly Recorded<UsageChange>[] {
  const ends = new Map<string, number>();
  return recorded(events).map((one) => {
    const { event } = one;
    if (event.type !== 'UsageRecorded') return one;
    const [first] = event.lines;
    const stream = usageStream(event.key, first?.timestamp ?? '2024-10-01T00:00:00.000Z');
    const revision = ends.get(stream) ?? 0;
    ends.set(stream, revision + 1);
    return { ...one, stream, revision };
  });
}

/** What usage is explained from: the store, and the log's events, with how many of them are read. */
export function countedSource(
  { db }: UsageStore,
  events: readonly Recorded<UsageChange>[],
): UsageSource & { readonly read: { events: number; lines: number } } {
  const read = { events: 0, lines: 0 };
  return {
    read,
    models: {
      usage: { reader: db } as UsageSource['models']['usage'],
      waitForUsage: () => Promise.resolve(),
    },
    log: {
      readStream(stream, { from = 0, maxCount = Infinity } = {}) {
        const found = events
          .filter((one) => one.stream === stream && one.revision >= from)
          .slice(0, maxCount);
        read.events += found.length;
        for (const { event } of found) if ('lines' in event) read.lines += event.lines.length;
        return Promise.resolve(found);
      },
    },
  };
}
