import { beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLog } from '../../src/event-log/sqlite.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { inFolder, prepared, toldBy, walked, walkEnv, type Walked } from '../support/crash-walk.ts';
import { startHere } from '../support/paygo.ts';

/** Two period ends, two charges of each of two contracts, and an invoice that is issued again. */
const to = '2024-04-05T00:00:00Z';

/** Writes what the log held at that moment, as it was. */
async function writeLog(folder: string, events: readonly Recorded[]): Promise<void> {
  const log = openSqliteLog({ folder });
  await Promise.all(
    events.map(({ stream, revision, id, event, metadata }) =>
      log.append(stream, revision === 0 ? 'no_stream' : revision - 1, [{ id, event, metadata }]),
    ),
  );
  await log.close();
}

describe('a walk over two period ends that ends at any event', () => {
  let from: number;
  let whole: Walked;

  beforeAll(() =>
    inFolder(async (folder) => {
      from = await prepared(folder);
      whole = await walked(await startHere(folder, walkEnv), folder, to);
    }),
  );

  it('goes on from there as if it had never ended', async () => {
    expect(whole.events.length - from).toBeGreaterThan(20);
    for (let kept = from; kept < whole.events.length; kept += 1) {
      await inFolder(async (folder) => {
        await writeLog(folder, whole.events.slice(0, kept));
        const goneOn = await walked(await startHere(folder, walkEnv), folder, to);
        const after = `cut off after event ${String(kept)}`;
        expect(goneOn.invoices, after).toBe(whole.invoices);
        expect(toldBy(goneOn), after).toEqual(toldBy(whole));
      });
    }
  }, 60_000);
});
