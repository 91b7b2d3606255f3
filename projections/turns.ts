import pLimit from 'p-limit';
import { Unavailable } from '../src/application/ports.ts';

/** Does work when its turn has come. Throws Unavailable when too many wait already. */
export type Turns = <Result>(work: () => Promise<Result>) => Promise<Result>;

export type TurnsOptions = { readonly atOnce: number; readonly mostWaiting: number };

/** For work that reads so much that many of it at one time would hold up everything else. */
export function createTurns({ atOnce, mostWaiting }: TurnsOptions): Turns {
  const limit = pLimit(atOnce);
  return async (work) => {
    if (limit.pendingCount >= mostWaiting) {
      throw new Unavailable(`${String(mostWaiting)} others wait for the same kind of work`);
    }
    return limit(work);
  };
}
