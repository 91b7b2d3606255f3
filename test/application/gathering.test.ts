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

/** Three ask, their work ends, and then so many ask; the work that they ask for. */
async function askedAgain(times: number) {
  const one = work();
  const { ask } = createGathering(() => one.do());
  for (let count = 0; count < 3; count += 1) ask();
  await turn();
  await sleep(100);
  one.end();
  await turn();
  for (let count = 0; count < times; count += 1) ask();
  await turn();
  return one;
}

describe('what is asked for', () => {
  it('in one turn is done together, and what is asked meanwhile once more after it', async () => {
    const one = work();
    const gathering = createGathering(() => one.do());
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

  it('by fewer than before waits a little, and never long', async () => {
    const one = await askedAgain(1);
    expect(one.runs()).toBe(1);
    await sleep(30);
    expect(one.runs()).toBe(2);
  });

  it('by as many as before does not wait', async () => {
    const one = await askedAgain(3);
    expect(one.runs()).toBe(2);
  });
});
