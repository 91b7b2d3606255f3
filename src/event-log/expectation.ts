import { type ExpectedRevision } from '../application/ports.ts';

/**
 * Write behind the stream's last revision; it was written before, ending at a revision; or it
 * conflicts.
 */
export type Verdict = 'write' | 'conflict' | { readonly writtenThrough: number };

/**
 * What becomes of an append to a stream whose last revision is `last`, -1 when it has no events.
 * An append that finds its own events where it would have put them is a retry (the port's promise).
 */
export function judge(
  expected: ExpectedRevision,
  last: number,
  ids: readonly string[],
  idAt: (revision: number) => string | undefined,
): Verdict {
  if (expected === 'any') return 'write';
  const foundation = expected === 'no_stream' ? -1 : expected;
  if (foundation === last) return 'write';
  const writtenThrough = foundation + ids.length;
  const isRetry = ids.every((id, index) => idAt(foundation + 1 + index) === id);
  return isRetry ? { writtenThrough } : 'conflict';
}
