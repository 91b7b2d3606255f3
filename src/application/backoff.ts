export type BackoffTimes = { readonly baseMs: number; readonly maxMs: number };

/** What failed some times, and when it may be tried again. */
export type Backoff = {
  isWaiting(id: string): boolean;
  hasFailed(id: string): boolean;
  /** It failed again; not before so long, where that is longer. */
  fail(id: string, atLeastMs: number): void;
  forget(id: string): void;
  ids(): Iterable<string>;
};

/** Twice as long after each failure, up to a bound, a random part of it. */
export function createBackoff({ baseMs, maxMs }: BackoffTimes): Backoff {
  const waiting = new Map<string, { readonly failures: number; readonly until: number }>();
  return {
    isWaiting: (id) => (waiting.get(id)?.until ?? 0) > performance.now(),
    hasFailed: (id) => waiting.has(id),
    fail(id, atLeastMs) {
      const failures = (waiting.get(id)?.failures ?? 0) + 1;
      const ms = Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
      const jittered = ms * (0.5 + Math.random() / 2);
      waiting.set(id, { failures, until: performance.now() + Math.max(atLeastMs, jittered) });
    },
    forget: (id) => void waiting.delete(id),
    ids: () => waiting.keys(),
  };
}
