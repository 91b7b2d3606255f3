import { expect, it, onTestFinished } from 'vitest';
import { openFiles } from '../../src/event-log/sqlite-files.ts';
import { createWriter, type StoredAppend } from '../../src/event-log/sqlite-writer.ts';
import { temporaryFolder } from './support.ts';

const append = (stream: string, id: string, data: string): StoredAppend => ({
  stream,
  expected: 'any',
  events: [{ id, type: 'SomethingHappened', data, metadata: '{}' }],
});

function openWriter() {
  const files = openFiles(temporaryFolder());
  onTestFinished(() => {
    files.close();
  });
  return files.writer;
}

it('flushes every commit to disk', () => {
  const db = openWriter();
  const full = 2;
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(full);
});

it('remembers nothing of a transaction that failed halfway, as when the disk is full', () => {
  const db = openWriter();
  const writer = createWriter(db);
  writer.commit([append('order-1', 'a', '{}')]);
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.pragma(`max_page_count = ${String(pages + 2)}`);
  const large = JSON.stringify({ pad: 'x'.repeat(100_000) });
  const halfway = [append('order-1', 'b', '{}'), append('invoice-1', 'c', large)];
  expect(() => writer.commit(halfway)).toThrow('full');
  expect(writer.head()).toBe(1);
  expect(writer.commit([append('order-1', 'd', '{}'), append('invoice-1', 'e', '{}')])).toEqual([
    { revision: 1, position: 2n },
    { revision: 0, position: 3n },
  ]);
  const stored = db.prepare('SELECT id FROM event ORDER BY position').pluck().all();
  expect(stored).toEqual(['a', 'd', 'e']);
});

it('goes on with a stream that it had to forget in the middle of a transaction', () => {
  const db = openWriter();
  const writer = createWriter(db, 1);
  const appends = ['order-1', 'order-2', 'order-1', 'order-3', 'order-1'].map((stream, index) =>
    append(stream, String(index), '{}'),
  );
  expect(writer.commit(appends).map((one) => 'revision' in one && one.revision)).toEqual([
    0, 0, 1, 0, 2,
  ]);
  const chain = db.prepare('SELECT previous FROM event ORDER BY position').pluck().all();
  expect(chain).toEqual([0, 0, 1, 0, 3]);
});
