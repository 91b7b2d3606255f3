import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditLog } from '../audit/sound.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type UsageRecorded } from '../usage/events.ts';

/** More usage than is read beside other work. */
export class TooMuchUsage extends Error {
  override readonly name = 'TooMuchUsage';
}

export type Pacing = {
  /** What is read with it ends when this aborts. */
  readonly signal: AbortSignal;
  /** TooMuchUsage is thrown once so many lines of usage were read. */
  readonly mostLines: number;
  /** How much longer it rests than it works. */
  readonly rest: number;
};

/** So many events are read at once: nobody waits for more of them. */
const mostEvents = 16;
const longestRestMs = 500;

/** The log, for who reads much and is in no hurry: between two reads, others get their turn. */
export function pacedLog(log: AuditLog, { signal, mostLines, rest }: Pacing): AuditLog {
  let lines = 0;
  let workingSince = performance.now();
  const paced = async <Read>(
    read: () => Promise<Read>,
    eventsOf: (read: Read) => readonly Recorded[],
  ): Promise<Read> => {
    const workedMs = performance.now() - workingSince;
    await sleep(Math.min(workedMs * rest, longestRestMs), undefined, { signal });
    workingSince = performance.now();
    const found = await read();
    for (const recorded of eventsOf(found)) if (isUsage(recorded)) lines += linesOf(recorded);
    if (lines > mostLines) throw new TooMuchUsage();
    return found;
  };
  return {
    async readStream(stream, { maxCount = Infinity, ...where } = {}) {
      const events: Recorded[] = [];
      let from = where.from;
      while (events.length < maxCount) {
        const count = Math.min(mostEvents, maxCount - events.length);
        const place = from === undefined ? {} : { from };
        const options = { ...where, ...place, maxCount: count };
        const page = await paced(() => log.readStream(stream, options), itself);
        events.push(...page);
        const last = page.at(-1);
        if (last === undefined || page.length < count) break;
        from = where.direction === 'backwards' ? last.revision - 1 : last.revision + 1;
        if (from < 0) break;
      }
      return events;
    },
    readAll: ({ maxCount = Infinity, ...where } = {}) =>
      paced(
        () => log.readAll({ ...where, maxCount: Math.min(maxCount, mostEvents) }),
        ({ events }) => events,
      ),
  };
}

const itself = (events: readonly Recorded[]): readonly Recorded[] => events;

const isUsage = (recorded: Recorded): recorded is Recorded<UsageRecorded> =>
  recorded.event.type === 'UsageRecorded';

const linesOf = ({ event }: Recorded<UsageRecorded>): number => event.lines.length;
