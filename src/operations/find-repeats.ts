import { join } from 'node:path';
import { giveWay } from '../give-way.ts';
import { createFirstPlaces } from '../audit/first-places.ts';
import { type EventLog, type Repeat } from '../application/ports.ts';
import { linesIn } from '../audit/sound.ts';
import { type Recorded } from '../kernel/recorded.ts';
import { Sqlite } from '../sqlite-driver.ts';
import { usageStreamPrefix } from '../usage/events.ts';
import { openIdParts, type IdParts } from './id-parts.ts';
import { readThrough, type Reading } from './inspect-log.ts';

/** Which lines of usage repeat an earlier one, by a reading of the whole log. */
export type FoundRepeats = {
  /** Those of the events at these positions, in order. */
  at(positions: readonly bigint[]): Promise<readonly Repeat[]>;
  readonly close: () => void;
};

export type Finding = Reading & {
  /** An empty folder for what does not fit into memory. */
  readonly folder: string;
  /** Is shown every event on the way. */
  readonly see?: (recorded: Recorded) => void;
};

/** Finds them, up to where the log ends now; it needs little memory, however many ids there are. */
export async function findRepeats(
  log: Pick<EventLog, 'readAll' | 'head'>,
  finding: Finding,
): Promise<FoundRepeats> {
  const ids = openIdParts(finding.folder);
  try {
    await readIds(log, finding, ids);
    return await listRepeats(finding, ids);
  } finally {
    ids.close();
  }
}

async function readIds(
  log: Pick<EventLog, 'readAll' | 'head'>,
  finding: Finding,
  ids: IdParts,
): Promise<void> {
  await readThrough(log, finding, (recorded) => {
    finding.see?.(recorded);
    if (!recorded.stream.startsWith(usageStreamPrefix)) return;
    const at = Number(recorded.position);
    const lines = linesIn(recorded) ?? [];
    for (let line = 0; line < lines.length; line += 1) {
      ids.add(lines[line]?.transactionId ?? '', at, line);
    }
  });
}

type Row = { readonly position: number; readonly line: number; readonly first: number };

async function listRepeats({ folder, signal }: Finding, ids: IdParts): Promise<FoundRepeats> {
  const db = new Sqlite(join(folder, 'repeats.db'));
  // It is made anew each time.
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.exec(`CREATE TABLE repeat (
    position INTEGER, line INTEGER, first INTEGER, PRIMARY KEY (position, line)
  ) WITHOUT ROWID`);
  const add = db.prepare<[number, number, number]>('INSERT INTO repeat VALUES (?, ?, ?)');
  for (const part of ids.parts()) {
    signal.throwIfAborted();
    db.exec('BEGIN');
    const firsts = createFirstPlaces();
    for (const { id, position, line } of part) {
      if (!firsts.add(id, position)) add.run(position, line, firsts.positionOf(id) ?? 0);
    }
    db.exec('COMMIT');
    await giveWay();
  }
  const find = db.prepare<[string], Row>(`
    SELECT position, line, first FROM repeat
    WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position, line`);
  const none = db.prepare('SELECT 1 FROM repeat LIMIT 1').get() === undefined;
  return {
    async at(positions) {
      if (none) return [];
      return find.all(JSON.stringify(positions.map(Number))).map(({ position, line, first }) => ({
        position: BigInt(position),
        line,
        firstPosition: BigInt(first),
      }));
    },
    close: () => {
      db.close();
    },
  };
}
