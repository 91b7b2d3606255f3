import { expect, it, vi } from 'vitest';
import { giveWay } from '../src/give-way.ts';

const partMs = 3;

/** Works without a pause. */
function work(): void {
  const until = performance.now() + partMs;
  while (performance.now() < until);
}

async function workOften(name: string, parts: number, done: string[] = []): Promise<void> {
  for (let part = 0; part < parts; part += 1) {
    await giveWay();
    work();
    done.push(name);
  }
}

/** How often others have their turn meanwhile. */
async function turnsBeside(parts: number): Promise<number> {
  let turns = 0;
  const others = setInterval(() => (turns += 1), 1);
  await workOften('work', parts);
  clearInterval(others);
  return turns;
}

it('others have their turn while long work is done', async () => {
  expect(await turnsBeside(20)).toBeGreaterThan(3);
});

it('others have their turn, too, where a clock has been set back', async () => {
  const now = performance.now.bind(performance);
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000);
  await giveWay();
  spy.mockRestore();
  expect(await turnsBeside(20)).toBeGreaterThan(3);
});

it('those who do long work take turns', async () => {
  const done: string[] = [];
  await Promise.all([workOften('a', 20, done), workOften('b', 5, done), workOften('c', 5, done)]);
  const lastOf = (name: string) => done.lastIndexOf(name);
  expect(lastOf('b')).toBeLessThan(lastOf('a') - 8);
  expect(lastOf('c')).toBeLessThan(lastOf('a') - 8);
});
