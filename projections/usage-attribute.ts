import { type Kysely } from 'kysely';
import { type Metric } from '../src/catalog/events.ts';
import { foldKeysSet } from './usage-claims.ts';
import { gainsAt, writeDeltas, type Deltas } from './usage-deltas.ts';
import { gain } from './usage-gains.ts';
import { readTally, type Measured, type MeasuredRun, type PlacedChange } from './usage-measured.ts';
import { writeMarks } from './usage-marking.ts';
import { addPassedOver, foldMetricCreated } from './usage-metrics.ts';
import {
  foldPeriodClosed,
  keyHistories,
  standings,
  unclaimed,
  unclaimedStanding,
  type Standing,
} from './usage-owners.ts';
import { judgeRepeats } from './usage-repeats.ts';
import { type UsageTables } from './usage-tables.ts';
import { writeTimes } from './usage-times.ts';
import { addWaiting } from './usage-waiting.ts';

/**
 * Gives what a stretch of the log comes to, in the parts that it was measured in, to those it
 * belongs to: run by run, with the changes between them. One of the parts has the changes.
 */
export async function attribute(
  parts: readonly Measured[],
  metrics: readonly Metric[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const runs = new Map<number, MeasuredRun[]>();
  for (const run of parts.flatMap((part) => part.runs)) {
    runs.set(run.after, [...(runs.get(run.after) ?? []), run]);
  }
  await writeMarks(
    parts.flatMap((part) => part.marks),
    db,
  );
  const times = parts.flatMap((part) => part.times);
  if (times.length > 0) await writeTimes(times, db);
  const changes = parts.flatMap((part) => part.changes);
  await attributeRun(runs.get(0) ?? [], db);
  for (const [index, change] of changes.entries()) {
    await foldChange(change, metrics, db);
    await attributeRun(runs.get(index + 1) ?? [], db);
  }
}

async function attributeRun(parts: readonly MeasuredRun[], db: Kysely<UsageTables>): Promise<void> {
  const standingOf = await standingsOfKeys(
    parts.flatMap(({ keys }) => keys.map(({ key }) => key)),
    db,
  );
  const deltas: Deltas = new Map();
  for (const part of parts) {
    for (const { key, metricId, groupKey, hours } of part.series) {
      const gains = gainsAt(deltas, { standing: standingOf(key), metricId, groupKey });
      for (const [window, tally, recordedAt] of hours) {
        gain(gains, window, readTally(tally), recordedAt);
      }
    }
  }
  await writeDeltas(deltas, db);
  await addPassedOver(
    parts.flatMap(({ passedOver }) => passedOver),
    db,
  );
  const waiting = parts.flatMap(({ keys }) =>
    keys.filter(({ key }) => waits(standingOf(key), key)),
  );
  await addWaiting(waiting, db);
  await judgeRepeats(
    parts.flatMap(({ repeats }) => repeats),
    db,
  );
}

const waits = ({ owner }: Standing, key: string): boolean => owner === unclaimed(key);

/** Where usage under the keys counts now. */
async function standingsOfKeys(
  keys: readonly string[],
  db: Kysely<UsageTables>,
): Promise<(key: string) => Standing> {
  const holders = new Map<string, string>();
  for (const [key, history] of await keyHistories(db, keys)) {
    const holder = history.at(-1)?.owner ?? null;
    if (holder !== null) holders.set(key, holder);
  }
  const standingOf = await standings(db, holders.values());
  return (key) => {
    const holder = holders.get(key);
    return holder === undefined ? unclaimedStanding(key) : standingOf(holder);
  };
}

async function foldChange(
  { position, recordedAt, event }: PlacedChange,
  metrics: readonly Metric[],
  db: Kysely<UsageTables>,
): Promise<void> {
  switch (event.type) {
    case 'BillableMetricCreated':
      return foldMetricCreated(event, position, db);
    case 'CustomerCreated':
    case 'IngestAliasesSet':
      return foldKeysSet(event, { position, recordedAt }, metrics, db);
    case 'PeriodClosed':
      return foldPeriodClosed(event, position, db);
  }
}
