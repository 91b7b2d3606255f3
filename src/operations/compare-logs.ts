import { type EventLog } from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { type Recorded, type StoredTexts } from '../kernel/recorded.ts';
import { eventsOf } from './log-events.ts';
import { type Progress } from './progress.ts';

/** Where events are copied from, and where to. */
export type LogPair = {
  readonly source: Pick<EventLog, 'readAll' | 'head'>;
  readonly target: Pick<EventLog, 'readAll' | 'append'>;
};

/** The target is no copy of the source; the message says where they part. */
export class LogsDiffer extends Error {
  override readonly name = 'LogsDiffer';
}

/** What both logs begin with. */
export type CommonPart = {
  readonly events: number;
  /** What the source holds behind it. */
  readonly rest: AsyncGenerator<Recorded, void, undefined>;
};

/**
 * Goes through the target to its end. Throws LogsDiffer unless it holds the source's first events,
 * in their order, each with its stream, revision, id, type, data and metadata.
 */
export async function commonPart(
  { source, target }: LogPair,
  progress: Progress,
): Promise<CommonPart> {
  const rest = eventsOf(source);
  let events = 0;
  for await (const copy of eventsOf(target)) {
    const next = await rest.next();
    if (next.done === true) {
      throw new LogsDiffer(
        `the target has ${nameOf(copy)} behind the last of the source's ${String(events)} events`,
      );
    }
    events += 1;
    const fault = faultOf(next.value, copy);
    if (fault !== null) throw new LogsDiffer(`event ${String(events)} in log order: ${fault}`);
    progress.seen(1, next.value.position);
  }
  return { events, rest };
}

/** Throws LogsDiffer unless the target is the whole of the source; how many events that are. */
export async function compareLogs(logs: LogPair, progress: Progress): Promise<number> {
  progress.begin('comparing the logs', await logs.source.head());
  const { events, rest } = await commonPart(logs, progress);
  const missing = await rest.next();
  if (missing.done === true) return events;
  throw new LogsDiffer(
    `the target ends after ${String(events)} events, where the source has ${nameOf(missing.value)}`,
  );
}

/** What is wrong with the copy; null: nothing. */
function faultOf(original: Recorded, copy: Recorded): string | null {
  if (copy.stream !== original.stream || copy.revision !== original.revision) {
    return `the target has ${nameOf(copy)}, the source ${nameOf(original)}`;
  }
  const parts = [
    ['id', copy.id === original.id],
    ['type', textsOf(copy).type === textsOf(original).type],
    ['data', textsOf(copy).data === textsOf(original).data],
    ['metadata', textsOf(copy).metadata === textsOf(original).metadata],
  ] as const;
  const other = parts.find(([, isSame]) => !isSame)?.[0];
  return other === undefined ? null : `${nameOf(original)} has another ${other} in the target`;
}

/** Of an event of eventsOf. */
export const textsOf = ({ stored }: Recorded): StoredTexts =>
  present(stored, 'events are read with their texts');

export const nameOf = ({ stream, revision, event }: Recorded): string =>
  `${event.type} at ${stream} ${String(revision)}`;
