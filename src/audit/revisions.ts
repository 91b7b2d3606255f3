import { type EventReference } from '../kernel/recorded.ts';

/** Follows the revisions of several streams. */
export type Revisions = {
  /** Whether none of the stream's earlier events comes after it. */
  follows(place: EventReference): boolean;
  /** Those that were passed over and never came. */
  missing(): readonly EventReference[];
};

/** Of a gap, no more are named. */
const mostInGap = 1000;

export function createRevisions(): Revisions {
  const streams = new Map<string, { next: number; readonly missing: Set<number> }>();
  return {
    follows({ stream, revision }) {
      const seen = streams.get(stream) ?? { next: 0, missing: new Set<number>() };
      streams.set(stream, seen);
      if (revision < seen.next) return !seen.missing.delete(revision);
      const end = Math.min(revision, seen.next + mostInGap);
      for (let missing = seen.next; missing < end; missing += 1) seen.missing.add(missing);
      seen.next = revision + 1;
      return true;
    },
    missing: () =>
      [...streams].flatMap(([stream, { missing }]) =>
        Array.from(missing, (revision) => ({ stream, revision })),
      ),
  };
}
