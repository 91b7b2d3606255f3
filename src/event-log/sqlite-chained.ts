import type { Database } from 'better-sqlite3';
import { DamagedLog, type ReadStream } from '../application/ports.ts';
import { BrokenChain, createChains, type Chain, type Chained } from './sqlite-chains.ts';

/** An event as its row has it. */
export type Row = {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly metadata: string;
  readonly data: string;
};

export const select = `
  SELECT position, stream.name AS stream, revision, event.id AS id, type, metadata, data
  FROM event JOIN stream ON stream.id = stream_id`;

/** Reads chained streams by name, in steps. */
export type ChainedReader = (
  name: string,
  stream: Chained,
  options: ReadStream,
) => Generator<undefined, readonly Row[], undefined>;

/** So many links are followed in a step, some milliseconds. */
const linksAtOnce = 3000;

export function createChainedReader(db: Database): ChainedReader {
  const chains = createChains(db);
  const nearChains = createChains(db);
  const at = db.prepare<[number], Row>(`${select} WHERE position = ?`);
  const salvage = createSalvage(db);

  /** Throws BrokenChain. */
  const rowOf = (name: string, chain: Chain, revision: number): Row => {
    const row = at.get(chain.at(revision));
    if (row?.revision === revision && row.stream === name) return row;
    chains.forget();
    throw new BrokenChain();
  };

  /** Back from an event that the caller knows; null: it is not what it was taken for. */
  const nearRows = (name: string, { id }: Chained, options: ReadStream, revisions: number[]) => {
    const { near } = options;
    if (near === undefined || revisions.some((revision) => revision > near.revision)) return null;
    const end: Chained = { id, last: near.revision, lastPosition: Number(near.position) };
    const known = at.get(end.lastPosition);
    if (known?.revision !== near.revision || known.stream !== name) return null;
    try {
      const chain = nearChains.of(end);
      const rows = revisions.map((revision) => at.get(chain.at(revision)));
      return rows.every((row, index) => row?.revision === revisions[index] && row?.stream === name)
        ? rows.flatMap((row) => row ?? [])
        : null;
    } catch (error) {
      if (!(error instanceof BrokenChain)) throw error;
      return null;
    } finally {
      nearChains.forget();
    }
  };

  return function* (name, stream, options) {
    const revisions = revisionsOf(stream, options);
    const near = nearRows(name, stream, options, revisions);
    if (near !== null) return near;
    const [begin = stream.last, end = begin] = [revisions[0], revisions.at(-1)];
    let next = 0;
    try {
      const chain = chains.of(stream);
      while (!chain.reaches(Math.min(begin, end), linksAtOnce)) yield;
      return revisions.map((revision, index) => {
        next = index;
        return rowOf(name, chain, revision);
      });
    } catch (error) {
      if (!(error instanceof BrokenChain)) throw error;
      const left = salvage(stream, options);
      if (options.stored === true) return left;
      const found = new Set(left.map(({ revision }) => revision));
      const missing = revisions.find((revision) => !found.has(revision));
      throw new DamagedLog({ stream: name, revision: missing ?? revisions[next] ?? stream.last });
    }
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

type Place = { readonly position: number; readonly revision: number };

/**
 * Looks for what is left of a stream among all events of its category, and remembers where it
 * stands: such a stream is read on and on.
 */
function createSalvage(db: Database): (stream: Chained, options: ReadStream) => readonly Row[] {
  const find = db.prepare<[number, number], Place>(
    `SELECT position, revision FROM event
     WHERE category_id = (SELECT category_id FROM stream WHERE id = ?) AND stream_id = ?
     ORDER BY revision, position`,
  );
  const at = db.prepare<[number, number], Row>(`${select} WHERE position = ? AND stream_id = ?`);
  let known = { id: 0, last: -1, places: [] as readonly Place[] };
  return ({ id, last }, { direction, from, maxCount }) => {
    if (known.id !== id || known.last !== last) known = { id, last, places: find.all(id, id) };
    const wanted =
      direction === 'backwards'
        ? known.places.toReversed().filter(({ revision }) => revision <= (from ?? Infinity))
        : known.places.filter(({ revision }) => revision >= (from ?? 0));
    return wanted.slice(0, maxCount).flatMap(({ position }) => at.get(position, id) ?? []);
  };
}
