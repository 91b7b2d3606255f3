import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createGathering } from '../../src/application/gathering.ts';

/** Work that ends when it is told to. */
function work() {
  const running: (() => void)[] = [];
  let runs = 0;
  return {
    do: (): Promise<void> =>
      new Promise<void>((resolve) => {
        runs += 1;
        running.push(resolve);
      }),
    end: () => running.shift()?.(),
    runs: () => runs,
  };
}

/** There is work of 16, it ends, and then there is so much; the work that is asked for. */
async function askedAgain(amount: number) {
  const one = work();
  let thereIs = 16;
  const { ask } = createGathering(
    () => one.do(),
    () => thereIs,
  );
  ask();
  await turn();
  await sleep(100);
  one.end();
  await turn();
  thereIs = amount;
  ask();
  await turn();
  return one;
}

describe('what is asked for', () => {
  it('in one turn is done together, and what is asked meanwhile once more after it', async () => {
    const one = work();
    const gathering = createGathering(
      () => one.do(),
      () => 1,
    );
    const { ask } = gathering;
    ask();
    ask();
    expect(gathering.isAsked()).toBe(true);
    await turn();
    expect([one.runs(), gathering.isAsked()]).toEqual([1, false]);
    ask();
    ask();
    await turn();
    expect(one.runs()).toBe(1);
    one.end();
    await sleep(20);
    expect(one.runs()).toBe(2);
    one.end();
    await sleep(20);
    expect(one.runs()).toBe(2);
  });

  it('for less than before waits a little, and never long', async () => {
    const one = await askedAgain(8);
    expect(one.runs()).toBe(1);
    await sleep(60);
    expect(one.runs()).toBe(2);
  });

  it.each([16, 1])(
    'for as much as before, or for next to nothing of it, does not wait',
    async (amount) => {
      const one = await askedAgain(amount);
      expect(one.runs()).toBe(2);
    },
  );
});
