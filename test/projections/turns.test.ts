import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createTurns } from '../../projections/turns.ts';
import { Unavailable } from '../../src/application/ports.ts';

/** Work that ends when it is told to. */
function createWork() {
  const ends: (() => void)[] = [];
  return {
    begun: () => ends.length,
    end: (index: number) => ends[index]?.(),
    work: (result: string) => () =>
      new Promise<string>((resolve) => {
        ends.push(() => {
          resolve(result);
        });
      }),
  };
}

describe('turns', () => {
  it('are taken by so many at once, in the order in which they came', async () => {
    const turns = createTurns({ atOnce: 2, mostWaiting: 10 });
    const { begun, end, work } = createWork();
    const results = ['a', 'b', 'c', 'd'].map((name) => turns(work(name)));
    await turn();
    expect(begun()).toBe(2);
    end(1);
    expect(await results[1]).toBe('b');
    await turn();
    expect(begun()).toBe(3);
    end(0);
    end(2);
    await turn();
    end(3);
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are refused to more than may wait', async () => {
    const turns = createTurns({ atOnce: 1, mostWaiting: 1 });
    const { end, work } = createWork();
    const first = turns(work('a'));
    await turn();
    const second = turns(work('b'));
    await expect(turns(work('c'))).rejects.toThrow(Unavailable);
    end(0);
    expect(await first).toBe('a');
    await turn();
    const third = turns(work('d'));
    end(1);
    expect(await second).toBe('b');
    await turn();
    end(2);
    expect(await third).toBe('d');
  });

  it('go on behind one that failed', async () => {
    const turns = createTurns({ atOnce: 1, mostWaiting: 1 });
    const failed = turns(() => Promise.reject(new Error('it broke')));
    const next = turns(() => Promise.resolve('b'));
    await expect(failed).rejects.toThrow('it broke');
    expect(await next).toBe('b');
  });
});
