import { Worker } from 'node:worker_threads';
import { type Following, type RunnerLogger } from '../projections/runner.ts';
import { openWaitingRoom } from '../projections/waiting.ts';
import { Unavailable, type EventLog } from './application/ports.ts';
import { type FromThread, type ThreadStart, type ToThread } from './usage-thread-messages.ts';

export type UsageThread = Following & {
  /** Of the store that the thread writes. */
  readonly fingerprint: string;
};

type Needs = {
  readonly log: Pick<EventLog, 'onAppend'>;
  readonly logger: RunnerLogger;
};

type Started = Extract<FromThread, { readonly type: 'started' }>;

/** Folds usage in a thread of its own. Resolves when its store is there to be read. */
export const startUsageThread = (start: ThreadStart, needs: Needs): Promise<UsageThread> =>
  followThread(
    new Worker(new URL('./usage-thread-start.mjs', import.meta.url), { workerData: start }),
    needs,
  );

/** As startUsageThread, of a thread that is there. Throws what the thread throws as it starts. */
export async function followThread(worker: Worker, { log, logger }: Needs): Promise<UsageThread> {
  const room = openWaitingRoom('usage read models', 0n);
  const listeners = new Set<(position: bigint) => void>();
  let position = 0n;
  let failed: Error | null = null;
  let isStopping = false;

  const tell = (message: ToThread): void => {
    worker.postMessage(message);
  };
  const endListening = log.onAppend?.(() => {
    tell('grown');
  });
  const move = (to: bigint): void => {
    position = to;
    room.reached(to);
    for (const listener of listeners) listener(to);
  };
  const fail = (error: Error): void => {
    if (failed !== null || isStopping) return;
    failed = error;
    endListening?.();
    const where = `folding failed after position ${String(position)}`;
    room.close(new Unavailable(`usage read models: ${where}`));
  };
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', (code) => {
      fail(new Error(`the thread that folds usage ended with code ${String(code)}`));
      resolve();
    });
  });
  const started = new Promise<Started>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.type === 'started') resolve(message);
      else if (message.type === 'reached') move(message.position);
      else if (message.type === 'failed') fail(new Error(message.reason));
      else logger[message.level](message.details, message.message);
    });
    worker.on('error', (error) => {
      logger.error({ err: error, store: 'usage' }, 'the thread that folds usage broke off');
      fail(error);
      reject(error);
    });
    void exited.then(() => {
      reject(failed ?? new Error('the thread that folds usage ended as it started'));
    });
  });
  const { position: from, goal, fingerprint } = await started;
  if (from > position) move(from);

  return {
    fingerprint,
    position: () => position,
    waitFor: (awaited, timeoutMs) => room.wait(awaited, timeoutMs),
    caughtUp: () => room.wait(goal, null),
    onMove: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => ({ position, failed: failed?.message ?? null }),
    stop: async () => {
      isStopping = true;
      endListening?.();
      tell('stop');
      await exited;
      room.close(new Unavailable('usage read models: stopped'));
    },
  };
}
