import { type Metric } from '../src/catalog/events.ts';
import { type Instant } from '../src/kernel/calendar.ts';
import { isWellFormed, wellFormed } from '../src/kernel/names.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageLine, type UsageRecorded } from '../src/usage/events.ts';
import { sees, seesType } from '../src/usage/filters.ts';
import { groupKeyOf, groupProperties, type GroupKey } from '../src/usage/groups.ts';
import { tallyOf, type Tally } from '../src/usage/metering.ts';
import { type Place } from './usage-measured.ts';

/** A usage line, where the log holds it, and in which run of its stretch. */
export type PlacedLine = Place & {
  readonly run: number;
  readonly recordedAt: Instant;
  readonly key: string;
  readonly usage: UsageLine;
};

/** Which lines are looked at, by their transactionIds. */
export type Takes = (transactionId: string) => boolean;

/** Adds the event's lines that are taken; null takes all. */
export function placeLines(
  { position, event, metadata: { recordedAt } }: Recorded<UsageRecorded>,
  run: number,
  takes: Takes | null,
  into: PlacedLine[],
): void {
  const at = Number(position);
  const key = wellFormed(event.key);
  event.lines.forEach((line, index) => {
    const usage = identified(line);
    if (takes !== null && !takes(usage.transactionId)) return;
    into.push({ position: at, line: index, run, recordedAt, key, usage });
  });
}

const identified = (usage: UsageLine): UsageLine =>
  isWellFormed(usage.transactionId)
    ? usage
    : { ...usage, transactionId: wellFormed(usage.transactionId) };

/** What the line adds to the metric; undefined when the metric does not see it. */
export function tallyOfLine(
  metric: Metric,
  { position, line, usage }: PlacedLine,
): Tally | 'passed_over' | undefined {
  if (!sees(metric, usage)) return undefined;
  return tallyOf(metric, usage, metric.aggregation === 'LATEST' ? orderOf(position, line) : '');
}

/** The group of the metric's usage that the line counts in; empty: the metric is not grouped. */
export const groupOfLine = ({ groupKeys }: Metric, { usage }: PlacedLine): GroupKey =>
  groupKeys.length === 0 ? '' : groupKeyOf(propertiesOf(groupKeys), usage);

const properties = new WeakMap<Metric['groupKeys'], readonly string[]>();

function propertiesOf(groupKeys: Metric['groupKeys']): readonly string[] {
  let names = properties.get(groupKeys);
  if (names === undefined) {
    names = groupProperties(groupKeys);
    properties.set(groupKeys, names);
  }
  return names;
}

/** Compares as text in log order. */
const orderOf = (position: number, line: number): string =>
  `${String(position).padStart(16, '0')}-${String(line).padStart(7, '0')}`;

/** The metrics that may see events of a type; each type is looked up once. */
export function metricsByType(
  metrics: readonly Metric[],
): (eventType: string) => readonly Metric[] {
  const known = new Map<string, readonly Metric[]>();
  return (eventType) => {
    let seeing = known.get(eventType);
    if (seeing === undefined) {
      seeing = metrics.filter((metric) => seesType(metric.eventTypeFilter, eventType));
      known.set(eventType, seeing);
    }
    return seeing;
  };
}
