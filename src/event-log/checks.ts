import {
  type ExpectedRevision,
  type NewEvent,
  type ReadAll,
  type ReadStream,
} from '../application/ports.ts';

/** Other text would not come back from every store as it was, and might be taken for another. */
export const isText = (text: string): boolean =>
  text !== '' && text.isWellFormed() && !text.includes('\0');

export function checkText(text: string, name: string): void {
  if (!isText(text)) {
    throw new RangeError(`${name} must be well-formed text, not empty and without NUL`);
  }
}

export function checkAppend(
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
): void {
  checkText(stream, 'a stream name');
  if (typeof expected === 'number') checkCount(expected, 'an expected revision', 0);
  if (events.length === 0) throw new RangeError('an append needs at least one event');
  for (const { id, event } of events) {
    checkText(id, 'an event id');
    checkText(event.type, 'an event type');
  }
}

export function checkReadStream({ from, maxCount }: ReadStream): void {
  if (from !== undefined) checkCount(from, 'from', 0);
  if (maxCount !== undefined) checkCount(maxCount, 'maxCount', 1);
}

export function checkReadAll({ after, maxCount, streamPrefixes }: ReadAll): void {
  if (after !== undefined && after < 0n) throw new RangeError('after must be a position, or 0');
  if (maxCount !== undefined) checkCount(maxCount, 'maxCount', 1);
  for (const prefix of streamPrefixes ?? []) checkText(prefix, 'a stream prefix');
}

export function checkCount(count: number, name: string, least: number): void {
  if (!Number.isSafeInteger(count) || count < least) {
    throw new RangeError(`${name} must be a whole number of at least ${String(least)}`);
  }
}
