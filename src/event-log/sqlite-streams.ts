import { type Database } from 'better-sqlite3';
import { present } from '../kernel/invariant.ts';

/** Where a stream stands; `last` is its last revision, which the writer moves as it writes. */
export type StreamState = { readonly id: number; readonly categoryId: number; last: number };

export type Streams = {
  find(name: string): StreamState | undefined;
  /** A stream without events; it must not exist yet. */
  add(name: string): StreamState;
  /** Drops what was remembered, after a transaction failed. */
  forget(): void;
};

const mostRemembered = 50_000;

/** The part of a stream's name through its first '-'; '' where it has none. */
export const categoryOf = (stream: string): string => stream.slice(0, stream.indexOf('-') + 1);

/** Streams by name, those used last in memory. */
export function createStreams(db: Database): Streams {
  const find = db.prepare<[string], StreamState>(`
    SELECT id, category_id AS categoryId,
      (SELECT ifnull(max(revision), -1) FROM event WHERE stream_id = stream.id) AS last
    FROM stream WHERE name = ?`);
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

  function remember(name: string, stream: StreamState): StreamState {
    remembered.delete(name);
    remembered.set(name, stream);
    if (remembered.size > mostRemembered) {
      for (const oldest of remembered.keys()) {
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
    add(name) {
      const categoryId = present(addCategory.get(categoryOf(name)), 'an upsert gives its row');
      const id = present(add.get(name, categoryId), 'an insert gives its row');
      return remember(name, { id, categoryId, last: -1 });
    },
    forget() {
      remembered.clear();
    },
  };
}
