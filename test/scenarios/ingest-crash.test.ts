import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../projections/store.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { type UsageRecorded } from '../../src/usage/events.ts';
import { numbers, recordedIn } from '../support/crash.ts';
import { ingest, usageLine } from '../support/ingest.ts';
import { spawnPaygo, temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { keptIds } from '../support/usage-ids.ts';
import { logOf } from '../support/usage-log.ts';

const lives = times(5, 10);
const senders = 4;
const linesPerBody = 300;

const bodyOf = (name: string): readonly string[] =>
  Array.from({ length: linesPerBody }, (_, index) =>
    usageLine(`${name}-${String(index)}`, { customerId: `c${String(index % 40)}` }),
  );

/** The transactionIds that the usage read model has counted. */
async function countedIn(folder: string): Promise<string[]> {
  const projections = [usageProjection(logOf(() => []))];
  const store = await openStore<UsageTables>({
    ...{ folder: join(folder, 'read-models'), name: 'usage', projections },
  });
  try {
    return (await keptIds(store.reader)).map(({ transactionId }) => transactionId);
  } finally {
    await store.close();
  }
}

describe('a server that is killed again and again while usage pours in', () => {
  it('has every line that it acknowledged, whole, and counts each once', async () => {
    const folder = await temporaryFolder();
    const acknowledged = new Set<string>();
    const sent = new Set<string>();
    for (const [life, afterMs] of numbers(20_251, lives, 400).entries()) {
      const server = await spawnPaygo(folder.path);
      let isGone = false;
      const send = async (sender: number): Promise<void> => {
        for (let turn = 0; !isGone; turn += 1) {
          const name = `${String(life)}-${String(sender)}-${String(turn)}`;
          sent.add(name);
          try {
            const answer = await ingest(server.url, bodyOf(name).join('\n'));
            if (answer.accepted === linesPerBody) acknowledged.add(name);
          } catch {
            return;
          }
        }
      };
      const sending = Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
      await sleep(100 + afterMs);
      await server.kill();
      isGone = true;
      await sending;
    }
    const recorded = new Map<string, number>();
    for (const { event } of await recordedIn(folder.path)) {
      if (event.type !== 'UsageRecorded') continue;
      for (const { transactionId } of (event as UsageRecorded).lines) {
        recorded.set(transactionId, (recorded.get(transactionId) ?? 0) + 1);
      }
    }
    const last = await spawnPaygo(folder.path);
    expect(await last.terminate()).toBe(0);
    const counted = await countedIn(folder.path);
    await folder.remove();
    expect(counted.sort()).toEqual([...recorded.keys()].sort());
    expect(acknowledged.size).toBeGreaterThan(lives);
    const expected = (names: Iterable<string>) =>
      [...names].flatMap((name) => bodyOf(name).map((_, index) => `${name}-${String(index)}`));
    expect(expected(acknowledged).filter((id) => recorded.get(id) !== 1)).toEqual([]);
    const all = new Set(expected(sent));
    expect([...recorded.keys()].filter((id) => !all.has(id))).toEqual([]);
  }, 120_000);
});
