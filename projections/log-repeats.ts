import { sql, type Kysely } from 'kysely';
import { present } from '../src/kernel/invariant.ts';
import { createRuns } from './usage-id-files.ts';
import { keepInRuns } from './usage-id-runs.ts';
import { isUsage } from './usage-changes.ts';
import { type Arrival } from './usage-measured.ts';
import { openStore, type Projection, type Store } from './store.ts';

export type LogRepeatTables = {
  log_repeat: { position: number; line: number; first_position: number };
};

/** A usage line whose transactionId was recorded before, and where the first one stands. */
export type LogRepeat = {
  readonly position: bigint;
  readonly line: number;
  readonly firstPosition: bigint;
};

const logRepeats: Projection<LogRepeatTables> = {
  name: 'log-repeats',
  version: 1,
  async create(db) {
    await createRuns(db);
    await sql`
      create table log_repeat (
        position integer not null, line integer not null, first_position integer not null,
        primary key (position, line)
      ) without rowid`.execute(db);
  },
  async apply(events, db) {
    const arrivals: Arrival[] = [];
    for (const recorded of events.filter(isUsage)) {
      const position = Number(recorded.position);
      recorded.event.lines.forEach(({ transactionId }, line) => {
        arrivals.push({ transactionId, position, line });
      });
    }
    const known = await keepInRuns(arrivals, db);
    const repeats = Array.from(known, ([index, first]) => {
      const { position, line } = present(arrivals[index], 'a repeat is one of the lines');
      return [position, line, first.position];
    });
    if (repeats.length === 0) return;
    await sql`
      insert into log_repeat (position, line, first_position)
      select value ->> 0, value ->> 1, value ->> 2 from json_each(${JSON.stringify(repeats)})
    `.execute(db);
  },
};

/**
 * An empty store in the folder, to fold the log's usage into: which lines repeat an earlier one.
 * It takes disk, and little memory, however many ids there are.
 */
export const openLogRepeats = (folder: string): Promise<Store<LogRepeatTables>> =>
  openStore({ folder, name: 'log-repeats', projections: [logRepeats] });

/** Those of the events at these positions, in order. */
export async function logRepeatsAt(
  db: Kysely<LogRepeatTables>,
  positions: readonly bigint[],
): Promise<readonly LogRepeat[]> {
  const wanted = JSON.stringify(positions.map(Number));
  const { rows } = await sql<LogRepeatTables['log_repeat']>`
    select position, line, first_position from log_repeat
    where position in (select value from json_each(${wanted}))
    order by position, line`.execute(db);
  return rows.map(({ position, line, first_position }) => ({
    position: BigInt(position),
    line,
    firstPosition: BigInt(first_position),
  }));
}
