import { EventEmitter, once } from 'node:events';
import { type LogBatch, type ReadAll, type Subscription } from '../application/ports.ts';
import { checkCount, checkReadAll } from './checks.ts';

const defaultBatchSize = 1000;

/** What a subscription needs of its log. */
export type Followed = {
  readonly growth: Growth;
  /** The position of the last event; throws once the log is closed. */
  head(): bigint;
  read(options: ReadAll & { readonly maxCount: number }): LogBatch;
};

/** Wakes those who wait for the log to grow, or to close. */
export type Growth = {
  readonly announce: () => void;
  readonly next: (signal: AbortSignal) => Promise<void>;
  /** Calls the listener each time, until what it returns is called. */
  readonly listen: (listener: () => void) => () => void;
};

export function createGrowth(): Growth {
  const emitter = new EventEmitter().setMaxListeners(0);
  return {
    announce: () => void emitter.emit('growth'),
    async next(signal) {
      try {
        await once(emitter, 'growth', { signal });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    listen(listener) {
      emitter.on('growth', listener);
      return () => void emitter.off('growth', listener);
    },
  };
}

/** The port's `subscribe`, for a log that lives in this process. */
export function follow(log: Followed, options: Subscription): AsyncIterable<LogBatch> {
  const { batchSize = defaultBatchSize, maxCount, signal, ...rest } = options;
  checkReadAll({ ...rest, ...(maxCount === undefined ? {} : { maxCount }) });
  checkCount(batchSize, 'batchSize', 1);
  return batches(log, { ...rest, maxCount: Math.min(batchSize, maxCount ?? batchSize) }, signal);
}

async function* batches(
  log: Followed,
  options: ReadAll & { readonly maxCount: number },
  signal: AbortSignal,
): AsyncGenerator<LogBatch, void, undefined> {
  let after = options.after ?? 0n;
  while (!signal.aborted) {
    if (log.head() > after) {
      const batch = log.read({ ...options, after });
      after = batch.through;
      yield batch;
    } else {
      await log.growth.next(signal);
    }
  }
}
