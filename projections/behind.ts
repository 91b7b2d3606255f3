import { setImmediate as nextTurn } from 'node:timers/promises';

const tellEveryMs = 2000;

/** Tells every few seconds where the work that was left behind stands, and when it is done. */
export function tellOfBehind(
  logger: { info(details: object, message: string): void },
  store: string,
): (progress: object | null) => void {
  let toldAt: number | null = null;
  let isLong = false;
  return (progress) => {
    if (progress === null) {
      if (isLong) logger.info({ store }, 'earlier usage is counted for all metrics');
      toldAt = null;
      isLong = false;
      return;
    }
    toldAt ??= performance.now();
    if (performance.now() - toldAt < tellEveryMs) return;
    logger.info({ store, ...progress }, 'earlier usage is being counted for new metrics');
    toldAt = performance.now();
    isLong = true;
  };
}

/**
 * The items, with a step of other work before each, and as many as there are while none comes. The
 * work says whether there is more of it.
 */
export async function* withWorkBetween<Item>(
  open: (signal: AbortSignal) => AsyncIterable<Item>,
  work: () => Promise<boolean>,
): AsyncGenerator<Item, void, undefined> {
  const ended = new AbortController();
  const items = open(ended.signal)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const arrival = { isHere: false };
      const next = items.next().finally(() => {
        arrival.isHere = true;
      });
      // Thrown below, unless the work throws first.
      next.catch(() => undefined);
      while (await work()) {
        await nextTurn();
        if (arrival.isHere) break;
      }
      const result = await next;
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    ended.abort();
    await items.return?.(undefined);
  }
}
