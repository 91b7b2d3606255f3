import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable, type EventLog, type ReadAll } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';

/** One event may have 900,000 bytes, and a page is held in memory. */
const pageSize = 250;

/** The log's events, in log order, with their stored texts. */
export async function* eventsOf(
  log: Pick<EventLog, 'readAll'>,
  { after: start = 0n, ...filter }: Omit<ReadAll, 'maxCount'> = {},
): AsyncGenerator<Recorded, void, undefined> {
  for (let after = start; ;) {
    const page = { ...filter, after, maxCount: pageSize, stored: true };
    const { events, through } = await log.readAll(page);
    yield* events;
    if (events.length < pageSize) return;
    after = through;
  }
}

const retryDelaysMs = [100, 500, 2000, 5000, 10_000, 10_000, 10_000];

/**
 * The same log, asked again while it cannot be reached, until it has not answered for most of a
 * minute. An append is sent again as it was: at an explicit revision it is not written twice.
 */
export function patient(log: EventLog, delaysMs: readonly number[] = retryDelaysMs): EventLog {
  const insist = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    for (const delayMs of delaysMs) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await sleep(delayMs);
      }
    }
    return ask();
  };
  return {
    ...log,
    append: (...request) => insist(() => log.append(...request)),
    readStream: (...request) => insist(() => log.readStream(...request)),
    readAll: (...request) => insist(() => log.readAll(...request)),
    head: () => insist(() => log.head()),
  };
}
