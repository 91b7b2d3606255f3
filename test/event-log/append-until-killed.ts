import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { event } from './support-events.ts';

/**
 * Appends to the log in the folder named, a few at a time, and prints each id once it is
 * acknowledged.
 */
const [, , folder = '', run = ''] = process.argv;
const log = openSqliteLog({ folder });

for (let round = 0; ; round += 1) {
  const ids = Array.from({ length: 5 }, (_, index) => `${run}-${String(round)}-${String(index)}`);
  await Promise.all(
    ids.map(async (id, index) => {
      await log.append(`order-${String(index)}`, 'any', [event(`${id}-x`), event(id)]);
      process.stdout.write(`${id}\n`);
    }),
  );
}
