import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupCommit } from '../../src/event-log/group-commit.ts';
import { type StoredAppend } from '../../src/event-log/sqlite-writer.ts';

const appends = (name: string, count: number): StoredAppend[] =>
  Array.from({ length: count }, (_, index) => ({
    stream: `${name}-${String(index)}`,
    expected: 'any',
    events: [],
  }));

/** Keeps what was committed together; a position is a place among all that was committed. */
function kept(tookMs = 0) {
  const commits: string[][] = [];
  let nowMs = 0;
  const state = { failing: false };
  const group = groupCommit(
    (written) => {
      if (state.failing) throw new Error('no');
      nowMs += tookMs;
      const before = commits.flat().length;
      commits.push(written.map(({ stream }) => stream));
      return written.map((_, index) => ({ revision: 0, position: BigInt(before + index) }));
    },
    () => undefined,
    () => nowMs,
  );
  const sizes = (): number[] => commits.map(({ length }) => length);
  return { commits, sizes, group, state };
}

describe('many appends of one', () => {
  it('are committed at once where nobody else comes', async () => {
    const { group, sizes } = kept();
    await group.append(appends('many', 1000));
    expect(sizes()).toEqual([1000]);
  });

  it('are committed in parts where few came lately, and those who come meanwhile go first', async () => {
    const { group, commits, sizes } = kept();
    await group.append(appends('few', 1));
    const ended: string[] = [];
    const many = group.append(appends('many', 600)).then(() => ended.push('many'));
    const one = group.append(appends('one', 1)).then(() => ended.push('one'));
    await Promise.all([many, one]);
    expect(ended).toEqual(['one', 'many']);
    expect(sizes()).toEqual([1, 257, 256, 88]);
    const written = commits.flat().filter((stream) => stream.startsWith('many'));
    expect(written).toEqual(appends('many', 600).map(({ stream }) => stream));
  });

  it('are committed at once where few have to wait for the disk as it is', async () => {
    const { group, sizes } = kept(5);
    await group.append(appends('few', 1));
    await Promise.all([group.append(appends('many', 600)), group.append(appends('one', 1))]);
    expect(sizes()).toEqual([1, 601]);
  });

  it('are all committed when asked for', async () => {
    const { group, sizes } = kept();
    await group.append(appends('few', 1));
    const many = group.append(appends('many', 600));
    group.flushAll();
    expect(sizes()).toEqual([1, 256, 256, 88]);
    expect(await many).toHaveLength(600);
  });

  it('fail with the first part that does, and what comes later does not', async () => {
    const { group, state, sizes } = kept();
    await group.append(appends('few', 1));
    const many = group.append(appends('many', 600));
    group.flush();
    state.failing = true;
    await expect(many).rejects.toThrow('no');
    state.failing = false;
    await group.append(appends('later', 2));
    expect(sizes()).toEqual([1, 256, 2]);
  });
});

describe('each caller', () => {
  it('is told of its own appends, in their order', async () => {
    const counts = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(counts, async (all) => {
        const { group, commits } = kept();
        const answers = await Promise.all(
          all.map((count, caller) => group.append(appends(String(caller), count))),
        );
        const written = commits.flat();
        expect(written).toHaveLength(all.reduce((sum, count) => sum + count, 0));
        for (const [caller, outcomes] of answers.entries()) {
          const streams = outcomes.map((one) =>
            'position' in one ? written[Number(one.position)] : 'conflict',
          );
          expect(streams).toEqual(
            appends(String(caller), all[caller] ?? 0).map(({ stream }) => stream),
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});
