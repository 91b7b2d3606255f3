import { describe, expect, it, vi } from 'vitest';
import { quotaOf } from '../../projections/leases-share.ts';
import { type Held } from '../../projections/leases.ts';
import { renewMs, ttlMs, useContenders, type Contender } from '../support/leases.ts';
import { storeKind } from '../support/places.ts';

const { folder, contender } = useContenders();
const soon = { timeout: 8 * ttlMs, interval: 10 };

type Sharing = { readonly held: () => readonly Held[]; stop(): Promise<void> };

function sharing({ leases }: Contender, count: number): Sharing {
  let held: readonly Held[] = [];
  const stopping = new AbortController();
  const done = leases.share('share', count, stopping.signal, (now) => {
    held = now;
  });
  return {
    held: () => held,
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

const names = (...sharings: readonly Sharing[]): readonly string[] =>
  sharings.flatMap(({ held }) => held().map(({ name }) => name));

const sizes = (...sharings: readonly Sharing[]): readonly number[] =>
  sharings.map(({ held }) => held().length).sort((one, other) => one - other);

const all = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `share-${String(index)}`);

/** All are held, each by one, and nobody has two more than another. */
const eventually = (expected: readonly number[], ...sharings: readonly Sharing[]) =>
  vi.waitFor(() => {
    expect(sizes(...sharings)).toEqual(expected);
    expect([...names(...sharings)].sort()).toEqual(all(8));
  }, soon);

describe.runIf(storeKind !== 'sqlite')('leases that are shared', () => {
  it('are all for one who is alone', async () => {
    const one = sharing(await contender(folder()), 8);
    await eventually([8], one);
    expect(names(one)).toEqual(all(8));
    expect(one.held().map(({ fence }) => fence)).toEqual(Array(8).fill(1n));
  });

  it('are shared fairly by those who come, and left to others by those who go', async () => {
    const where = folder();
    const [first, second, third] = [
      sharing(await contender(where), 8),
      sharing(await contender(where), 8),
      sharing(await contender(where), 8),
    ];
    await eventually([2, 3, 3], first, second, third);
    await first.stop();
    expect(first.held()).toEqual([]);
    const before = performance.now();
    await eventually([4, 4], second, third);
    expect(performance.now() - before).toBeLessThan(ttlMs * 0.8);
    await second.stop();
    await eventually([8], third);
  });

  it('of one who is dead go to others, who never have them at the same time', async () => {
    const where = folder();
    const [doomed, other] = [await contender(where), await contender(where)];
    const [dead, heir] = [sharing(doomed, 8), sharing(other, 8)];
    await eventually([4, 4], dead, heir);
    const diedAt = performance.now();
    doomed.cut('silent');
    await vi.waitFor(() => {
      expect(new Set(names(dead, heir)).size).toBe(names(dead, heir).length);
      expect(heir.held()).toHaveLength(8);
    }, soon);
    expect(performance.now() - diedAt).toBeLessThan(ttlMs + 5 * renewMs);
    doomed.cut('none');
    await eventually([4, 4], dead, heir);
  });

  it('are more than their members, or fewer', async () => {
    const where = folder();
    const members = await Promise.all([1, 2, 3].map(() => contender(where)));
    const few = members.map((one) => sharing(one, 2));
    await vi.waitFor(() => {
      expect(sizes(...few)).toEqual([0, 1, 1]);
    }, soon);
  });

  it('are held anew under a greater fence', async () => {
    const where = folder();
    const first = sharing(await contender(where), 8);
    await eventually([8], first);
    await first.stop();
    const second = sharing(await contender(where), 8);
    await eventually([8], second);
    expect(second.held().map(({ fence }) => fence)).toEqual(Array(8).fill(2n));
  });
});

describe('quotas', () => {
  it.each([
    [8, 1, [8]],
    [8, 2, [4, 4]],
    [8, 3, [3, 3, 2]],
    [8, 5, [2, 2, 2, 1, 1]],
    [2, 3, [1, 1, 0]],
  ])('of %d for %d members are %j', (count, size, expected) => {
    const members = Array.from({ length: size }, (_, index) => String(index));
    expect(members.map((member) => quotaOf(count, members, member))).toEqual(expected);
  });
});
