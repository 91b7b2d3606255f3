import { type Database } from 'better-sqlite3';
import { type LogBatch, type ReadAll, type ReadStream } from '../application/ports.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { type Codec } from './codec.ts';
import { createChains, type Chained } from './sqlite-chains.ts';

type Row = {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly metadata: string;
  readonly data: string;
};

export type Reader = {
  readStream(stream: string, options: ReadStream): readonly Recorded[];
  /** As the port's; ends a batch early, too, once its text is longer than maxChars. */
  readAll(options: ReadAll, head: number, maxChars?: number): LogBatch;
};

const unlimited = -1;

/**
 * A subscription's batch of large events ends here: it must neither fill the memory nor hold up the
 * process.
 */
export const batchChars = 4 * 1024 * 1024;

const select = `
  SELECT position, stream.name AS stream, revision, event.id AS id, type, metadata, data
  FROM event JOIN stream ON stream.id = stream_id`;

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
  const chains = createChains(db);
  const everything = db.prepare<[number, number, number], Row>(
    `${select} WHERE position > ? AND position <= ? ORDER BY position LIMIT ?`,
  );
  const at = db.prepare<[number], Row>(`${select} WHERE position = ?`);
  const matching = createMatching(db);

  const decoded = ({ position, stream, revision, id, ...stored }: Row): Recorded => ({
    position: BigInt(position),
    stream,
    revision,
    id,
    ...codec.decode(stored),
  });

  function* rowsAt(positions: readonly number[]): Generator<Row> {
    for (const position of positions) yield* at.iterate(position);
  }

  return {
    readStream(name, options) {
      const stream = streams.get(name);
      if (stream === undefined) return [];
      if (stream.lastPosition !== null) {
        const positions = revisionsOf(stream, options).map((one) => chains.at(stream, one));
        return Array.from(rowsAt(positions), decoded);
      }
      const { direction = 'forwards', from, maxCount = unlimited } = options;
      const rows =
        direction === 'forwards'
          ? forwards.all(stream.id, from ?? 0, maxCount)
          : backwards.all(stream.id, from ?? Number.MAX_SAFE_INTEGER, maxCount);
      return rows.map(decoded);
    },

    readAll({ after = 0n, maxCount, streamPrefixes }, head, maxChars = Infinity) {
      const limit = maxCount ?? unlimited;
      const rows =
        streamPrefixes === undefined
          ? everything.iterate(Number(after), head, limit)
          : rowsAt(matching(streamPrefixes, Number(after), head, limit));
      const events: Recorded[] = [];
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

/** The revisions that are asked for, and are there, in their order. */
function revisionsOf({ last }: Chained, { direction, from, maxCount }: ReadStream): number[] {
  const isForwards = direction !== 'backwards';
  const first = isForwards ? (from ?? 0) : Math.min(from ?? last, last);
  const count = Math.min(isForwards ? last - first + 1 : first + 1, maxCount ?? Infinity);
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    isForwards ? first + index : first - index,
  );
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
