import { describe, expect, it } from 'vitest';
import { settle } from '../../projections/read-models.ts';
import { TimedOut, Unavailable } from '../../src/application/ports.ts';

const latest = () => Promise.resolve(7n);
const failing = (error: Error) => ({ waitForUsage: () => Promise.reject(error) });

describe('who asks for figures of usage', () => {
  it('waits for what the log holds then', async () => {
    const awaited: bigint[] = [];
    await settle(
      {
        waitForUsage(position) {
          awaited.push(position);
          return Promise.resolve();
        },
      },
      latest,
    );
    expect(awaited).toEqual([7n]);
  });

  it('is answered all the same where usage is far behind, or the log is away', async () => {
    await settle(failing(new TimedOut('far behind')), latest);
    await settle(failing(new Unavailable('folding failed')), latest);
    await settle({ waitForUsage: () => Promise.resolve() }, () =>
      Promise.reject(new Unavailable('the log is away')),
    );
  });

  it('is told of any other fault', async () => {
    await expect(settle(failing(new Error('a bug')), latest)).rejects.toThrow('a bug');
  });
});
