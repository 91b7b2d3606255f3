import { Unavailable } from '../src/application/ports.ts';
import { type Following, type RunnerLogger } from './runner.ts';
import { passes } from './lease.ts';
import { isTransient } from './sqlite.ts';
import { checkpoint, type Store } from './store.ts';
import { openWaitingRoom } from './waiting.ts';

export type WatcherOptions = {
  readonly logger: RunnerLogger;
  /** The log's head as the watching starts: what caughtUp waits for. */
  readonly goal: bigint;
};

const urgentlyEveryMs = 10;
const lookEveryMs = 250;

/**
 * Asks the store again and again how far others have folded it: soon after one another while
 * somebody waits, one question for all who do.
 */
export function watchStore<Tables>(
  store: Store<Tables>,
  { logger, goal }: WatcherOptions,
): Following {
  let position = 0n;
  let failed: string | null = null;
  const room = openWaitingRoom(`${store.name} read models`, position);
  const listeners = new Set<(position: bigint) => void>();
  const stopping = new AbortController();
  let hurry = new AbortController();

  const move = (to: bigint): void => {
    if (to === position) return;
    position = to;
    room.reached(position);
    for (const listener of listeners) listener(position);
  };
  const watch = async (): Promise<void> => {
    let isAway = false;
    while (!stopping.signal.aborted) {
      hurry = new AbortController();
      try {
        move(await checkpoint(store.reader));
        isAway = false;
      } catch (error) {
        if (!(error instanceof Unavailable) && !isTransient(error)) throw error;
        if (!isAway) logger.warn({ err: error, store: store.name }, 'read models are away');
        isAway = true;
      }
      if (room.isUrgent() && !isAway) await passes(urgentlyEveryMs, stopping.signal);
      else await passes(lookEveryMs, AbortSignal.any([stopping.signal, hurry.signal]));
    }
  };
  const end = (reason: string): void => {
    room.close(new Unavailable(`${store.name} read models: ${reason}`));
  };
  const watching = watch().then(
    () => {
      end('stopped');
    },
    (error: unknown) => {
      failed = error instanceof Error ? error.message : String(error);
      logger.error(
        { err: error, store: store.name, position: String(position) },
        'watching failed',
      );
      end(`watching failed after position ${String(position)}`);
    },
  );
  const waitFor = (awaited: bigint, timeoutMs: number): Promise<void> => {
    const reached = room.wait(awaited, timeoutMs);
    if (awaited > position) hurry.abort();
    return reached;
  };

  return {
    position: () => position,
    waitFor,
    caughtUp: () => room.wait(goal, null),
    onMove: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => ({ position, failed }),
    stop: async () => {
      stopping.abort();
      await watching;
    },
  };
}
