/**
 * Where the parts of a usage line stand in ASCII text that has them as canonical JSON writes them;
 * strings with their quotes. The instant is in UTC, with milliseconds or without a fraction.
 */
export type LineParts = {
  readonly source: Uint8Array;
  readonly type: number;
  readonly typeEnd: number;
  /** 0: there are none. */
  readonly properties: number;
  readonly propertiesEnd: number;
  readonly time: number;
  readonly timeEnd: number;
  readonly id: number;
  readonly idEnd: number;
};

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

const beforeType = bytes('{"eventType":');
const beforeProperties = bytes(',"properties":');
const noProperties = bytes('{}');
const beforeTime = bytes(',"timestamp":');
const wholeSecond = bytes('.000Z"');
const beforeId = bytes(',"transactionId":');
const closeBrace = 125;

const wholeSecondLength = '"2025-01-01T00:00:00Z"'.length;

const around =
  beforeType.length +
  beforeProperties.length +
  noProperties.length +
  beforeTime.length +
  wholeSecond.length +
  beforeId.length +
  1;

/** At most so many bytes are written. */
export const mostPartBytes = (parts: LineParts): number =>
  around +
  (parts.typeEnd - parts.type) +
  (parts.propertiesEnd - parts.properties) +
  (parts.timeEnd - parts.time) +
  (parts.idEnd - parts.id);

/** Writes the line's canonical JSON there; returns where it ends. */
export function writeParts(target: Uint8Array, start: number, parts: LineParts): number {
  const { source, properties, propertiesEnd, time, timeEnd } = parts;
  let at = copy(target, start, beforeType, 0, beforeType.length);
  at = copy(target, at, source, parts.type, parts.typeEnd);
  at = copy(target, at, beforeProperties, 0, beforeProperties.length);
  at =
    properties === 0
      ? copy(target, at, noProperties, 0, noProperties.length)
      : copy(target, at, source, properties, propertiesEnd);
  at = copy(target, at, beforeTime, 0, beforeTime.length);
  if (timeEnd - time === wholeSecondLength) {
    at = copy(target, at, source, time, timeEnd - 2);
    at = copy(target, at, wholeSecond, 0, wholeSecond.length);
  } else at = copy(target, at, source, time, timeEnd);
  at = copy(target, at, beforeId, 0, beforeId.length);
  at = copy(target, at, source, parts.id, parts.idEnd);
  target[at] = closeBrace;
  return at + 1;
}

/** From there on, a call into native code takes less time than the bytes one by one. */
const manyBytes = 128;

function copy(
  target: Uint8Array,
  start: number,
  source: Uint8Array,
  from: number,
  to: number,
): number {
  if (to - from >= manyBytes) {
    target.set(source.subarray(from, to), start);
    return start + to - from;
  }
  let at = start;
  for (let index = from; index < to; index += 1) {
    target[at] = source[index] ?? 0;
    at += 1;
  }
  return at;
}
