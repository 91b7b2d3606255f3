import type { Database } from 'better-sqlite3';
import { present } from '../kernel/invariant.ts';

/** A stream whose events each know the one before, and its last event. */
export type Chained = {
  readonly id: number;
  readonly last: number;
  readonly lastPosition: number;
};

/** An event that the chain leads to is not there, or is none of the chain's. */
export class BrokenChain extends Error {
  override readonly name = 'BrokenChain';
}

/** Finds the positions of a stream's events by their revisions, which the stream has. */
export type Chain = {
  /** Follows it for so many links at most; whether it now knows all from that revision on. */
  reaches(revision: number, mostLinks: number): boolean;
  at(revision: number): number;
};

export type Chains = {
  of(stream: Chained): Chain;
  /** Drops what was remembered, after a transaction failed. */
  forget(): void;
};

/** What is known of a stream: its last event first. */
type Known = { readonly last: number; readonly positions: number[] };

/** Positions that are remembered, of all streams: 16 MB. */
const mostRemembered = 2_000_000;

/** A stream that has grown by more is followed anew, a part at a time. */
const mostNewer = 10_000;

/** Follows chains back, and remembers the streams it looked at last. */
export function createChains(db: Database, most = mostRemembered): Chains {
  const previousOf = db
    .prepare<[number], number | null>('SELECT previous FROM event WHERE position = ?')
    .pluck();
  const before = (position: number): number => {
    const previous = previousOf.get(position);
    if (previous === undefined || previous === null || previous >= position)
      throw new BrokenChain();
    return previous;
  };
  const remembered = new Map<number, Known>();
  let held = 0;

  function forgetOne(id: number): void {
    held -= remembered.get(id)?.positions.length ?? 0;
    remembered.delete(id);
  }

  /** Remembers it, at the cost of those that were looked at longest ago. */
  function remember(id: number, known: Known): void {
    forgetOne(id);
    remembered.set(id, known);
    held += known.positions.length;
    for (const oldest of remembered.keys()) {
      if (held <= most || oldest === id) break;
      forgetOne(oldest);
    }
  }

  function lookAt({ id, last, lastPosition }: Chained): Known {
    const known = remembered.get(id);
    if (known?.last === last) return known;
    const newer = [lastPosition];
    const grown = known === undefined ? Infinity : last - known.last;
    if (known === undefined || grown < 0 || grown > mostNewer) return { last, positions: newer };
    while (newer.length < grown) newer.push(before(newer.at(-1) ?? lastPosition));
    return { last, positions: newer.concat(known.positions) };
  }

  return {
    of(stream) {
      const known = lookAt(stream);
      const { last, positions } = known;
      remember(stream.id, known);
      const reaches = (revision: number, mostLinks: number): boolean => {
        const wanted = last - revision + 1;
        const end = Math.min(wanted, positions.length + mostLinks);
        if (positions.length >= wanted) return true;
        forgetOne(stream.id);
        while (positions.length < end) {
          positions.push(before(present(positions.at(-1), 'a chain has a last event')));
        }
        remember(stream.id, known);
        return end === wanted;
      };
      return {
        reaches,
        at(revision) {
          reaches(revision, Infinity);
          return present(positions[last - revision], 'the stream has the revision');
        },
      };
    },
    forget() {
      remembered.clear();
      held = 0;
    },
  };
}
