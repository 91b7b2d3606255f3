import { setTimeout as delay } from 'node:timers/promises';
import { LeaseLost, type Held } from './leases.ts';
import { type LeaseTable } from './leases-table.ts';
import { type RunnerLogger } from './runner.ts';

export type LeaseTimes = { readonly ttlMs: number; readonly renewMs: number };

/** A lease that was taken, and how it ends. */
export type Lease = {
  readonly held: Held;
  /** Ends what is done under the lease; it stays held until it is released. */
  readonly giveUp: () => void;
  /** Gives it up and frees it for others. */
  release(): Promise<void>;
};

export type LeaseContext = LeaseTimes & {
  readonly table: LeaseTable;
  readonly logger: RunnerLogger;
};

/**
 * Takes the lease, and renews it until it is released or lost: at latest when its life has passed
 * since the last renewal that succeeded was sent. null: another has it.
 */
export async function takeLease(context: LeaseContext, name: string): Promise<Lease | null> {
  const { table, logger, ttlMs } = context;
  const sentAt = performance.now();
  const fence = await table.take(name);
  if (fence === null) return null;
  const using = new AbortController();
  const renewing = new AbortController();
  let expiry: NodeJS.Timeout | undefined;
  const end = (): void => {
    clearTimeout(expiry);
    renewing.abort();
    using.abort(new LeaseLost(name));
  };
  const lose = (reason: string): void => {
    if (renewing.signal.aborted) return;
    end();
    logger.warn({ lease: name, fence: String(fence), reason }, 'a lease is lost');
  };
  const keepFrom = (sent: number): void => {
    if (renewing.signal.aborted) return;
    clearTimeout(expiry);
    const leftMs = Math.max(0, sent + ttlMs - performance.now());
    expiry = setTimeout(lose, leftMs, 'the database does not answer');
  };
  keepFrom(sentAt);
  const renewed = renewAgainAndAgain(context, { name, fence, keepFrom, lose }, renewing.signal);
  return {
    held: {
      name,
      fence,
      signal: using.signal,
      async check(transaction) {
        if (!renewing.signal.aborted && (await table.isHeld(name, fence, transaction))) return;
        lose('another process has it');
        throw new LeaseLost(name);
      },
    },
    giveUp: () => {
      using.abort(new LeaseLost(name));
    },
    async release() {
      end();
      // A renewal under way would make the release undone.
      await renewed;
      await table.release(name, fence).catch((error: unknown) => {
        logger.warn({ err: error, lease: name }, 'a lease is not released: it expires');
      });
    },
  };
}

type Renewal = {
  readonly name: string;
  readonly fence: bigint;
  readonly keepFrom: (sentAt: number) => void;
  readonly lose: (reason: string) => void;
};

async function renewAgainAndAgain(
  { table, logger, renewMs }: LeaseContext,
  { name, fence, keepFrom, lose }: Renewal,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = renewMs;
  while (await passes(pauseMs, signal)) {
    const sentAt = performance.now();
    try {
      if (await table.renew(name, fence)) keepFrom(sentAt);
      else lose('another process has it');
      pauseMs = renewMs;
    } catch (error) {
      if (pauseMs === renewMs) logger.warn({ err: error, lease: name }, 'a lease is not renewed');
      pauseMs = renewMs / 4;
    }
  }
}

/** Whether the time passes before the signal aborts. */
export const passes = (ms: number, signal: AbortSignal): Promise<boolean> =>
  delay(ms, true, { signal }).catch(() => false);
