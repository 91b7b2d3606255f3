import { randomUUID } from 'node:crypto';
import { type Instant } from '../kernel/calendar.ts';
import { fingerprint } from '../kernel/ids.ts';
import { usageStream } from '../usage/events.ts';
import { recordedText, type WrittenLine } from '../usage/line-text.ts';
import { schemaVersion } from './handle.ts';
import { WrittenEvent, type Caller, type NewEvent } from './ports.ts';

/** Lines of several requests on their way into the log, by actor, key and UTC month. */
export type UsageBatch = {
  /** Lines of one request stay in the order they are added. */
  add(line: WrittenLine, by: Caller): void;
  /** How many characters its lines have. */
  chars(): number;
  /** The events to append, by stream, each no larger than every event store takes. */
  events(recordedAt: Instant): ReadonlyMap<string, readonly NewEvent[]>;
};

/** What becomes one event. */
type Group = {
  readonly key: string;
  readonly month: string;
  readonly actor: string;
  readonly lines: string[];
  chars: number;
  readonly requestIds: string[];
  readonly offsets: number[];
  /** Whose line was added last. */
  by: Caller;
};

/**
 * A character has three bytes at most. Event stores of before 2025 take appends of up to 1 MiB; the
 * rest is for keys and metadata.
 */
const mostChars = 300_000;

export function createUsageBatch(streamHash: (key: string) => string): UsageBatch {
  // By actor, then by key: the groups that are open, one for each month.
  const open = new Map<string, Map<string, Group[]>>();
  const groups: Group[] = [];
  let lastActor: string | undefined;
  let ofActor = new Map<string, Group[]>();
  let chars = 0;

  function groupFor({ key, month, text }: WrittenLine, by: Caller): Group {
    if (by.actor !== lastActor) {
      lastActor = by.actor;
      ofActor = open.get(by.actor) ?? new Map<string, Group[]>();
      open.set(by.actor, ofActor);
    }
    const ofKey = ofActor.get(key);
    if (ofKey === undefined) {
      const group = begin(key, month, by);
      ofActor.set(key, [group]);
      return group;
    }
    for (let index = 0; index < ofKey.length; index += 1) {
      const group = ofKey[index];
      if (group?.month !== month) continue;
      if (group.chars + text.length <= mostChars) return group;
      return (ofKey[index] = begin(key, month, by));
    }
    const group = begin(key, month, by);
    ofKey.push(group);
    return group;
  }

  function begin(key: string, month: string, by: Caller): Group {
    const group: Group = {
      ...{ key, month, actor: by.actor, lines: [], chars: 0 },
      ...{ requestIds: [by.requestId], offsets: [0], by },
    };
    groups.push(group);
    return group;
  }

  return {
    add(line, by) {
      const group = groupFor(line, by);
      if (group.by !== by) {
        group.by = by;
        group.requestIds.push(by.requestId);
        group.offsets.push(group.lines.length);
      }
      group.lines.push(line.text);
      group.chars += line.text.length + 1;
      chars += line.text.length + 1;
    },
    chars: () => chars,
    events(recordedAt) {
      const byStream = new Map<string, NewEvent[]>();
      for (const group of groups) {
        const stream = usageStream(group.key, group.month, streamHash);
        const event = stamped(group, recordedAt);
        const known = byStream.get(stream);
        if (known === undefined) byStream.set(stream, [event]);
        else known.push(event);
      }
      return byStream;
    },
  };
}

function stamped({ key, lines, actor, requestIds, offsets }: Group, recordedAt: Instant): NewEvent {
  const version = schemaVersion;
  return {
    id: randomUUID(),
    event: new WrittenEvent('UsageRecorded', recordedText(key, lines)),
    metadata:
      requestIds.length === 1
        ? { actor, recordedAt, requestIds, version }
        : { actor, recordedAt, requestIds, requestOffsets: offsets, version },
  };
}

const mostHashes = 100_000;

/** The part of a stream's name that stands for its key, remembered: most usage is of few keys. */
export function streamHashes(): (key: string) => string {
  const known = new Map<string, string>();
  return (key) => {
    const hash = known.get(key);
    if (hash !== undefined) return hash;
    if (known.size >= mostHashes) known.clear();
    const made = fingerprint(key);
    // A copy: a part of a longer text would keep all of it.
    known.set(Buffer.from(key).toString(), made);
    return made;
  };
}
