import { beforeAll, describe, expect, it } from 'vitest';
import { pacedLog, TooMuchUsage } from '../../src/application/paced-log.ts';
import { type EventLog, type ReadStream } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';

const log = memoryLog();
const metadata = {
  version: 1,
  actor: 'test',
  requestIds: ['r'],
  recordedAt: instant('2024-10-01T00:00:00Z'),
};
const events = 40;

beforeAll(async () => {
  for (let index = 0; index < events; index += 1) {
    const lines = [{ transactionId: `t${String(index)}` }];
    const event = { type: 'UsageRecorded', key: 'k', lines };
    await log.append('usage-k', 'any', [{ id: `e${String(index)}`, event, metadata }]);
  }
});

const { signal } = new AbortController();
const patient = { signal, mostLines: 1_000_000, rest: 0 };

describe('a paced log', () => {
  it('reads the same of a stream, a few events at a time', async () => {
    const sizes: number[] = [];
    const watched: EventLog = {
      ...log,
      async readStream(...request) {
        const page = await log.readStream(...request);
        sizes.push(page.length);
        return page;
      },
    };
    const paced = pacedLog(watched, patient);
    const asked: readonly ReadStream[] = [
      {},
      { maxCount: 1 },
      { maxCount: 20 },
      { from: 7 },
      { from: 7, maxCount: 16 },
      { direction: 'backwards' },
      { direction: 'backwards', maxCount: 33 },
      { direction: 'backwards', from: 15, maxCount: 100 },
      { from: events },
    ];
    for (const options of asked) {
      expect(await paced.readStream('usage-k', options)).toEqual(
        await log.readStream('usage-k', options),
      );
    }
    expect(await paced.readStream('usage-none')).toEqual([]);
    expect(Math.max(...sizes)).toBe(16);
  });

  it('reads the log to its end, a few events at a time', async () => {
    const paced = pacedLog(log, patient);
    const ids: string[] = [];
    for (let after = 0n; ;) {
      const batch = await paced.readAll({ after, maxCount: 500 });
      expect(batch.events.length).toBeLessThanOrEqual(16);
      ids.push(...batch.events.map(({ id }) => id));
      if (batch.through <= after) break;
      after = batch.through;
    }
    expect(ids).toHaveLength(events);
  });

  it('gives up where there is more usage than it may read', async () => {
    const paced = pacedLog(log, { ...patient, mostLines: 30 });
    expect(await paced.readStream('usage-k', { maxCount: 30 })).toHaveLength(30);
    await expect(paced.readStream('usage-k', { maxCount: 1 })).rejects.toThrow(TooMuchUsage);
    expect(present((await log.readStream('usage-k'))[0], 'there are events').revision).toBe(0);
  });

  it('ends at once when it is stopped, also while it rests', async () => {
    const stopping = new AbortController();
    const slow: EventLog = {
      ...log,
      async readStream(...request) {
        const until = performance.now() + 30;
        while (performance.now() < until);
        return log.readStream(...request);
      },
    };
    const paced = pacedLog(slow, { ...patient, signal: stopping.signal, rest: 1000 });
    const reading = paced.readStream('usage-k');
    const stoppedAt = new Promise<number>((resolve) => {
      setTimeout(() => {
        stopping.abort();
        resolve(performance.now());
      }, 60);
    });
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - (await stoppedAt)).toBeLessThan(300);
  });
});
