import { Worker } from 'node:worker_threads';
import { type Following, type RunnerLogger } from '../../projections/runner.ts';
import { openWaitingRoom } from '../../projections/waiting.ts';
import { Unavailable, type EventLog } from '../application/ports.ts';
import { type FromThread, type ThreadStart, type ToThread } from './messages.ts';

export type UsageThread = Following & {
  /** Of the store that the thread writes. */
  readonly fingerprint: string;
};

type Needs = {
  readonly log: Pick<EventLog, 'onAppend'>;
  readonly logger: RunnerLogger;
  /** Called with the thread when it may start again. */
  readonly giveBack?: (worker: Worker) => void;
};

type Started = Extract<FromThread, { readonly type: 'started' }>;

/** Those that fold nothing now: loading the program takes longer than starting on a log. */
const idle: Worker[] = [];

/** Folds usage in a thread of its own. Resolves when its store is there to be read. */
export function startUsageThread(
  start: ThreadStart,
  needs: Omit<Needs, 'giveBack'>,
): Promise<UsageThread> {
  const worker = idle.pop() ?? new Worker(new URL('./thread-start.mjs', import.meta.url));
  worker.ref();
  worker.postMessage({ start } satisfies ToThread);
  return followThread(worker, { ...needs, giveBack });
}

function giveBack(worker: Worker): void {
  worker.unref();
  idle.push(worker);
}

/** As startUsageThread, of a thread that is there. Throws what the thread throws as it starts. */
export async function followThread(worker: Worker, needs: Needs): Promise<UsageThread> {
  const { log, logger, giveBack } = needs;
  const hurry = (): void => worker.postMessage('awaited' satisfies ToThread);
  const room = openWaitingRoom('usage read models', 0n, hurry);
  const listeners = new Set<(position: bigint) => void>();
  let position = 0n;
  let failed: Error | null = null;
  let isStopping = false;

  const endListening = log.onAppend?.(() => worker.postMessage('grown' satisfies ToThread));
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
  let leave: (isThere: boolean) => void = () => undefined;
  const left = new Promise<boolean>((resolve) => (leave = resolve));
  let endHearing = (): void => undefined;
  const started = new Promise<Started>((resolve, reject) => {
    endHearing = hear(worker, {
      said(message) {
        if (message.type === 'started') resolve(message);
        else if (message.type === 'reached') move(message.position);
        else if (message.type === 'failed') fail(new Error(message.reason));
        else if (message.type === 'ended') leave(true);
        else logger[message.level](message.details, message.message);
      },
      broke(error) {
        logger.error({ err: error, store: 'usage' }, 'the thread that folds usage broke off');
        fail(error);
        reject(error);
      },
      exited(code) {
        fail(new Error(`the thread that folds usage ended with code ${String(code)}`));
        reject(failed ?? new Error('the thread that folds usage ended as it started'));
        leave(false);
      },
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
      worker.postMessage('stop' satisfies ToThread);
      if (await left) giveBack?.(worker);
      endHearing();
      room.close(new Unavailable('usage read models: stopped'));
    },
  };
}

type Hearing = {
  readonly said: (message: FromThread) => void;
  readonly broke: (error: Error) => void;
  readonly exited: (code: number) => void;
};

/** Returns what ends it. */
function hear(worker: Worker, { said, broke, exited }: Hearing): () => void {
  worker.on('message', said).on('error', broke).on('exit', exited);
  return () => void worker.off('message', said).off('error', broke).off('exit', exited);
}
