import type { Database } from 'better-sqlite3';
import { present } from '../kernel/invariant.ts';

/** Where a stream stands; the writer moves its last revision and position as it writes. */
export type StreamState = {
  readonly id: number;
  readonly categoryId: number;
  last: number;
  /** null: its events are found by the index. */
  lastPosition: number | null;
};

export type StreamKind = 'chained' | 'indexed';

export type Streams = {
  find(name: string): StreamState | undefined;
  /** A stream without events; it must not exist yet. */
  add(name: string, kind: StreamKind): StreamState;
  /** Where a chained stream ends is to be written down. */
  grew(stream: StreamState): void;
  /** Writes it down for all that grew. */
  keep(): void;
  /** Drops what was remembered, after a transaction failed. */
  forget(): void;
};

const mostRemembered = 50_000;

/** The part of a stream's name through its first '-'; '' where it has none. */
export const categoryOf = (stream: string): string => stream.slice(0, stream.indexOf('-') + 1);

/** Streams by name, those used last in memory. */
export function createStreams(db: Database, most = mostRemembered): Streams {
  const find = db.prepare<[string], StreamState>(`
    SELECT id, category_id AS categoryId, last_position AS lastPosition,
      coalesce(last_revision, (
        SELECT max(revision) FROM event WHERE stream_id = stream.id AND previous IS NULL
      ), -1) AS last
    FROM stream WHERE name = ?`);
  const keepEnd = db.prepare<[number, number | null, number]>(
    'UPDATE stream SET last_revision = ?, last_position = ? WHERE id = ?',
  );
  const add = db
    .prepare<[string, number], number>(
      'INSERT INTO stream (name, category_id) VALUES (?, ?) RETURNING id',
    )
    .pluck();
  const addCategory = db
    .prepare<[string], number>(
      'INSERT INTO category (name) VALUES (?) ON CONFLICT DO UPDATE SET name = name RETURNING id',
    )
    .pluck();
  const remembered = new Map<string, StreamState>();
  const grown = new Set<StreamState>();

  function keep(stream: StreamState): void {
    if (grown.delete(stream)) keepEnd.run(stream.last, stream.lastPosition, stream.id);
  }

  function remember(name: string, stream: StreamState): StreamState {
    remembered.delete(name);
    remembered.set(name, stream);
    if (remembered.size > most) {
      for (const [oldest, forgotten] of remembered) {
        keep(forgotten);
        remembered.delete(oldest);
        break;
      }
    }
    return stream;
  }

  return {
    find(name) {
      const stream = remembered.get(name) ?? find.get(name);
      return stream && remember(name, stream);
    },
    add(name, kind) {
      const categoryId = present(addCategory.get(categoryOf(name)), 'an upsert gives its row');
      const id = present(add.get(name, categoryId), 'an insert gives its row');
      const lastPosition = kind === 'chained' ? 0 : null;
      return remember(name, { id, categoryId, last: -1, lastPosition });
    },
    grew(stream) {
      if (stream.lastPosition !== null) grown.add(stream);
    },
    keep() {
      grown.forEach(keep);
    },
    forget() {
      remembered.clear();
      grown.clear();
    },
  };
}
