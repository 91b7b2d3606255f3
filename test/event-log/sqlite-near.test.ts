import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { temporaryFolder } from './support.ts';
import { events, ids } from './support-events.ts';

it('a chained stream is read from a known event back, not from its end', async () => {
  const folder = temporaryFolder();
  const first = openSqliteLog({ folder });
  await first.append('usage-1', 'any', events('a', 'b', 'c', 'd', 'e'));
  await first.close();
  const db = new Sqlite(join(folder, 'log.db'));
  db.prepare('DELETE FROM event WHERE revision = 3').run();
  db.close();
  const log = openSqliteLog({ folder });
  onTestFinished(() => log.close());
  const near = { revision: 2, position: 3n };
  const asked = { from: 0, maxCount: 2 };
  expect(ids(await log.readStream('usage-1', { ...asked, near }))).toEqual(['a', 'b']);
  await expect(log.readStream('usage-1', asked)).rejects.toThrow('usage-1@');
});
