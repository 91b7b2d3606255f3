import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';
import { LeaseLost } from '../../projections/leases.ts';
import { openStore, type Store } from '../../projections/store.ts';
import { openFeed } from '../../projections/usage-feed.ts';
import { openProjector, type Outcome, type Projector } from '../../projections/usage-projector.ts';
import { type HeldShare } from '../../projections/usage-rounds.ts';
import { shareCount } from '../../projections/usage-sharing-tables.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { createHistory } from '../../src/application/history.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { discard, newFolder, placeOf, storeKind } from './places.ts';
import { breakable, type Breakage } from './usage-breakage.ts';
import { recordedAt, type UsageChange } from './usage-log.ts';

/** A log of these events, each in a stream of its own kind. */
export async function logWith(events: readonly UsageChange[], log = memoryLog()) {
  for (const event of events) await record(log, event);
  return log;
}

let serial = 0;

export async function record(log: EventLog, event: UsageChange): Promise<bigint> {
  const place = Number(await log.head()) + 1;
  const metadata = {
    version: 1,
    actor: 'test',
    requestIds: [],
    recordedAt: recordedAt(place * 10),
  };
  const stream = event.type === 'UsageRecorded' ? `usage-${event.key}` : 'other';
  serial += 1;
  const added = [{ id: `event-${String(serial)}`, event, metadata }];
  return (await log.append(stream, 'any', added)).position;
}

export const eventsOf = async (log: EventLog): Promise<readonly Recorded<UsageChange>[]> =>
  (await log.readAll()).events as readonly Recorded<UsageChange>[];

export const silent = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() });

/** Who has which share, as the leases would say; a share that was taken over is nobody else's. */
export function openShares() {
  const fences = Array.from({ length: shareCount }, () => 0n);
  return {
    take(share: number): HeldShare {
      const fence = present(fences[share], 'a share') + 1n;
      fences[share] = fence;
      const check = async (): Promise<void> => {
        if (fences[share] !== fence) throw new LeaseLost(`usage-${String(share)}`);
      };
      const name = `usage-${String(share)}`;
      return { share, held: { name, fence, signal: new AbortController().signal, check } };
    },
  };
}

/** A process that shares usage, driven step by step. */
export type Process = {
  shares: HeldShare[];
  /** What it does next; it waits for the log when it has to. */
  step(): Promise<Outcome>;
  readonly projector: Projector;
  end(): void;
};

function startProcess(
  log: EventLog,
  store: Store<UsageTables>,
  shares: readonly HeldShare[],
  batchSize: number,
): Process {
  const feed = openFeed({ log, ahead: batchSize, grown: () => undefined });
  const usageLog = usageLogOf(log);
  const told = { log, store, usageLog, logger: silent(), feed };
  const projector = openProjector({ ...told, batchSize, linesInStep: 2 });
  const process: Process = {
    projector,
    shares: [...shares],
    async step() {
      const outcome = await projector.step(process.shares);
      if (outcome !== 'done') await nextTurn();
      return outcome;
    },
    end: () => {
      feed.close();
    },
  };
  return process;
}

/** Starts processes that end with their test. */
export function useProcesses(): typeof startProcess {
  const started: Process[] = [];
  afterEach(() => {
    for (const process of started.splice(0)) process.end();
  });
  return (...options) => {
    const process = startProcess(...options);
    started.push(process);
    return process;
  };
}

export const usageLogOf = (log: EventLog) => {
  const { originalLine, usageBetween } = createHistory(log);
  return { originalLine, history: usageBetween };
};

/** Steps until the store has folded the whole log, and counted all of it for every metric. */
export async function finish(log: EventLog, processes: readonly Process[]): Promise<void> {
  const head = Number(await log.head());
  for (let turns = 0; turns < 2000; turns += 1) {
    const outcomes: Outcome[] = [];
    for (const process of processes) outcomes.push(await process.step());
    const isThere = processes.some(({ projector }) => projector.position() === head);
    if (isThere && !outcomes.includes('done')) return;
  }
  throw new Error('the projectors do not come to the end of the log');
}

export const everyShare = Array.from({ length: shareCount }, (_, share) => share);

/** One usage store that so many processes have open, each by sessions of its own. */
export function useSharedStores(count: number) {
  const folder = newFolder();
  const breakages: Breakage[] = [];
  const stores: Store<UsageTables>[] = [];
  beforeAll(async () => {
    if (storeKind === 'sqlite') return;
    for (let index = 0; index < count; index += 1) {
      const { place, breakage } = breakable(placeOf(folder));
      const projections = [usageProjection(usageLogOf(memoryLog()))];
      stores.push(await openStore<UsageTables>({ ...place, name: 'usage', projections }));
      breakages.push(breakage);
    }
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
    await discard(folder);
  });
  return {
    stores,
    breakages,
    store: (index: number) => present(stores[index], 'opened before the tests'),
    breakage: (index: number) => present(breakages[index], 'opened before the tests'),
  };
}
