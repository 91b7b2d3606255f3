import { randomUUID } from 'node:crypto';
import { type Instant } from '../kernel/calendar.ts';
import { mostPartBytes, writeParts } from '../usage/line-parts.ts';
import { type WrittenLine } from '../usage/line-text.ts';
import { type BufferPool } from './buffer-pool.ts';
import { versionOf } from './handle.ts';
import { WrittenEvent, type Caller, type NewEvent } from './ports.ts';
import { streamOf, type Group, type KnownKey, type KnownKeys } from './usage-keys.ts';

/** Lines of several requests on their way into the log, by actor, key and UTC month. */
export type UsageBatch = {
  /** Lines of one request stay in the order they are added. */
  add(line: WrittenLine, by: Caller): void;
  /** How many bytes its lines have. */
  bytes(): number;
  lines(): number;
  /** The events to append, by stream, each no larger than every event store takes. */
  events(recordedAt: Instant): ReadonlyMap<string, readonly NewEvent[]>;
};

/** Event stores of before 2025 take appends of up to 1 MiB; the rest is for keys and metadata. */
const mostBytes = 900_000;

const comma = 44;
const ending = ']}';

/**
 * Lines are kept as bytes outside the heap: as text, so many of them would be moved about by the
 * garbage collector again and again until they are written.
 */
export function createUsageBatch(keys: KnownKeys, pool: BufferPool): UsageBatch {
  const groups: Group[] = [];
  let bytes = 0;
  let lines = 0;

  function groupFor({ key, month, text }: WrittenLine, by: Caller): Group {
    const known = keys.get(key);
    if (known.batch !== groups) {
      known.batch = groups;
      known.open.length = 0;
    }
    const open = known.open;
    for (let index = 0; index < open.length; index += 1) {
      const group = open[index];
      if (group?.month !== month || group.actor !== by.actor) continue;
      if (group.end + mostBytesOf(text) <= mostBytes) return group;
      return (open[index] = begin(known, month, by));
    }
    const group = begin(known, month, by);
    open.push(group);
    return group;
  }

  function begin(known: KnownKey, month: string, by: Caller): Group {
    const group = emptyGroup(known, month, by, pool);
    groups.push(group);
    return group;
  }

  return {
    add(line, by) {
      const group = groupFor(line, by);
      if (group.by !== by) {
        group.by = by;
        group.requestIds.push(by.requestId);
        group.offsets.push(group.lines);
      }
      const before = group.end;
      write(group, line, pool);
      bytes += group.end - before;
      lines += 1;
    },
    bytes: () => bytes,
    lines: () => lines,
    events(recordedAt) {
      const byStream = new Map<string, NewEvent[]>();
      for (const group of groups) {
        const { stream } = group;
        const event = stamped(group, recordedAt);
        pool.give(group.memory);
        const earlier = byStream.get(stream);
        if (earlier === undefined) byStream.set(stream, [event]);
        else earlier.push(event);
      }
      return byStream;
    },
  };
}

function emptyGroup(known: KnownKey, month: string, by: Caller, pool: BufferPool): Group {
  const { opening, isAscii } = known;
  const memory = pool.take(3 * opening.length);
  return {
    stream: streamOf(known, month),
    month,
    actor: by.actor,
    memory,
    end: memory.write(opening, 'utf8'),
    isAscii,
    lines: 0,
    requestIds: [by.requestId],
    offsets: [0],
    by,
  };
}

const mostBytesOf = (text: WrittenLine['text']): number =>
  typeof text === 'string' ? 3 * text.length : mostPartBytes(text);

function write(group: Group, { text, isAscii }: WrittenLine, pool: BufferPool): void {
  const most = group.end + 1 + mostBytesOf(text) + ending.length;
  if (most > group.memory.length) group.memory = pool.grown(group.memory, group.end, most);
  if (group.lines > 0) {
    group.memory[group.end] = comma;
    group.end += 1;
  }
  group.end =
    typeof text === 'string'
      ? group.end + group.memory.write(text, group.end, isAscii ? 'latin1' : 'utf8')
      : writeParts(group.memory, group.end, text);
  group.lines += 1;
  if (!isAscii) group.isAscii = false;
}

function stamped(group: Group, recordedAt: Instant): NewEvent {
  const { memory, end, isAscii, actor, requestIds, offsets } = group;
  const version = versionOf('UsageRecorded');
  const whole = end + memory.write(ending, end, 'latin1');
  const data = memory.toString(isAscii ? 'latin1' : 'utf8', 0, whole);
  return {
    id: randomUUID(),
    event: new WrittenEvent('UsageRecorded', data),
    metadata:
      requestIds.length === 1
        ? { actor, recordedAt, requestIds, version }
        : { actor, recordedAt, requestIds, requestOffsets: offsets, version },
  };
}
