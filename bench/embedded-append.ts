import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewEvent } from '../src/application/ports.ts';
import { openSqliteLog } from '../src/event-log/sqlite.ts';
import { Sqlite } from '../src/sqlite-driver.ts';
import { type Run } from './bench.ts';
import { serve } from './processes.ts';
import { repeated } from './stopwatch.ts';
import { newEvent, recordings } from './usage.ts';

export type AppendQuestion = {
  readonly via: 'log' | 'bare';
  readonly concurrency: number;
  readonly eventsPerAppend: number;
  readonly linesPerEvent: number;
  readonly seconds: number;
};

const templates = 500;

type Append = { readonly stream: string; readonly events: readonly NewEvent[] };

serve(async (question: AppendQuestion): Promise<Run> => {
  const folder = mkdtempSync(join(tmpdir(), 'paygo-bench-'));
  try {
    return await (question.via === 'log' ? throughTheLog : bare)(folder, question);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What one append is to write. */
function appends({ eventsPerAppend, linesPerEvent }: AppendQuestion): () => Append {
  const next = recordings(templates, linesPerEvent);
  return () => {
    const { stream, event } = next();
    return { stream, events: Array.from({ length: eventsPerAppend }, () => newEvent(event)) };
  };
}

async function throughTheLog(folder: string, question: AppendQuestion): Promise<Run> {
  const { eventsPerAppend, linesPerEvent } = question;
  const log = openSqliteLog({ folder });
  const next = appends(question);
  try {
    return await repeated(question, async () => {
      const { stream, events } = next();
      await log.append(stream, 'any', events);
      return eventsPerAppend * linesPerEvent;
    });
  } finally {
    await log.close();
  }
}

/**
 * The least that keeps the same events: one table without indexes, JSON as it comes, and one flush
 * for what arrives together.
 */
async function bare(folder: string, question: AppendQuestion): Promise<Run> {
  const { concurrency, eventsPerAppend, linesPerEvent, seconds } = question;
  const db = new Sqlite(join(folder, 'bare.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(`CREATE TABLE event (
    position INTEGER PRIMARY KEY, stream TEXT, id TEXT, type TEXT, metadata TEXT, data TEXT)`);
  const insert = db.prepare(
    'INSERT INTO event (stream, id, type, metadata, data) VALUES (?, ?, ?, ?, ?)',
  );
  const commit = db.transaction((group: readonly Append[]) => {
    for (const { stream, events } of group) {
      for (const { id, event, metadata } of events) {
        insert.run(stream, id, event.type, JSON.stringify(metadata), JSON.stringify(event));
      }
    }
  });
  const next = appends(question);
  try {
    return await repeated({ seconds, concurrency: 1 }, () => {
      commit(Array.from({ length: concurrency }, next));
      return Promise.resolve(concurrency * eventsPerAppend * linesPerEvent);
    });
  } finally {
    db.close();
  }
}
