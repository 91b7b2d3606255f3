import { type Recorded } from '../kernel/recorded.ts';
import { present } from '../kernel/invariant.ts';
import { type UsageRecorded } from '../usage/events.ts';
import { createHistory, type History } from './history.ts';
import { type EventLog } from './ports.ts';

/** Recorded usage as the log holds it, for whoever asks about single lines of it. */
export type UsageArchive = Pick<EventLog, 'head'> &
  Pick<History, 'usageBetween'> & {
    /** The usage event at that position. */
    readonly usageAt: (position: bigint) => Promise<Recorded<UsageRecorded>>;
  };

export const createUsageArchive = (log: EventLog): UsageArchive => ({
  head: () => log.head(),
  usageBetween: createHistory(log).usageBetween,
  async usageAt(position) {
    const { events } = await log.readAll({ after: position - 1n, maxCount: 1 });
    return present(events[0], 'a recorded line is in the log') as Recorded<UsageRecorded>;
  },
});
