import { type Metric } from '../catalog/events.ts';
import { billable, clip } from '../kernel/calendar.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Meter, type MeterReading } from '../usage/groups.ts';
import { usageStream, type UsageLine, type UsageRecorded } from '../usage/events.ts';
import { createCounter } from './counting.ts';
import { type AuditLog } from './sound.ts';
import { stretchOf, type Owned } from './keys.ts';
import { mergedUsage } from './merged-usage.ts';
import { monthsOf } from './months.ts';

/** Of the events at these positions, the lines whose transactionId was recorded before. */
export type RepeatsAt = (
  positions: readonly bigint[],
) => Promise<readonly { readonly position: bigint; readonly line: number }[]>;

/** What of each key's usage is a customer's. */
export type OwnedKeys = ReadonlyMap<string, readonly Owned[]>;

export type PastUsage = {
  readonly log: AuditLog;
  readonly repeatsAt: RepeatsAt;
  readonly owned: OwnedKeys;
  /** The last position that counts. */
  readonly through: bigint;
};

/** What the customer's usage came to by then, from its streams; in the order of the meters. */
export async function readPastMeters(
  usage: PastUsage,
  metrics: ReadonlyMap<string, Metric>,
  meters: readonly Meter[],
): Promise<readonly MeterReading[]> {
  const intervals = meters.flatMap((meter) => meter.intervals);
  const months = new Set(intervals.flatMap((interval) => monthsOf(clip(interval, billable))));
  const keyOf = new Map<string, string>();
  for (const key of usage.owned.keys()) {
    for (const month of months) keyOf.set(usageStream(key, month), key);
  }
  const streams = [...keyOf.keys()].map((stream) => ({ stream, from: 0 }));
  const isOwn = ({ stream, position }: Recorded): boolean =>
    stretchOf(usage.owned.get(keyOf.get(stream) ?? '') ?? [], position) !== undefined;
  const counter = createCounter(meters, metrics);
  const { log, through } = usage;
  for await (const events of mergedUsage(log, streams, { after: 0n, through })) {
    const own = await firstRecordings(usage, events.filter(isOwn));
    for (const { lines } of own) for (const line of lines) counter.count(line);
  }
  return counter.readings();
}

/** The events, each with the lines that are the first of their transactionId (billing rule 11). */
export async function firstRecordings(
  { repeatsAt }: Pick<PastUsage, 'repeatsAt'>,
  events: readonly Recorded<UsageRecorded>[],
): Promise<readonly FirstRecordings[]> {
  if (events.length === 0) return [];
  const repeats = new Map<bigint, Set<number>>();
  for (const { position, line } of await repeatsAt(events.map((event) => event.position))) {
    repeats.set(position, (repeats.get(position) ?? new Set()).add(line));
  }
  return events.map((recorded) => {
    const { lines } = recorded.event;
    const repeated = repeats.get(recorded.position);
    return {
      recorded,
      lines: repeated === undefined ? lines : lines.filter((_, index) => !repeated.has(index)),
    };
  });
}

export type FirstRecordings = {
  readonly recorded: Recorded<UsageRecorded>;
  readonly lines: readonly UsageLine[];
};
