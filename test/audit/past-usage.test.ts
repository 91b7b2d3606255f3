import { expect, it } from 'vitest';
import { readPastMeters } from '../../src/audit/past-usage.ts';
import { type Metric } from '../../src/catalog/events.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { type Meter } from '../../src/usage/groups.ts';

const metric: Metric = {
  ...{ metricId: 'used', name: 'used', aggregation: 'COUNT', aggregationKey: null },
  eventTypeFilter: { inValues: ['used'], notInValues: null },
  ...{ propertyFilters: [], groupKeys: [] },
  createdAt: instant('2024-10-01T00:00:00Z'),
};
const meter: Meter = {
  ...{ metricId: 'used', aggregation: 'COUNT', properties: [], by: [] },
  intervals: [
    {
      startingAt: instant('1000-01-01T00:00:00Z'),
      endingBefore: instant('9999-01-01T00:00:00Z'),
    },
  ],
};

it('usage of all years there are is looked for in the months that may be billed', async () => {
  const log = memoryLog();
  const read: string[] = [];
  const usage = {
    log: {
      ...log,
      readStream: (...asked: Parameters<typeof log.readStream>) => {
        read.push(asked[0]);
        return log.readStream(...asked);
      },
    },
    repeatsAt: () => Promise.resolve([]),
    owned: new Map([['key', [{ from: 0n, before: null, claimedAt: null }]]]),
    through: 10n,
  };
  const [reading] = await readPastMeters(usage, new Map([['used', metric]]), [meter]);
  expect(reading?.size ?? 0).toBeLessThan(2);
  expect(new Set(read).size).toBe(101 * 12);
});
