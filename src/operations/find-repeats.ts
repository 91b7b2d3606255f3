import { logRepeatsAt, openLogRepeats, type LogRepeat } from '../../projections/log-repeats.ts';
import { type EventLog } from '../application/ports.ts';
import { usageStreamPrefix, type UsageRecorded } from '../usage/events.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Progress } from './progress.ts';

/** Which lines of usage repeat an earlier one, by a reading of the whole log. */
export type FoundRepeats = {
  at(positions: readonly bigint[]): Promise<readonly LogRepeat[]>;
  close(): Promise<void>;
};

export type Finding = {
  /** An empty folder for what does not fit into memory. */
  readonly folder: string;
  readonly progress: Pick<Progress, 'begin' | 'seen'>;
  readonly signal: AbortSignal;
};

const pageSize = 250;

/** Lines that are folded at once: their ids are held in memory meanwhile. */
const linesAtOnce = 50_000;

/** Finds them, up to where the log ends now. */
export async function findRepeats(
  log: Pick<EventLog, 'readAll' | 'head'>,
  { folder, progress, signal }: Finding,
): Promise<FoundRepeats> {
  const store = await openLogRepeats(folder);
  try {
    const end = await log.head();
    progress.begin('looking for repeats', end);
    let events: Recorded<UsageRecorded>[] = [];
    let lines = 0;
    for (let after = 0n; after < end;) {
      signal.throwIfAborted();
      const page = await log.readAll({
        after,
        maxCount: pageSize,
        streamPrefixes: [usageStreamPrefix],
      });
      const read = page.events as readonly Recorded<UsageRecorded>[];
      events.push(...read);
      const count = read.reduce((sum, { event }) => sum + event.lines.length, 0);
      lines += count;
      progress.seen(count, page.through);
      after = page.through;
      if (lines < linesAtOnce && after < end) continue;
      await store.fold(events, after);
      events = [];
      lines = 0;
    }
  } catch (error) {
    await store.close();
    throw error;
  }
  return {
    at: (positions) => logRepeatsAt(store.reader, positions),
    close: () => store.close(),
  };
}
