import { setTimeout as delay } from 'node:timers/promises';
import { type LogBatch } from '../src/application/ports.ts';

/** Spreads out work that is done again and again, so that more comes together for each time. */
export type Pacing = {
  /** The work begins. */
  readonly begin: () => void;
  /** Until the next may begin. */
  rest(): Promise<void>;
  /** Somebody waits for what comes next: it need not rest. */
  readonly hurry: () => void;
};

/** leastMs: from one beginning to the next, unless somebody waits. */
export function createPacing(leastMs: number): Pacing {
  let beganAt = -Infinity;
  let isHurried = false;
  let resting: AbortController | null = null;
  return {
    begin: () => void (beganAt = performance.now()),
    async rest() {
      const left = beganAt + leastMs - performance.now();
      if (left > 0 && !isHurried) {
        resting = new AbortController();
        await delay(left, undefined, { signal: resting.signal }).catch(() => undefined);
        resting = null;
      }
      isHurried = false;
    },
    hurry() {
      isHurried = true;
      resting?.abort();
    },
  };
}

/**
 * The batches; where one reaches as far as the log did when it was asked for, the next is asked for
 * once the work on it has rested.
 */
export async function* paced(
  batches: AsyncIterable<LogBatch>,
  pacing: Pacing,
  head: () => Promise<bigint>,
): AsyncGenerator<LogBatch, void, undefined> {
  let goal = await head();
  for await (const batch of batches) {
    pacing.begin();
    yield batch;
    if (batch.through >= goal) await pacing.rest();
    goal = await head();
  }
}
