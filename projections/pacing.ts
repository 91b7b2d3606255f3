import { setTimeout as delay } from 'node:timers/promises';

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

/** The items; each is made once the work on the one before has rested, if it may. */
export async function* paced<Item>(
  items: AsyncIterable<Item>,
  pacing: Pacing,
  mayRest: (after: Item) => Promise<boolean>,
): AsyncGenerator<Item, void, undefined> {
  for await (const item of items) {
    pacing.begin();
    yield item;
    if (await mayRest(item)) await pacing.rest();
  }
}
