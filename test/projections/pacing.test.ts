import { describe, expect, it } from 'vitest';
import { createPacing, paced } from '../../projections/pacing.ts';

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

  it('has the next item made after the rest, and not before', async () => {
    const pacing = createPacing(tooLongMs);
    let made = 0;
    async function* make(): AsyncGenerator<number, void, undefined> {
      while (made < 2) yield Promise.resolve((made += 1));
    }
    const items = paced(make(), pacing, () => Promise.resolve(true));
    expect(await items.next()).toEqual({ done: false, value: 1 });
    const next = items.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(made).toBe(1);
    pacing.hurry();
    expect(await next).toEqual({ done: false, value: 2 });
    await items.return(undefined);
  });

  it('does not rest where it may not', async () => {
    async function* make(): AsyncGenerator<number, void, undefined> {
      yield* await Promise.resolve([1, 2, 3]);
    }
    const seen: number[] = [];
    const mayRest = (item: number) => Promise.resolve(item > 3);
    for await (const item of paced(make(), createPacing(tooLongMs), mayRest)) seen.push(item);
    expect(seen).toEqual([1, 2, 3]);
  });
});
