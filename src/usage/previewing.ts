import { type Metric } from '../catalog/events.ts';
import { covers } from '../kernel/calendar.ts';
import { type UsageLine } from './events.ts';
import { sees } from './filters.ts';
import { groupKeyOf, regrouping, type GroupKey, type Meter, type MeterReading } from './groups.ts';
import { mergeTallies, tallyOf, type Tally } from './metering.ts';
import { type KeyedLine } from './recording.ts';

/**
 * The lines that would belong to the holder of these keys and count, were they recorded now: the
 * first of each transactionId that is not recorded yet (billing rules 11 and 12).
 */
export function newLines(
  lines: readonly KeyedLine[],
  heldKeys: ReadonlySet<string>,
  recordedIds: ReadonlySet<string>,
): UsageLine[] {
  const known = new Set(recordedIds);
  return lines.flatMap(({ key, line }) => {
    if (known.has(line.transactionId)) return [];
    known.add(line.transactionId);
    return heldKeys.has(key) ? [line] : [];
  });
}

/** Whether any of the metrics would count the line. */
export const isCounted = (metrics: readonly Metric[], line: UsageLine): boolean =>
  metrics.some((metric) => sees(metric, line) && tallyOf(metric, line, '') !== 'passed_over');

/** What a meter would read of lines that follow everything that is recorded. */
export function readingOf(metric: Metric, meter: Meter, lines: readonly UsageLine[]): MeterReading {
  const reading = new Map<GroupKey, (Tally | null)[]>();
  const coarser = regrouping(meter.properties, meter.by);
  for (const [index, line] of lines.entries()) {
    const interval = meter.intervals.findIndex((one) => covers(one, line.timestamp));
    if (interval < 0 || !sees(metric, line)) continue;
    const tally = tallyOf(metric, line, afterAll(index));
    if (tally === 'passed_over') continue;
    const group = coarser(groupKeyOf(meter.properties, line));
    const tallies = reading.get(group) ?? meter.intervals.map(() => null);
    const known = tallies[interval] ?? null;
    tallies[interval] = known === null ? tally : mergeTallies(known, tally);
    reading.set(group, tallies);
  }
  return reading;
}

/** Compares as text, behind the order of every line of the log: those begin with a digit. */
const afterAll = (index: number): string => `~${String(index).padStart(7, '0')}`;
