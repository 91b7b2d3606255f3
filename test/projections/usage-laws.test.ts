import fc from 'fast-check';
import { describe, it, expect } from 'vitest';
import { type UsageLine } from '../../src/usage/events.ts';
import { shuffled } from '../support/arbitraries.ts';
import { runs } from '../support/places.ts';
import { times } from '../support/stress.ts';
import { batchSizes, logs, metrics } from '../support/usage-arbitraries.ts';
import { held } from '../support/usage-held.ts';
import { customerCreated, recorded, usage, used, useUsageStore } from '../support/usage-log.ts';
import { referenceFold, type Reference } from '../support/usage-reference.ts';

const store = useUsageStore();
const timeoutMs = times(30_000, 300_000);

describe('the usage read model', () => {
  it(
    'holds what the rules say, line by line, with every metric known from the start',
    async () => {
      await fc.assert(
        fc.asyncProperty(logs, batchSizes, async (log, sizes) => {
          const events = recorded(log);
          expect(await held(await store.fold(events, sizes))).toEqual(referenceFold(events));
        }),
        { numRuns: runs(60) },
      );
    },
    timeoutMs,
  );

  it(
    'has the same rows however the log is cut into batches',
    async () => {
      await fc.assert(
        fc.asyncProperty(logs, batchSizes, async (log, sizes) => {
          const events = recorded(log);
          await store.fold(events);
          const atOnce = await store.rows();
          await store.fold(events, sizes);
          expect(await store.rows()).toEqual(atOnce);
          await store.fold(events, [1]);
          expect(await store.rows()).toEqual(atOnce);
        }),
        { numRuns: runs(25) },
      );
    },
    timeoutMs,
  );

  it(
    'has the same rows for a metric created late as for one created first (rule 13)',
    async () => {
      await fc.assert(
        fc.asyncProperty(logs, async (log) => {
          const isMetric = ({ event }: { event: { type: string } }): boolean =>
            event.type === 'BillableMetricCreated';
          const late = recorded(log);
          const first = late
            .filter(isMetric)
            .map((one, index) => ({ ...one, position: BigInt(index + 1) }));
          const placed = async () => {
            const { usage_metric: _places, ...rows } = await store.rows();
            return rows;
          };
          await store.fold(late);
          const lateRows = await placed();
          await store.fold([...first, ...late.filter((one) => !isMetric(one))]);
          expect(lateRows).toEqual(await placed());
        }),
        { numRuns: runs(25) },
      );
    },
    timeoutMs,
  );

  it(
    'counts the same in any order of arrival and with any duplicates, ties of LATEST aside',
    async () => {
      const arrivals = fc
        .array(fc.tuple(fc.nat({ max: 60 * 24 }), fc.constantFrom('0.1', '2', '-3', 'x')), {
          minLength: 1,
          maxLength: 20,
        })
        .chain((sent) => {
          const lines = sent.map(([hour, n], i) => used(`t${String(i)}`, instantOf(hour, i), n));
          return fc
            .subarray(lines)
            .chain((again) => fc.tuple(fc.constant(lines), shuffled([...lines, ...again])));
        });
      const arrived = async (lines: readonly UsageLine[]): Promise<Reference> => {
        const uses = lines.map((line, i) => usage(i % 2 === 0 ? 'c1' : 'alias', line));
        const events = recorded([...metrics, customerCreated('c1', 'alias'), ...uses]);
        return held(await store.fold(events, [7]));
      };
      await fc.assert(
        fc.asyncProperty(arrivals, async ([once, shuffledAndRepeated]) => {
          expect(await arrived(shuffledAndRepeated)).toEqual(await arrived(once));
        }),
        { numRuns: runs(25) },
      );
    },
    timeoutMs,
  );
});

/** Different for every line. */
const instantOf = (hour: number, index: number): string =>
  new Date(Date.UTC(2024, 9, 1, hour, 0, 0, index)).toISOString();
