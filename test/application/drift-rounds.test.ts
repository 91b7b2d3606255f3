import { describe, expect, it } from 'vitest';
import { createRounds, type Finalized } from '../../src/application/drift-rounds.ts';

/** Rounds of invoices 1 to as many as there are at the time. */
function rounds(count: number) {
  const there = { count };
  const { next } = createRounds(async (number): Promise<Finalized | null> => {
    const found = Math.min(there.count, (number ?? Infinity) - 1);
    return found < 1 ? null : { invoiceId: `inv-${String(found)}`, number: found };
  });
  const turns = async (times: number): Promise<readonly (number | undefined)[]> => {
    const numbers = [];
    for (let turn = 0; turn < times; turn += 1) numbers.push((await next())?.number);
    return numbers;
  };
  return { there, turns };
}

describe('the rounds of the watch for drift', () => {
  it('go from the newest invoice to the oldest, and begin again', async () => {
    const { turns } = rounds(3);
    expect(await turns(8)).toEqual([3, 2, 1, 3, 2, 1, 3, 2]);
  });

  it('take those first that are finalized meanwhile, and go on where they were', async () => {
    const { there, turns } = rounds(4);
    expect(await turns(2)).toEqual([4, 3]);
    there.count = 6;
    expect(await turns(1)).toEqual([6]);
    there.count = 7;
    expect(await turns(5)).toEqual([7, 5, 2, 1, 7]);
  });

  it('wait while there is none', async () => {
    const { there, turns } = rounds(0);
    expect(await turns(2)).toEqual([undefined, undefined]);
    there.count = 1;
    expect(await turns(2)).toEqual([1, 1]);
  });
});
