import { type Held, type Leases } from './leases.ts';
import { startRunner, type RunnerOptions } from './runner.ts';

export type LedRunnerOptions<Tables> = Omit<RunnerOptions<Tables>, 'guard'> & {
  readonly leases: Pick<Leases, 'hold'>;
  /** Of the lease: the same for all processes that fold the same generation of the store. */
  readonly name: string;
};

/** Keeps a store up with the log whenever it is this process's turn. */
export type LedRunner = {
  /** leads: whether this process folds; failed: why it never will again. */
  state(): { readonly leads: boolean; readonly failed: string | null };
  /** Ends after the batch at hand, and leaves the store to others. */
  stop(): Promise<void>;
};

/**
 * A runner while the lease is held. What it writes after the lease has passed to another is undone:
 * each of its transactions ends with a check.
 */
export function leadRunner<Tables>(options: LedRunnerOptions<Tables>): LedRunner {
  const { leases, name, logger, store } = options;
  const stopping = new AbortController();
  let leads = false;
  let failed: string | null = null;

  const lead = async ({ signal, check }: Held): Promise<void> => {
    const runner = await startRunner({ ...options, guard: check });
    leads = true;
    await Promise.race([aborted(signal), runner.ended]);
    leads = false;
    await runner.stop();
    const reason = runner.state().failed;
    if (reason !== null) throw new Error(reason);
  };
  const leading = leases.hold(name, stopping.signal, lead).catch((error: unknown) => {
    failed = error instanceof Error ? error.message : String(error);
    logger.error({ err: error, store: store.name }, 'this process folds no more');
  });

  return {
    state: () => ({ leads, failed }),
    stop: async () => {
      stopping.abort();
      await leading;
    },
  };
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
