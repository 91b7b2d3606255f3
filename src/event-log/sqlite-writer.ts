import type { Database } from 'better-sqlite3';
import { RevisionConflict, type Appended, type ExpectedRevision } from '../application/ports.ts';
import { present } from '../kernel/invariant.ts';
import { type StoredEvent } from './codec.ts';
import { judge } from './expectation.ts';
import { createChains } from './sqlite-chains.ts';
import { createStreams, type StreamKind, type StreamState } from './sqlite-streams.ts';

export type StoredAppend = {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly (StoredEvent & { readonly id: string })[];
};

type Place = { readonly id: string; readonly position: number };

export type Writer = {
  /**
   * Commits the appends in one transaction; each is judged on its own, behind those before it. All
   * of them stand on disk when this returns; when it throws, it is not known whether any does.
   */
  commit(appends: readonly StoredAppend[]): readonly (Appended | RevisionConflict)[];
  /** The position of the last committed event. */
  head(): number;
};

/** mostStreams: remembered at a time. */
export function createWriter(db: Database, mostStreams?: number): Writer {
  const streams = createStreams(db, mostStreams);
  const places = createPlaces(db);
  const insert = db.prepare(`
    INSERT INTO event
      (position, stream_id, revision, previous, category_id, id, type, metadata, data)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const lastPosition = db.prepare<[], number>('SELECT ifnull(max(position), 0) FROM event').pluck();
  const readHead = (): number => present(lastPosition.get(), 'an aggregate always gives a row');
  let head = readHead();

  function write(stream: StreamState, { events }: StoredAppend, after: number): number {
    let position = after;
    for (const { id, type, metadata, data } of events) {
      position += 1;
      stream.last += 1;
      const { id: streamId, last, lastPosition: previous, categoryId } = stream;
      insert.run(position, streamId, last, previous, categoryId, id, type, metadata, data);
      if (previous !== null) stream.lastPosition = position;
    }
    streams.grew(stream);
    return position;
  }

  /** Judges an append that expects something, and writes it. */
  function writeExpected(append: StoredAppend, after: number): Appended | RevisionConflict {
    const known = streams.find(append.stream);
    const at = (revision: number) =>
      known === undefined ? undefined : places.find(known, revision);
    const ids = append.events.map(({ id }) => id);
    const verdict = judge(append.expected, known?.last ?? -1, ids, (to) => at(to)?.id);
    if (verdict === 'conflict') return new RevisionConflict(append.stream, known?.last ?? -1);
    if (verdict === 'write') return writeTo(append, after, 'indexed');
    const { position } = present(at(verdict.writtenThrough), 'the retry found its last event');
    return { revision: verdict.writtenThrough, position: BigInt(position) };
  }

  /** kind: of the stream, where it is new. */
  function writeTo(append: StoredAppend, after: number, kind: StreamKind): Appended {
    const stream = streams.find(append.stream) ?? streams.add(append.stream, kind);
    const position = BigInt(write(stream, append, after));
    return { revision: stream.last, position };
  }

  const commitAll = db.transaction((appends: readonly StoredAppend[]) => {
    let last = readHead();
    const outcomes: (Appended | RevisionConflict)[] = [];
    for (const append of appends) {
      const outcome =
        append.expected === 'any' ? writeTo(append, last, 'chained') : writeExpected(append, last);
      outcomes.push(outcome);
      // A retry gets the position of long ago.
      if ('position' in outcome) last = Math.max(last, Number(outcome.position));
    }
    streams.keep();
    return { outcomes, last };
  });

  return {
    commit(appends) {
      try {
        const { outcomes, last } = commitAll.immediate(appends);
        head = last;
        return outcomes;
      } catch (error) {
        streams.forget();
        places.forget();
        throw error;
      }
    },
    head: () => head,
  };
}

/** Finds a stream's event by its revision. */
function createPlaces(db: Database) {
  const chains = createChains(db);
  const indexed = db.prepare<[number, number], Place>(
    'SELECT id, position FROM event WHERE stream_id = ? AND revision = ? AND previous IS NULL',
  );
  const placed = db.prepare<[number], Place>('SELECT id, position FROM event WHERE position = ?');
  return {
    find(stream: StreamState, revision: number): Place | undefined {
      const { id, last, lastPosition } = stream;
      if (lastPosition === null) return indexed.get(id, revision);
      if (revision < 0 || revision > last) return undefined;
      return placed.get(chains.of({ id, last, lastPosition }).at(revision));
    },
    forget: () => {
      chains.forget();
    },
  };
}
