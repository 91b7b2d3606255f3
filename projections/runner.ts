import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Unavailable, type EventLog, type LogBatch } from '../src/application/ports.ts';
import { tellOfBehind, withWorkBetween } from './behind.ts';
import { LeaseLost } from './leases.ts';
import { paced, type Pacing } from './pacing.ts';
import { isTransient } from './sqlite.ts';
import { type Guard, type Store } from './store.ts';
import { openWaitingRoom } from './waiting.ts';

/** Where it is told what happens; pino's loggers fit. */
export type RunnerLogger = {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
};

/** How far a store has come, whoever folds it. */
export type Following = {
  /** The position through which the store has folded the log, as far as is known here. */
  position(): bigint;
  /**
   * Until the store has folded that position. TimedOut; Unavailable when following has failed or
   * stops.
   */
  readonly waitFor: (position: bigint, timeoutMs: number) => Promise<void>;
  /**
   * Until the store has folded what was in the log when following started. Unavailable as above.
   */
  caughtUp(): Promise<void>;
  /**
   * Calls the listener each time that the store has folded more; it must not throw. Returns what
   * ends that.
   */
  onMove(listener: (position: bigint) => void): () => void;
  /** failed: why it was given up for good; null while it goes on. */
  state(): { readonly position: bigint; readonly failed: string | null };
  /** The store stays open. */
  stop(): Promise<void>;
};

export type RunnerOptions<Tables> = {
  readonly log: Pick<EventLog, 'head' | 'readAll' | 'subscribe'>;
  readonly store: Store<Tables>;
  readonly logger: RunnerLogger;
  /** As of LogFilter: the store looks at no other streams. */
  readonly streamPrefixes?: readonly string[];
  readonly batchSize?: number;
  /** Every transaction ends with it; when it throws LeaseLost, the runner waits to be stopped. */
  readonly guard?: Guard;
  /** Without it, what has come is folded at once. */
  readonly pacing?: Pacing | undefined;
};

/** Keeps a store up with the log. When it stops, it ends after the batch at hand. */
export type Runner = Following & {
  /**
   * Calls the listener after each batch that was folded; it must not throw. Returns what ends that.
   */
  onBatch(listener: (batch: LogBatch) => void): () => void;
  /** Resolves when it has failed or stopped. */
  readonly ended: Promise<void>;
};

const retryAfterMs = 200;
const progressEveryMs = 2000;
const farBehind = 10_000n;

/**
 * Folds the log into the store from its checkpoint on, for ever: exactly once, whatever the log
 * sends twice.
 */
export async function startRunner<Tables>(options: RunnerOptions<Tables>): Promise<Runner> {
  const { log, store, logger } = options;
  const goal = await log.head();
  let position = await startingPosition(options, goal);
  let failed: string | null = null;
  const room = openWaitingRoom(`${store.name} read models`, position);
  const listeners = new Set<(batch: LogBatch) => void>();
  const stopping = new AbortController();

  const follow = following(options, stopping.signal, {
    position: () => position,
    folded: (batch) => {
      position = batch.through;
      room.reached(position);
      for (const listener of listeners) listener(batch);
    },
  });
  const reporting = reportProgress(options, () => position);
  const end = (reason: string): void => {
    clearInterval(reporting);
    room.close(new Unavailable(`${store.name} read models: ${reason}`));
  };
  const running = follow().then(
    () => {
      end('stopped');
    },
    (error: unknown) => {
      failed = error instanceof Error ? error.message : String(error);
      logger.error({ err: error, store: store.name, position: String(position) }, 'folding failed');
      end(`folding failed after position ${String(position)}`);
    },
  );
  const listen: Runner['onBatch'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  tidyOnce(room.wait(goal, null), options);

  return {
    position: () => position,
    waitFor: (awaited, timeoutMs) => room.wait(awaited, timeoutMs),
    caughtUp: () => room.wait(goal, null),
    onBatch: listen,
    onMove: (listener) => listen(({ through }) => listener(through)),
    ended: running,
    state: () => ({ position, failed }),
    stop: async () => {
      stopping.abort();
      options.pacing?.hurry();
      await running;
    },
  };
}

/** The store's checkpoint; the log's start when it was folded from another log than this. */
async function startingPosition<Tables>(
  { log, store, logger, guard }: RunnerOptions<Tables>,
  head: bigint,
): Promise<bigint> {
  const { position, lastEvent } = await store.progress();
  if (position <= head && (lastEvent === null || (await holds(log, lastEvent)))) return position;
  logger.warn(
    { store: store.name, position: String(position), head: String(head) },
    'the read models are of another log: they are built anew',
  );
  await store.reset(guard);
  return 0n;
}

async function holds(
  log: Pick<EventLog, 'readAll'>,
  { position, id }: { readonly position: bigint; readonly id: string },
): Promise<boolean> {
  const { events } = await log.readAll({ after: position - 1n, maxCount: 1 });
  return events[0]?.position === position && events[0].id === id;
}

type Place = {
  position(): bigint;
  folded(batch: LogBatch): void;
};

/** Follows the log until the signal aborts. What may pass is tried again; throws what will not. */
function following<Tables>(
  { log, store, logger, streamPrefixes, batchSize, guard, pacing }: RunnerOptions<Tables>,
  signal: AbortSignal,
  place: Place,
): () => Promise<void> {
  const narrowed = {
    ...(streamPrefixes === undefined ? {} : { streamPrefixes }),
    ...(batchSize === undefined ? {} : { batchSize }),
  };
  const tell = tellOfBehind(logger, store.name);
  const catchUp = async (): Promise<boolean> => {
    const progress = await store.catchUp(guard);
    tell(progress);
    return progress !== null && !signal.aborted;
  };
  const subscribe = (ended: AbortSignal): AsyncIterable<LogBatch> => {
    const batches = log.subscribe({
      after: place.position(),
      signal: AbortSignal.any([signal, ended]),
      ...narrowed,
    });
    return pacing === undefined ? batches : paced(batches, pacing, () => log.head());
  };
  const foldUntilBroken = async (): Promise<void> => {
    for await (const batch of withWorkBetween(subscribe, catchUp)) {
      if (batch.through > place.position()) {
        await store.fold(batch.events, batch.through, guard);
        place.folded(batch);
      }
      // Everything here is synchronous beneath: requests get their turn between two batches.
      await nextTurn();
    }
  };
  return async () => {
    while (!signal.aborted) {
      try {
        await foldUntilBroken();
      } catch (error) {
        if (!passes(error)) throw error;
        logger.warn({ err: error, store: store.name }, 'folding was interrupted and goes on');
      }
      await delay(retryAfterMs, undefined, { signal }).catch(() => undefined);
    }
  };
}

/** A lost lease does not come back: whoever gave it stops the runner. */
const passes = (error: unknown): boolean =>
  isTransient(error) || error instanceof Unavailable || error instanceof LeaseLost;

function reportProgress<Tables>(
  { log, store, logger }: RunnerOptions<Tables>,
  position: () => bigint,
): NodeJS.Timeout {
  const report = async (): Promise<void> => {
    const head = await log.head();
    if (head - position() < farBehind) return;
    const where = { store: store.name, position: String(position()), head: String(head) };
    logger.info(where, 'read models are catching up');
  };
  // A log that gives no answer is reported by those who need one.
  const quietly = (): void => void report().catch(() => undefined);
  return setInterval(quietly, progressEveryMs).unref();
}

/** Other versions may have served until this one has caught up. */
function tidyOnce<Tables>(caughtUp: Promise<void>, { store, logger }: RunnerOptions<Tables>): void {
  const tidy = async (): Promise<void> => {
    try {
      await store.removeOtherVersions();
    } catch (error) {
      logger.warn({ err: error, store: store.name }, 'other versions of the read models stay');
    }
  };
  caughtUp.then(tidy, () => undefined);
}
