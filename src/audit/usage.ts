import { giveWay } from '../give-way.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { type UsageProof } from '../invoices/events.ts';
import { type MeterReading } from '../usage/groups.ts';
import { usageStreamPrefix, type UsageRecorded } from '../usage/events.ts';
import { nameOf, type Leaf } from './covered.ts';
import { createCounter } from './counting.ts';
import { usageStreamsOf, usageThrough, type UsageStreams } from './covered-usage.ts';
import {
  elsewhereDifferences,
  elsewhereOf,
  type CoveredPlace,
  type Elsewhere,
} from './elsewhere.ts';
import { type ClosedFacts } from './facts.ts';
import { createFirstPlaces, type FirstPlaces } from './first-places.ts';
import { type Owned } from './keys.ts';
import { monthsOf, type Month } from './months.ts';
import { type Plan } from './plan.ts';
import { digestOf, type RepeatsAt } from './prove.ts';
import { createRevisions } from './revisions.ts';
import { linesIn, type AuditLog } from './sound.ts';

export type Counting = {
  readonly facts: ClosedFacts;
  readonly plan: Plan;
  readonly owned: ReadonlyMap<string, readonly Owned[]>;
  /** Those that the invoice covers. */
  readonly months: readonly Month[];
  /** Lines that the invoice lists as recorded first in other streams; null: it does not. */
  readonly elsewhere: UsageProof['elsewhere'];
  /** What is known of the whole log; undefined: where it matters, the log is looked through. */
  readonly repeatsAt: RepeatsAt | undefined;
};

export type CountedUsage = {
  readonly readings: readonly MeterReading[];
  /** Of the months that the invoice covers: the customer's, and the others of the streams. */
  readonly leaves: readonly Leaf[];
  readonly others: readonly EventReference[];
  /** What is wrong with the events, in words. */
  readonly faults: readonly string[];
  readonly eventsRead: number;
};

type Walk = {
  readonly streams: UsageStreams;
  readonly covers: (stream: string) => boolean;
  readonly through: bigint;
};

/** Meters the customer's usage as it was before the cut, from its own streams. */
export async function countUsage(log: AuditLog, counting: Counting): Promise<CountedUsage> {
  const { facts, plan, owned, months } = counting;
  const metered = new Set(
    plan.meters.flatMap(({ intervals }) => intervals.flatMap((one) => monthsOf(one))),
  );
  const through = facts.closed.position - 1n;
  const streams = usageStreamsOf(owned, new Set([...months, ...metered]));
  const covered = usageStreamsOf(owned, months).names;
  const walk: Walk = { streams, covers: (stream) => covered.has(stream), through };
  const isListed = [...metered].every((month) => months.includes(month));
  const listed = isListed ? counting.elsewhere : null;
  const { repeatsAt } = counting;
  const firsts = createFirstPlaces();
  const counted = await count(log, counting, walk, { skips: linesOf(listed ?? []), firsts });
  if (repeatsAt !== undefined) {
    const found = await elsewhereOf(counted.places, repeatsAt);
    if (listed !== null) {
      return { ...counted, faults: [...counted.faults, ...elsewhereDifferences(listed, found)] };
    }
    return found.length === 0 ? counted : countAgain(linesOf(found), counted);
  }
  if (listed !== null) return counted;
  const { repeats, read } = await firstElsewhere(log, firsts, streams.names, through);
  const looked = { ...counted, eventsRead: counted.eventsRead + read };
  return repeats.size === 0 ? looked : countAgain((_place, _line, id) => repeats.has(id), looked);

  async function countAgain(skips: Skips, { eventsRead }: CountedUsage): Promise<CountedUsage> {
    const again = await count(log, counting, walk, { skips, firsts: createFirstPlaces() });
    return { ...again, eventsRead: eventsRead + again.eventsRead };
  }
}

/** Whether a line does not count, since its id was recorded before in another stream. */
type Skips = (place: EventReference, line: number, transactionId: string) => boolean;

type Dedupe = { readonly skips: Skips; readonly firsts: FirstPlaces };

function linesOf(elsewhere: Elsewhere): Skips {
  const lines = new Map(elsewhere.map((one) => [nameOf(one), new Set(one.lines)]));
  return (place, line) => lines.size > 0 && (lines.get(nameOf(place))?.has(line) ?? false);
}

async function count(
  log: AuditLog,
  { facts, plan }: Counting,
  { streams, covers, through }: Walk,
  { skips, firsts }: Dedupe,
): Promise<CountedUsage & { readonly places: readonly CoveredPlace[] }> {
  const counter = createCounter(plan.meters, facts.catalog.metrics);
  const leaves: Leaf[] = [];
  const others: EventReference[] = [];
  const faults: string[] = [];
  const places: CoveredPlace[] = [];
  const revisions = createRevisions();
  let eventsRead = 0;
  for await (const page of usageThrough(log, streams, through)) {
    eventsRead += page.length;
    for (const recorded of page) {
      const { stream, revision, position } = recorded;
      if (!revisions.follows(recorded)) {
        faults.push(`UsageRecorded ${nameOf(recorded)}: out of order`);
      }
      const counts = streams.isOwn(recorded);
      places.push({ stream, revision, position, isOwn: counts });
      if (covers(stream)) {
        if (counts) leaves.push({ stream, revision, digest: digestOf(recorded) });
        else others.push({ stream, revision });
      }
      const lines = linesIn(recorded);
      if (lines === null) {
        faults.push(`UsageRecorded ${nameOf(recorded)}: cannot be read`);
        continue;
      }
      const at = Number(position);
      lines.forEach((line, index) => {
        if (!firsts.add(line.transactionId, at) || !counts) return;
        if (!skips(recorded, index, line.transactionId)) counter.count(line);
      });
    }
  }
  for (const place of revisions.missing()) faults.push(`UsageRecorded ${nameOf(place)}: missing`);
  return { readings: counter.readings(), leaves, others, faults, places, eventsRead };
}

/** An event may hold thousands of lines. */
const batchSize = 8;

/** Those of the transactionIds that another stream of the account has recorded before. */
async function firstElsewhere(
  log: AuditLog,
  firsts: FirstPlaces,
  own: ReadonlySet<string>,
  through: bigint,
): Promise<{ readonly repeats: ReadonlySet<string>; readonly read: number }> {
  const repeats = new Set<string>();
  let read = 0;
  let after = 0n;
  while (firsts.size > 0 && after < through) {
    await giveWay();
    const batch = await log.readAll({
      after,
      maxCount: batchSize,
      streamPrefixes: [usageStreamPrefix],
    });
    for (const recorded of batch.events as readonly Recorded<UsageRecorded>[]) {
      if (recorded.position > through || own.has(recorded.stream)) continue;
      read += 1;
      for (const { transactionId } of recorded.event.lines) {
        const first = firsts.positionOf(transactionId);
        if (first !== undefined && recorded.position < first) repeats.add(transactionId);
      }
    }
    if (batch.through <= after) break;
    after = batch.through;
  }
  return { repeats, read };
}
