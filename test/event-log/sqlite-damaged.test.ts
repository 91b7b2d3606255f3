import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { Sqlite } from '../../src/sqlite-driver.ts';
import { temporaryFolder } from './support.ts';
import { event } from './support-events.ts';

/** Two chained streams with five events each, in turns; then somebody was at the file. */
async function damagedBy(...changes: readonly string[]) {
  const folder = temporaryFolder();
  const log = openSqliteLog({ folder });
  for (const id of ['0', '1', '2', '3', '4']) {
    await log.append('order-1', 'any', [event(id)]);
    await log.append('order-2', 'any', [event(`other ${id}`)]);
  }
  await log.close();
  const db = new Sqlite(join(folder, 'log.db'));
  for (const change of changes) expect(db.prepare(change).run().changes).toBeGreaterThan(0);
  db.close();
  const again = openSqliteLog({ folder });
  onTestFinished(() => again.close());
  return again;
}

const ids = (recorded: readonly { readonly id: string }[]) => recorded.map(({ id }) => id);

describe('a stream of which an event is gone', () => {
  it.each(['0', '2', '4'])('is not read as if nothing was missing: %s', async (id) => {
    const log = await damagedBy(`DELETE FROM event WHERE id = '${id}'`);
    await expect(log.readStream('order-1')).rejects.toThrow(
      `order-1@${id} is missing in the event log`,
    );
    expect(ids(await log.readStream('order-2'))).toHaveLength(5);
  });

  it.each(['0', '2', '4'])('still gives the others to who asks for texts: %s', async (id) => {
    const log = await damagedBy(`DELETE FROM event WHERE id = '${id}'`);
    const left = ['0', '1', '2', '3', '4'].filter((one) => one !== id);
    expect(ids(await log.readStream('order-1', { stored: true }))).toEqual(left);
    const page = { stored: true, from: 1, maxCount: 2 };
    const wanted = left.filter((one) => one >= '1').slice(0, 2);
    expect(ids(await log.readStream('order-1', page))).toEqual(wanted);
    const backwards = { stored: true, from: 3, direction: 'backwards' } as const;
    expect(ids(await log.readStream('order-1', backwards))).toEqual(
      left.filter((one) => one <= '3').reverse(),
    );
  });
});

describe('a stream whose chain leads astray', () => {
  it.each([
    [`UPDATE event SET previous = 2 WHERE id = '2'`, 'another stream'],
    [`UPDATE event SET previous = 9 WHERE id = '2'`, 'the events behind'],
    [`UPDATE event SET revision = 7 WHERE id = '1'`, 'another revision'],
  ])('is known for it: %s', async (change) => {
    const log = await damagedBy(change);
    await expect(log.readStream('order-1')).rejects.toMatchObject({ name: 'DamagedLog' });
    expect(await log.readStream('order-1', { stored: true })).toHaveLength(5);
  });
});

describe('an event whose text is damaged', () => {
  it('fails when it is looked at, and its texts are given', async () => {
    const log = await damagedBy(`UPDATE event SET data = '{"note":' WHERE id = '2'`);
    await expect(log.readStream('order-1')).rejects.toThrow(SyntaxError);
    const damaged = (await log.readStream('order-1', { stored: true }))[2];
    expect(damaged?.stored).toMatchObject({ data: '{"note":' });
    expect(() => damaged?.event).toThrow(SyntaxError);
  });
});
