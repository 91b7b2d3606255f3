import { type Kysely } from 'kysely';
import { wellFormed } from '../src/kernel/names.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { type UsageRecorded } from '../src/usage/events.ts';
import { bulk } from './usage-bulk.ts';
import { type StreamMark } from './usage-measured.ts';
import { type UsageTables } from './usage-tables.ts';

/** So many events of a stream stand between two marks: few rows, and little to search. */
export const eventsBetween = 64;

type Marking = {
  readonly note: (recorded: Recorded<UsageRecorded>) => void;
  readonly marks: readonly StreamMark[];
};

/** Gathers from the events, which come in log order, what the stretches of their streams hold. */
export function openMarks(): Marking {
  const marks: Growing[] = [];
  const latestOf = new Map<string, Growing>();
  const note: Marking['note'] = (recorded) => {
    const { stream, revision, position, event } = recorded;
    const from = revision - (revision % eventsBetween);
    let mark = latestOf.get(stream);
    if (mark?.revision !== from) {
      mark = beginning(recorded, from);
      latestOf.set(stream, mark);
      marks.push(mark);
    }
    mark.through = Number(position);
    for (const { timestamp } of event.lines) {
      if (timestamp > mark.lastAt) mark.lastAt = timestamp;
      if (timestamp < mark.firstAt) mark.firstAt = timestamp;
    }
  };
  return { note, marks };
}

type Growing = { -readonly [Field in keyof StreamMark]: StreamMark[Field] };

const beginning = (
  { stream, position, event: { key } }: Recorded<UsageRecorded>,
  revision: number,
): Growing => ({
  ...{ key: wellFormed(key), stream, revision },
  ...{ position: Number(position), through: Number(position) },
  ...{ firstAt: '9999-12-31T23:59:59.999Z', lastAt: '0000-01-01T00:00:00.000Z' },
});

/** What comes later is added to a stretch that has begun. */
export async function writeMarks(
  marks: readonly StreamMark[],
  db: Kysely<UsageTables>,
): Promise<void> {
  const rows = marks.map(({ firstAt: first_at, lastAt: last_at, ...mark }) => ({
    ...mark,
    ...{ first_at, last_at },
  }));
  await writeRows(db, rows);
}

const markKey = ['key', 'stream', 'revision'] as const;

const writeRows = bulk<UsageTables['usage_mark'], unknown>(
  [...markKey, 'position', 'through', 'first_at', 'last_at'],
  {
    ...{ key: '', stream: '', revision: 0, position: 0, through: 0 },
    ...{ first_at: '9999-12-31T23:59:59.999Z', last_at: '0000-01-01T00:00:00.000Z' },
  },
  (db, rows) =>
    db
      .insertInto('usage_mark')
      .values(rows)
      .onConflict((conflict) =>
        conflict.columns(markKey).doUpdateSet((eb) => ({
          through: eb.ref('excluded.through'),
          first_at: eb
            .case()
            .when('excluded.first_at', '<', eb.ref('usage_mark.first_at'))
            .then(eb.ref('excluded.first_at'))
            .else(eb.ref('usage_mark.first_at'))
            .end(),
          last_at: eb
            .case()
            .when('excluded.last_at', '>', eb.ref('usage_mark.last_at'))
            .then(eb.ref('excluded.last_at'))
            .else(eb.ref('usage_mark.last_at'))
            .end(),
        })),
      ),
);
