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

/** Finds the position of a chained stream's event by its revision, which the stream has. */
export type Chains = {
  at(stream: Chained, revision: number): number;
  /** Drops what was remembered, after a transaction failed. */
  forget(): void;
};

/** Follows chains back, and remembers the stream it looked at last. */
export function createChains(db: Database): Chains {
  const previousOf = db
    .prepare<[number], number | null>('SELECT previous FROM event WHERE position = ?')
    .pluck();
  const before = (position: number): number => {
    const previous = previousOf.get(position);
    if (previous === undefined || previous === null || previous >= position)
      throw new BrokenChain();
    return previous;
  };
  const nothing = { id: 0, last: -1, positions: [] as number[] };
  let known = nothing;

  /** Of the known stream, its last event first, as far as they were asked for. */
  function look({ id, last, lastPosition }: Chained): number[] {
    const isKnown = known.id === id && known.last >= 0 && known.last <= last;
    const newer: number[] = [];
    let position = lastPosition;
    for (let revision = last; isKnown && revision > known.last; revision -= 1) {
      newer.push(position);
      position = before(position);
    }
    known = { id, last, positions: isKnown ? [...newer, ...known.positions] : [lastPosition] };
    return known.positions;
  }

  return {
    at(stream, revision) {
      const positions =
        known.id === stream.id && known.last === stream.last ? known.positions : look(stream);
      const index = stream.last - revision;
      while (positions.length <= index) {
        positions.push(before(present(positions.at(-1), 'a chain has a last event')));
      }
      return present(positions[index], 'the stream has the revision');
    },
    forget() {
      known = nothing;
    },
  };
}
