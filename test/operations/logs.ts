import { type EventLog, type ExpectedRevision } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { type Progress } from '../../src/operations/progress.ts';

export const unheard: Progress = { begin: () => undefined, seen: () => undefined };

export const eventsIn = async (log: EventLog): Promise<readonly Recorded[]> =>
  (await log.readAll()).events;

/** All that a copy must have in common with its original. */
export const contentOf = async (log: EventLog): Promise<readonly object[]> =>
  (await eventsIn(log)).map(({ position: _position, ...content }) => content);

type Written = Pick<Recorded, 'stream' | 'id' | 'event' | 'metadata'>;

/** A log that holds these, whatever their revisions were. */
export async function logOf(events: readonly Written[]): Promise<EventLog> {
  const log = memoryLog();
  for (const { stream, id, event, metadata } of events) {
    await log.append(stream, 'any', [{ id, event, metadata }]);
  }
  return log;
}

/** A log with one event replaced, or left out. */
export const changedAt = (
  events: readonly Recorded[],
  index: number,
  change: (event: Recorded) => readonly Written[],
): Promise<EventLog> =>
  logOf(events.flatMap((event, at) => (at === index ? change(event) : [event])));

export type Append = { readonly stream: string; readonly expected: ExpectedRevision } & {
  readonly bytes: number;
  readonly ids: readonly string[];
};

/** Notes what is appended; throws when two appends are under way at once. */
export function watched(log: EventLog): { readonly log: EventLog; readonly appends: Append[] } {
  const appends: Append[] = [];
  let isUnderWay = false;
  const append: EventLog['append'] = async (stream, expected, events) => {
    if (isUnderWay) throw new Error('two appends are under way');
    isUnderWay = true;
    const bytes = Buffer.byteLength(JSON.stringify(events));
    appends.push({ stream, expected, bytes, ids: events.map(({ id }) => id) });
    await new Promise(setImmediate);
    try {
      return await log.append(stream, expected, events);
    } finally {
      isUnderWay = false;
    }
  };
  return { log: { ...log, append }, appends };
}

/** The process ends at this point. */
export class Killed extends Error {}

/** A log at whose so many-th append the process is killed: before it is written, or after. */
export function killing(log: EventLog, at: number, when: 'before' | 'after'): EventLog {
  let appends = 0;
  return {
    ...log,
    async append(...request) {
      appends += 1;
      if (appends === at && when === 'before') throw new Killed();
      const appended = await log.append(...request);
      if (appends === at) throw new Killed();
      return appended;
    },
  };
}
