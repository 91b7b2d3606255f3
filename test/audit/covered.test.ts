import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedEvents, coveredBy, type Leaf } from '../../src/audit/covered.ts';
import { fingerprint } from '../../src/kernel/ids.ts';
import { rootOf } from '../../src/kernel/merkle.ts';

const digestOf = (...parts: readonly string[]) =>
  fingerprint(...parts) + fingerprint('2', ...parts);
const leaf = (stream: string, revision: number, content = ''): Leaf => ({
  ...{ stream, revision },
  digest: digestOf(stream, String(revision), content),
});
const many = (count: number, stream = 's', from = 0) =>
  Array.from({ length: count }, (_, index) => leaf(stream, from + index));
const named = async (proved: readonly Leaf[], now: readonly Leaf[], others: readonly Leaf[] = []) =>
  changedEvents(await coveredBy(proved), now, others);

describe('what a proof says of the events that it covers', () => {
  it('is the root, and where they stand: stretches of neighbours in each stream', async () => {
    const leaves = [...many(2, 'a', 3), leaf('b', 0), leaf('a', 5), leaf('b', 2)];
    const marks = (...of: readonly Leaf[]) => of.map(({ digest }) => digest.slice(0, 8)).join('');
    expect(await coveredBy(leaves)).toEqual({
      events: 5,
      root: rootOf(leaves.map(({ digest }) => digest)),
      each: 1,
      covered: [
        { stream: 'a', from: 3, through: 5, marks: marks(...many(3, 'a', 3)) },
        { stream: 'b', from: 0, through: 0, marks: marks(leaf('b', 0)) },
        { stream: 'b', from: 2, through: 2, marks: marks(leaf('b', 2)) },
      ],
    });
    expect(await coveredBy([])).toEqual({ events: 0, root: null, each: 1, covered: [] });
  });

  it('takes no more than 128 KB, however many they are', async () => {
    const { covered, each } = await coveredBy([...many(40_000), ...many(40_001, 't')]);
    expect(each).toBe(8);
    expect(covered.map(({ marks }) => marks.length)).toEqual([5000 * 8, 5001 * 8]);
  });
});

describe('what has become of the events that a proof covers', () => {
  it('is told event by event', async () => {
    const proved = many(6);
    expect(await named(proved, proved)).toEqual([]);
    const now = [leaf('s', 0), leaf('s', 1, 'other'), ...many(3, 's', 3), leaf('s', 6)];
    expect(await named(proved, now, [leaf('s', 5)])).toEqual([
      'UsageRecorded s@1: changed since',
      'UsageRecorded s@2: missing',
      'UsageRecorded s@6: not there then',
    ]);
    expect(await named(proved, many(5), [leaf('s', 5)])).toEqual([
      "UsageRecorded s@5: not the customer's any more",
    ]);
    expect(await named(proved, [...proved, leaf('s', 2, 'again')])).toEqual([
      'UsageRecorded s@2: not there once, but several times',
    ]);
  });

  it('names any event that is changed, and no other', async () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), async ([a, b], pick) => {
        const proved = [...many(a, 'a'), ...many(b, 'b', 4)];
        const at = pick % proved.length;
        const now = proved.map((one, index) =>
          index === at ? leaf(one.stream, one.revision, 'other') : one,
        );
        const { stream = '', revision } = proved[at] ?? {};
        expect(await named(proved, now)).toEqual([
          `UsageRecorded ${stream}@${String(revision)}: changed since`,
        ]);
      }),
    );
  });

  it('is told of a few neighbours where there are very many', async () => {
    const proved = many(2 ** 14 + 1);
    expect((await coveredBy(proved)).each).toBe(2);
    const changed = proved.map((one) => (one.revision === 7 ? leaf('s', 7, 'other') : one));
    expect(await named(proved, changed)).toEqual([
      'UsageRecorded s@6 to s@7: one of them changed since',
    ]);
    expect(
      await named(
        proved,
        proved.filter(({ revision }) => revision !== 7),
      ),
    ).toEqual(['UsageRecorded s@7: missing']);
    const last = 2 ** 14;
    const end = proved.map((one) => (one.revision === last ? leaf('s', last, 'other') : one));
    expect(await named(proved, end)).toEqual([`UsageRecorded s@${String(last)}: changed since`]);
  });
});
