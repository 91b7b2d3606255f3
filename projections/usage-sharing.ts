import { setImmediate as nextTurn } from 'node:timers/promises';
import { Unavailable, type EventLog } from '../src/application/ports.ts';
import { invariant } from '../src/kernel/invariant.ts';
import { LeaseLost, type Held, type Leases } from './leases.ts';
import { type Following, type RunnerLogger } from './runner.ts';
import { type Store } from './store.ts';
import { type UsageLog } from './usage-changes.ts';
import { openFeed } from './usage-feed.ts';
import { openProjector, type Outcome } from './usage-projector.ts';
import { type HeldShare } from './usage-rounds.ts';
import { shareCount } from './usage-sharing-tables.ts';
import { type UsageTables } from './usage-tables.ts';

export type SharingOptions = {
  readonly log: Pick<EventLog, 'head' | 'readAll' | 'subscribe'>;
  /** In PostgreSQL. */
  readonly store: Store<UsageTables>;
  readonly usageLog: UsageLog;
  readonly leases: Pick<Leases, 'share'>;
  /** Names the leases: the same for all who have the same generation of the store open. */
  readonly group: string;
  readonly logger: RunnerLogger;
  /** Most events in a round. */
  readonly batchSize?: number;
};

/** Keeps the usage store up with the log, together with whoever else does. */
export type Sharing = Pick<Following, 'position' | 'onMove' | 'state' | 'stop'>;

const eventsInRound = 2000;
const pauseMs = { least: 2, waiting: 10, idle: 1000, failed: 200 };

/** Measures this process's shares of the log, and gives out what all have measured, for ever. */
export function startSharing(options: SharingOptions): Sharing {
  const { log, store, usageLog, leases, group, logger, batchSize = eventsInRound } = options;
  const bell = openBell();
  const feed = openFeed({ log, ahead: batchSize, grown: bell.ring });
  const projector = openProjector({ log, store, usageLog, logger, feed, batchSize });
  const stopping = new AbortController();
  const releasing = new AbortController();
  const listeners = new Set<(position: bigint) => void>();
  let shares: readonly HeldShare[] = [];
  let told = 0;
  let failed: string | null = null;

  const step = async (): Promise<Outcome> => {
    const outcome = await projector.step(shares.filter(({ held }) => !held.signal.aborted));
    if (projector.position() !== told) {
      told = projector.position();
      for (const listener of listeners) listener(BigInt(told));
    }
    return outcome;
  };
  const work = async (): Promise<void> => {
    let ms = pauseMs.least;
    while (!stopping.signal.aborted) {
      try {
        const outcome = await step();
        if (outcome === 'done') ms = pauseMs.least;
        if (outcome === 'done') await nextTurn();
        else await bell.wait(outcome === 'idle' ? pauseMs.idle : ms);
        if (outcome === 'waiting') ms = Math.min(2 * ms, pauseMs.waiting);
      } catch (error) {
        if (!(error instanceof Unavailable) && !(error instanceof LeaseLost)) throw error;
        logger.warn({ err: error, store: store.name }, 'folding was interrupted and goes on');
        await bell.wait(pauseMs.failed);
      }
    }
  };
  const giveUp = (error: unknown): void => {
    failed = error instanceof Error ? error.message : String(error);
    logger.error({ err: error, store: store.name, position: String(told) }, 'folding failed');
  };
  const sharing = leases.share(group, shareCount, releasing.signal, (held) => {
    shares = held.map((one) => ({ share: shareNamed(one), held: one }));
    bell.ring();
  });
  sharing.catch((error: unknown) => {
    giveUp(error);
    stopping.abort();
    bell.ring();
  });
  const working = work()
    .catch(giveUp)
    .finally(() => {
      feed.close();
      releasing.abort();
    });

  return {
    position: () => BigInt(told),
    onMove: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => ({ position: BigInt(told), failed }),
    stop: async () => {
      stopping.abort();
      bell.ring();
      await working;
      await sharing.catch(() => undefined);
    },
  };
}

function shareNamed({ name }: Held): number {
  const share = Number(name.slice(name.lastIndexOf('-') + 1));
  invariant(Number.isInteger(share) && share < shareCount, 'a share is named by its number');
  return share;
}

type Bell = {
  readonly ring: () => void;
  /** Until it rings, or has rung since somebody waited, or the time has passed. */
  wait(ms: number): Promise<void>;
};

function openBell(): Bell {
  let hasRung = false;
  let wake = (): void => undefined;
  return {
    ring: () => {
      hasRung = true;
      wake();
    },
    wait: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(done, hasRung ? 0 : ms);
        function done(): void {
          clearTimeout(timer);
          hasRung = false;
          wake = () => undefined;
          resolve();
        }
        wake = done;
      }),
  };
}
