import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { momentOf, type MomentAsked } from '../../projections/past-moment.ts';
import { type ReadModels } from '../../projections/read-models.ts';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import {
  recorded,
  usage,
  used,
  useUsageStore,
  type UsageChange,
  type UsageStore,
} from '../support/usage-log.ts';

const own = useUsageStore();
const start = instant('2024-01-01T00:00:00Z');
const now = addHours(start, 1000);

/** Events at positions 10, 20, ... that were recorded at those hours, as several clocks told. */
const eventsAt = (hours: readonly number[]): Recorded<UsageChange>[] => {
  const lines = hours.map((_, index) => usage('key', used(`t-${String(index)}`, start)));
  return recorded(lines).map((event, index) => ({
    ...event,
    metadata: { ...event.metadata, recordedAt: addHours(start, hours[index] ?? 0) },
  }));
};

const logOf = (events: readonly Recorded[]) => ({
  head: () => Promise.resolve(events.at(-1)?.position ?? 0n),
  readAll: ({ after = 0n, maxCount = Infinity } = {}) => {
    const rest = events.filter(({ position }) => position > after).slice(0, maxCount);
    return Promise.resolve({ events: rest, through: rest.at(-1)?.position ?? after });
  },
});

function asking({ db }: UsageStore, events: readonly Recorded[]) {
  const models = {
    usage: { reader: db },
    waitForMain: () => Promise.resolve(),
    waitForUsage: () => Promise.resolve(),
  } as unknown as ReadModels;
  return (asked: MomentAsked) => momentOf(models, logOf(events), asked, now);
}

/** Of the longest prefix that was recorded by then, one event after the other. */
function lastBy(events: readonly Recorded[], at: Instant): bigint {
  const after = events.findIndex(({ metadata }) => metadata.recordedAt > at);
  return events[after === -1 ? events.length - 1 : after - 1]?.position ?? 0n;
}

describe('a moment of the log', () => {
  it('ends before the first event that was recorded later, whatever clocks told behind it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(20), { minLength: 1, maxLength: 900 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (skews, batches, drifts) => {
          const hours = skews.map((skew, index) => skew + (drifts ? Math.floor(index / 3) : 0));
          const events = eventsAt(hours);
          await own.fold(events, batches);
          const moment = asking(own, events);
          for (const hour of [0, 1, 5, 19, 20, 21, 150, 400]) {
            const at = addHours(start, hour);
            const through = lastBy(events, at);
            expect(await moment({ recordedAt: at })).toEqual({ through, now: at });
          }
        },
      ),
      { numRuns: 10 },
    ));

  it('takes for now the latest instant at which anything before it was recorded', async () => {
    const events = eventsAt(Array.from({ length: 700 }, (_, index) => (index * 7) % 101));
    await own.fold(events, [3, 150]);
    const moment = asking(own, events);
    for (const position of [10n, 15n, 200n, 2000n, 6990n, 7000n]) {
      const known = events.filter((one) => one.position <= position);
      const latest = known
        .map(({ metadata }) => metadata.recordedAt)
        .sort()
        .at(-1);
      expect(await moment({ position })).toEqual({ through: position, now: latest });
    }
  });

  it('is found by looking at few events, and keeps few rows', async () => {
    const events = eventsAt(Array.from({ length: 1000 }, (_, index) => Math.floor(index / 2)));
    await own.fold(events, [20]);
    const rows = await own.db.selectFrom('usage_time').selectAll().orderBy('position').execute();
    expect(rows.map((row) => row.events)).toEqual([200, 200, 200, 200, 200]);
    await own.fold(events);
    expect(await own.db.selectFrom('usage_time').selectAll().orderBy('position').execute()).toEqual(
      rows,
    );
  });

  it('lies neither behind the end of the log nor ahead of now', async () => {
    const events = eventsAt([1, 2]);
    await own.fold(events);
    const moment = asking(own, events);
    const late = addHours(now, 1);
    expect(await moment({ position: 21n })).toMatchObject({
      refused: { reason: 'position_not_reached', field: ['position'], detail: '20' },
    });
    expect(await moment({ recordedAt: late })).toMatchObject({
      refused: { reason: 'instant_not_reached', field: ['recordedAt'], detail: now },
    });
    expect(await moment({ position: 0n })).toMatchObject({ through: 0n });
  });
});
