import { describe, expect, it } from 'vitest';
import { createPacing, paced } from '../../projections/pacing.ts';
import { type LogBatch } from '../../src/application/ports.ts';

const tooLongMs = 600_000;
/** Timers may fire a little early. */
const toleranceMs = 2;

async function lasts(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

describe('work that is paced', () => {
  it('rests until the next may begin', async () => {
    const pacing = createPacing(60);
    const passed = await lasts(async () => {
      pacing.begin();
      await pacing.rest();
    });
    expect(passed).toBeGreaterThanOrEqual(60 - toleranceMs);
  });

  it('does not rest when it has taken as long, or has not begun', async () => {
    const never = createPacing(tooLongMs);
    await never.rest();
    const pacing = createPacing(0);
    pacing.begin();
    await pacing.rest();
  });

  it('ends its rest for who waits', async () => {
    const pacing = createPacing(tooLongMs);
    pacing.begin();
    const resting = pacing.rest();
    pacing.hurry();
    await resting;
  });

  it('does not rest once when somebody has begun to wait before', async () => {
    const pacing = createPacing(tooLongMs);
    pacing.begin();
    pacing.hurry();
    await pacing.rest();
    pacing.begin();
    let isRested = false;
    const resting = pacing.rest().then(() => (isRested = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isRested).toBe(false);
    pacing.hurry();
    await resting;
  });

  it('has the next batch asked for after the rest, and not before', async () => {
    const pacing = createPacing(tooLongMs);
    let asked = 0n;
    async function* ask(): AsyncGenerator<LogBatch, void, undefined> {
      while (asked < 2n) yield Promise.resolve({ events: [], through: (asked += 1n) });
    }
    const batches = paced(ask(), pacing, () => Promise.resolve(asked));
    expect(await batches.next()).toMatchObject({ done: false, value: { through: 1n } });
    const next = batches.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(asked).toBe(1n);
    pacing.hurry();
    expect(await next).toMatchObject({ done: false, value: { through: 2n } });
    await batches.return(undefined);
  });

  it('does not rest where more was there when a batch was asked for', async () => {
    async function* ask(): AsyncGenerator<LogBatch, void, undefined> {
      for (const through of [1n, 2n, 3n]) yield Promise.resolve({ events: [], through });
    }
    const seen: bigint[] = [];
    const pacing = createPacing(tooLongMs);
    for await (const { through } of paced(ask(), pacing, () => Promise.resolve(4n))) {
      seen.push(through);
    }
    expect(seen).toEqual([1n, 2n, 3n]);
  });
});
