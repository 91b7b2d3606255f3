import { type ClaimEvent } from '../kernel/claim.ts';
import { fingerprint } from '../kernel/ids.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { contractById } from '../contracts/contract.ts';
import { customerStream, type CustomerEvent } from '../customers/events.ts';
import { periodOf, standingUsage } from '../invoices/settling.ts';
import { type MeterReading } from '../usage/groups.ts';
import { usageStream, usageStreamPrefix, type UsageRecorded } from '../usage/events.ts';
import { createCounter } from './counting.ts';
import { type AuditLog, type Facts } from './facts.ts';
import { createFirstPlaces, type FirstPlaces } from './first-places.ts';
import { holdingsOf, keysEverHeld, ownedStretches, stretchOf, type Owned } from './keys.ts';
import { mergedUsage } from './merged-usage.ts';
import { monthsOf, type Plan } from './plan.ts';

type Month = Parameters<typeof usageStream>[1];

/** Every key that the customer has held before the cut, and what of its usage is the customer's. */
export async function ownedBefore(
  log: AuditLog,
  customerId: string,
  cut: bigint,
): Promise<ReadonlyMap<string, readonly Owned[]>> {
  const known = (events: readonly Recorded<CustomerEvent>[]) =>
    events.filter(({ position }) => position < cut);
  const own = known(await customerEvents(log, customerId));
  const keys = keysEverHeld(customerId, own);
  const others = new Set<string>();
  for (const key of keys) {
    const claims = (await log.readStream(
      `ingestKey-${fingerprint(key)}`,
    )) as readonly Recorded<ClaimEvent>[];
    for (const { event } of claims) others.add(event.owner);
  }
  others.delete(customerId);
  const events = [...own];
  for (const other of others) events.push(...known(await customerEvents(log, other)));
  const holdings = holdingsOf(keys, events);
  return new Map([...holdings].map(([key, held]) => [key, ownedStretches(held, customerId)]));
}

const customerEvents = async (
  log: AuditLog,
  customerId: string,
): Promise<readonly Recorded<CustomerEvent>[]> =>
  (await log.readStream(customerStream(customerId))) as readonly Recorded<CustomerEvent>[];

/**
 * The months of the contract's closed periods for which usage may have come late. One too many
 * does no harm: what its usage comes to has been charged.
 */
export async function lateMonthsOf(
  log: AuditLog,
  facts: Facts,
  owned: ReadonlyMap<string, readonly Owned[]>,
): Promise<readonly Month[]> {
  const { contractId } = facts.closed.event;
  const contract = contractById(facts.contracts, contractId);
  const late = new Set<Month>();
  const closed = contract === undefined ? [] : standingUsage(contract);
  for (const closing of closed.filter(({ lateOnly }) => !lateOnly)) {
    const closedAt = facts.closedAt.get(closing.invoiceId) ?? 0n;
    for (const month of monthsOf(periodOf(closing))) {
      for (const [key, stretches] of late.has(month) ? [] : owned) {
        const last = await lastPosition(log, usageStream(key, month));
        const claimed = stretches.some(({ claimedAt }) => (claimedAt ?? 0n) > closedAt);
        if (last > closedAt || (last > 0n && claimed)) late.add(month);
      }
    }
  }
  return [...late];
}

async function lastPosition(log: AuditLog, stream: string): Promise<bigint> {
  const [last] = await log.readStream(stream, { direction: 'backwards', maxCount: 1 });
  return last?.position ?? 0n;
}

export type CountedUsage = {
  readonly readings: readonly MeterReading[];
  readonly eventsRead: number;
};

/** Meters the customer's usage as it was before the cut, from its own streams. */
export async function countUsage(
  log: AuditLog,
  facts: Facts,
  { meters }: Plan,
  owned: ReadonlyMap<string, readonly Owned[]>,
): Promise<CountedUsage> {
  const through = facts.closed.position - 1n;
  const months = new Set(meters.flatMap(({ intervals }) => intervals.flatMap(monthsOf)));
  const keyOf = new Map<string, string>();
  for (const key of owned.keys()) {
    for (const month of months) keyOf.set(usageStream(key, month), key);
  }
  const streams = [...keyOf.keys()].map((stream) => ({ stream, from: 0 }));
  const isOwn = ({ stream, position }: Recorded): boolean =>
    stretchOf(owned.get(keyOf.get(stream) ?? '') ?? [], position) !== undefined;
  let eventsRead = 0;
  const count = async (skipped: ReadonlySet<string>, firsts: FirstPlaces) => {
    const counter = createCounter(meters, facts.catalog.metrics);
    for await (const events of mergedUsage(log, streams, { after: 0n, through })) {
      eventsRead += events.length;
      for (const recorded of events) {
        const counts = isOwn(recorded);
        const position = Number(recorded.position);
        for (const line of recorded.event.lines) {
          const isFirst = firsts.add(line.transactionId, position);
          if (isFirst && counts && !skipped.has(line.transactionId)) counter.count(line);
        }
      }
    }
    return counter.readings();
  };
  const firsts = createFirstPlaces();
  const readings = await count(new Set(), firsts);
  const { repeats, read } = await firstElsewhere(log, firsts, keyOf, through);
  eventsRead += read;
  return {
    readings: repeats.size === 0 ? readings : await count(repeats, createFirstPlaces()),
    eventsRead,
  };
}

const batchSize = 500;

/** Those of the transactionIds that another stream of the account has recorded before. */
async function firstElsewhere(
  log: AuditLog,
  firsts: FirstPlaces,
  own: { has(stream: string): boolean },
  through: bigint,
): Promise<{ readonly repeats: ReadonlySet<string>; readonly read: number }> {
  const repeats = new Set<string>();
  let read = 0;
  let after = 0n;
  while (firsts.size > 0 && after < through) {
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
