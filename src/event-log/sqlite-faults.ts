import type { Database } from 'better-sqlite3';
import { type LogFault } from '../application/ports.ts';
import { categoryOf } from './sqlite-streams.ts';

type EventRow = {
  readonly position: number;
  readonly streamId: number;
  readonly revision: number;
  readonly previous: number | null;
  readonly categoryId: number;
};

type StreamRow = {
  readonly id: number;
  readonly name: string;
  readonly categoryId: number;
  readonly category: string | null;
  readonly lastRevision: number | null;
  readonly lastPosition: number | null;
};

const rowsAtOnce = 5000;
/** Where ids go on without end, somebody has made one up. */
const mostGaps = 1_000_000;

/** Goes through the rows of the log, one after the other, without their texts. */
export function* faultsIn(db: Database): Generator<readonly LogFault[], void, undefined> {
  const streams = createStreamStates(db);
  for (const rows of pages<StreamRow>(streamsAfter(db), ({ id }) => id)) {
    yield rows.flatMap((row) => (streams.know(row) ? [] : [faultAt(row, 'is numbered wrongly')]));
  }
  let expected = 1;
  for (const rows of pages<EventRow>(eventsAfter(db), ({ position }) => position)) {
    const found: LogFault[] = [];
    for (const row of rows) {
      if (row.position < 1) {
        found.push({ ...nowhere, position: BigInt(row.position), fault: 'is before the log' });
        continue;
      }
      if (row.position > expected) found.push(holeIn(expected, row.position - 1));
      expected = row.position + 1;
      const fault = streams.next(row);
      if (fault !== null) found.push(fault);
    }
    yield found;
  }
  for (const rows of pages<StreamRow>(streamsAfter(db), ({ id }) => id)) {
    yield rows.flatMap((row) => streams.endOf(row) ?? []);
  }
}

const nowhere = { stream: null, revision: null, position: null };

const faultAt = ({ name }: StreamRow, fault: string): LogFault => ({
  ...nowhere,
  stream: name,
  fault,
});

const holeIn = (from: number, to: number): LogFault => ({
  ...nowhere,
  position: BigInt(from),
  fault: from === to ? 'is missing' : `and all through position ${String(to)} are missing`,
});

type Page<Row> = (after: number) => readonly Row[];

const eventsAfter = (db: Database): Page<EventRow> => {
  const rows = db.prepare<[number, number], EventRow>(`
    SELECT position, stream_id AS streamId, revision, previous, category_id AS categoryId
    FROM event WHERE position > ? ORDER BY position LIMIT ?`);
  return (after) => rows.all(after, rowsAtOnce);
};

const streamsAfter = (db: Database): Page<StreamRow> => {
  const rows = db.prepare<[number, number], StreamRow>(`
    SELECT stream.id AS id, stream.name AS name, category_id AS categoryId,
      category.name AS category, last_revision AS lastRevision, last_position AS lastPosition
    FROM stream LEFT JOIN category ON category.id = category_id
    WHERE stream.id > ? ORDER BY stream.id LIMIT ?`);
  return (after) => rows.all(after, rowsAtOnce);
};

function* pages<Row>(
  rowsAfter: Page<Row>,
  keyOf: (row: Row) => number,
): Generator<readonly Row[], void, undefined> {
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const rows = rowsAfter(after);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = keyOf(last);
  }
}

const isIndexed = 1;
const isChained = 2;

/** What the streams' events make of them, in a few bytes for each. */
function createStreamStates(db: Database) {
  const all = db.prepare('SELECT ifnull(max(id), 0) AS highest, count(*) AS count FROM stream');
  const { highest, count } = all.get() as { readonly highest: number; readonly count: number };
  const size = Math.min(highest, count + mostGaps) + 1;
  const kinds = new Uint8Array(size);
  const categories = new Int32Array(size);
  const revisions = new Int32Array(size).fill(-1);
  const positions = new Float64Array(size);
  const nameOf = db.prepare<[number], string>('SELECT name FROM stream WHERE id = ?').pluck();

  const placeOf = ({ streamId, revision, position }: EventRow) => ({
    stream: nameOf.get(streamId) ?? null,
    revision,
    position: BigInt(position),
  });

  /** What is wrong with an event that is behind those seen so far; null: nothing. */
  function faultOf(row: EventRow): LogFault | null {
    const { streamId: id, revision, previous } = row;
    if ((kinds[id] ?? 0) === 0) return { ...placeOf(row), stream: null, fault: 'is of no stream' };
    const next = (revisions[id] ?? -1) + 1;
    if (revision < next) {
      return { ...placeOf(row), fault: `stands behind revision ${String(next - 1)} of its stream` };
    }
    if (revision > next) return missing(placeOf(row), next, revision - 1);
    const chain = kinds[id] === isChained ? (positions[id] ?? 0) : null;
    if (previous !== chain) return { ...placeOf(row), fault: 'is not where its stream leads to' };
    if (row.categoryId !== categories[id]) {
      return { ...placeOf(row), fault: 'is kept with streams of another kind' };
    }
    return null;
  }

  return {
    /** Whether there is room for it. */
    know({ id, categoryId, lastPosition }: StreamRow): boolean {
      if (id < 0 || id >= size) return false;
      kinds[id] = lastPosition === null ? isIndexed : isChained;
      categories[id] = categoryId;
      return true;
    },
    next(row: EventRow): LogFault | null {
      const fault = faultOf(row);
      if (row.revision > (revisions[row.streamId] ?? Infinity)) {
        revisions[row.streamId] = row.revision;
        positions[row.streamId] = row.position;
      }
      return fault;
    },
    endOf(row: StreamRow): LogFault | null {
      const { id, name, category, lastRevision, lastPosition } = row;
      const revision = revisions[id] ?? -1;
      if (category !== categoryOf(name)) return faultAt(row, 'is kept under another name');
      if (revision === -1) return faultAt(row, 'has lost all of its events');
      const end = { stream: name, revision, position: BigInt(positions[id] ?? 0) };
      if (lastRevision === null && lastPosition === null) return null;
      if (lastRevision === revision && lastPosition === positions[id]) return null;
      return lastRevision !== null && lastRevision > revision
        ? missing({ ...nowhere, stream: name }, revision + 1, lastRevision)
        : { ...end, fault: `is behind the end that its stream has, ${String(lastRevision)}` };
    },
  };
}

/** position: of the event behind the gap. */
function missing(
  { stream, position }: Omit<LogFault, 'fault'>,
  from: number,
  to: number,
): LogFault {
  const fault = from === to ? 'is missing' : `and all through revision ${String(to)} are missing`;
  const behind = position === null ? '' : `, ahead of position ${String(position)}`;
  return { stream, revision: from, position: null, fault: `${fault}${behind}` };
}
