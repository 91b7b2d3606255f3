import type { Database } from 'better-sqlite3';
import {
  type Keeping,
  type LogBatch,
  type ReadAll,
  type ReadStream,
} from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { isText } from './checks.ts';
import { recordedAt, type Codec } from './codec.ts';
import { createChainedReader, select, type Row } from './sqlite-chained.ts';
import { type Chained } from './sqlite-chains.ts';

export type Reader = {
  /** In steps: a long stream is not read at once. */
  readStream(
    stream: string,
    options: ReadStream,
  ): Generator<undefined, readonly Recorded[], undefined>;
  /** As the port's; ends a batch early, too, once its text is longer than maxChars. */
  readAll(options: ReadAll & Keeping, head: number, maxChars?: number): LogBatch;
};

const unlimited = -1;

export function createReader(db: Database, codec: Codec): Reader {
  const streams = db.prepare<[string], Chained | { readonly id: number; lastPosition: null }>(
    `SELECT id, last_revision AS last, last_position AS lastPosition FROM stream WHERE name = ?`,
  );
  const forwards = db.prepare<[number, number, number], Row>(
    `${select} WHERE stream_id = ? AND previous IS NULL AND revision >= ? ORDER BY revision LIMIT ?`,
  );
  const backwards = db.prepare<[number, number, number], Row>(
    `${select} WHERE stream_id = ? AND previous IS NULL AND revision <= ?
     ORDER BY revision DESC LIMIT ?`,
  );
  const chained = createChainedReader(db);
  const everything = db.prepare<[number, number, number], Row>(
    `${select} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
  );
  const at = db.prepare<[number], Row>(`${select} WHERE position = ?`);
  const matching = createMatching(db);

  const recorded =
    (keeps: boolean | undefined) =>
    ({ position, stream, revision, id, ...stored }: Row): Recorded => {
      const place = { position: BigInt(position), stream, revision, id };
      return recordedAt(codec, place, stored, keeps);
    };

  function* rowsAt(positions: readonly number[]): Generator<Row> {
    for (const position of positions) yield* at.iterate(position);
  }

  return {
    *readStream(name, options) {
      const stream = isText(name) ? streams.get(name) : undefined;
      if (stream === undefined) return [];
      if (stream.lastPosition !== null) {
        return (yield* chained(name, stream, options)).map(recorded(options.stored));
      }
      const { direction = 'forwards', from, maxCount = unlimited } = options;
      const rows =
        direction === 'forwards'
          ? forwards.all(stream.id, from ?? 0, maxCount)
          : backwards.all(stream.id, from ?? Number.MAX_SAFE_INTEGER, maxCount);
      return rows.map(recorded(options.stored));
    },

    readAll({ after = 0n, maxCount, streamPrefixes, stored }, head, maxChars = Infinity) {
      const limit = maxCount ?? unlimited;
      const rows =
        streamPrefixes === undefined
          ? everything.iterate(Number(after), head, limit)
          : rowsAt(matching(streamPrefixes, Number(after), head, limit));
      const events: Recorded[] = [];
      const decoded = recorded(stored);
      let chars = 0;
      for (const row of rows) {
        events.push(decoded(row));
        chars += row.data.length + row.metadata.length;
        if (events.length === maxCount || chars > maxChars) {
          return { events, through: BigInt(row.position) };
        }
      }
      return { events, through: after > BigInt(head) ? after : BigInt(head) };
    },
  };
}

type Category = { readonly id: number; readonly name: string };

type Matching = (
  prefixes: readonly string[],
  after: number,
  through: number,
  limit: number,
) => readonly number[];

/** The first positions of events whose stream's name has one of the prefixes. */
function createMatching(db: Database): Matching {
  const categories = db.prepare<[], Category>('SELECT id, name FROM category');
  const ofCategory = db
    .prepare<[number, number, number, number], number>(
      `SELECT position FROM event WHERE category_id = ? AND position > ? AND position <= ?
       ORDER BY position LIMIT ?`,
    )
    .pluck();
  const ofPrefixes = db
    .prepare<[number, number, number, string, number], number>(
      `SELECT position FROM event JOIN stream ON stream.id = stream_id
       WHERE event.category_id = ? AND position > ? AND position <= ?
         AND EXISTS (SELECT 1 FROM json_each(?) WHERE instr(name, value) = 1)
       ORDER BY position LIMIT ?`,
    )
    .pluck();

  return (prefixes, after, through, limit) => {
    const positions = categories.all().flatMap(({ id, name }) => {
      if (prefixes.some((prefix) => name.startsWith(prefix))) {
        return ofCategory.all(id, after, through, limit);
      }
      const narrower = prefixes.filter((prefix) => prefix.startsWith(name));
      if (narrower.length === 0) return [];
      return ofPrefixes.all(id, after, through, JSON.stringify(narrower), limit);
    });
    positions.sort((a, b) => a - b);
    return limit === unlimited ? positions : positions.slice(0, limit);
  };
}
