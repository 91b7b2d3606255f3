import { type QueryExecutorProvider } from 'kysely';

/** A lease while this process has it. */
export type Held = {
  readonly name: string;
  /** Greater each time that the lease changes hands. */
  readonly fence: bigint;
  /** Aborts when the lease is lost or given up. */
  readonly signal: AbortSignal;
  /**
   * The last statement of a transaction that only the holder may commit: throws LeaseLost unless it
   * is still held, by the database's clock.
   */
  readonly check: (db: QueryExecutorProvider) => Promise<void>;
};

/** What one process at a time may do, each under a name. */
export type Leases = {
  /**
   * Works while it holds the lease; waits for it, again and again, until `signal` aborts. Work ends
   * when held.signal aborts.
   */
  hold(name: string, signal: AbortSignal, work: (held: Held) => Promise<void>): Promise<void>;
  /**
   * Shares `count` leases named `${group}-${0..count-1}` fairly among the live processes that share
   * the group; calls `changed` with those that are held now whenever that changes. Resolves when
   * `signal` aborts and all are released.
   */
  share(
    group: string,
    count: number,
    signal: AbortSignal,
    changed: (held: readonly Held[]) => void,
  ): Promise<void>;
  close(): Promise<void>;
};

/** Another process may have the lease by now: the transaction must not be committed. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  constructor(lease: string) {
    super(`the lease ${lease} is lost`);
  }
}
