import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  leafOf,
  rootFrom,
  rootOf,
  type Digest,
  type StoredEvent,
} from '../../src/kernel/merkle.ts';
import { pathOf, rootOfMany } from '../../src/audit/large-tree.ts';

const sha = (...parts: readonly (string | Uint8Array)[]): Digest => {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
};
const bytes = (hex: string) => Buffer.from(hex, 'hex');

/** As RFC 6962 has it: the left part is the largest power of two that is not all. */
function reference(leaves: readonly Digest[]): Digest | null {
  const [only] = leaves;
  if (only === undefined || leaves.length === 1) return only ?? null;
  const half = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)].map(reference);
  return sha('\u0001', bytes(left ?? ''), bytes(right ?? ''));
}

const event: StoredEvent = {
  stream: 'usage-"ü"-202410',
  revision: 7,
  id: 'e-7',
  stored: { type: 'UsageRecorded', data: '{"key":"k","lines":[]}', metadata: '{"version":1}' },
};

describe('the digest of a stored event', () => {
  it('is SHA-256 of a zero byte and its canonical JSON, without a position', () => {
    const text =
      '{"data":{"key":"k","lines":[]},"id":"e-7","metadata":{"version":1},"revision":7,' +
      '"stream":"usage-\\"ü\\"-202410","type":"UsageRecorded"}';
    expect(leafOf(event)).toBe(sha('\0', text));
    expect(leafOf({ ...event, position: 5n } as StoredEvent)).toBe(leafOf(event));
  });

  it('is another when anything of it is', () => {
    const { stored } = event;
    const others: readonly StoredEvent[] = [
      { ...event, stream: 'usage-2' },
      { ...event, revision: 8 },
      { ...event, id: 'e-8' },
      { ...event, stored: { ...stored, type: 'Other' } },
      { ...event, stored: { ...stored, data: '{"key":"k","lines": []}' } },
      { ...event, stored: { ...stored, metadata: '{"version":2}' } },
    ];
    expect(new Set([event, ...others].map(leafOf)).size).toBe(others.length + 1);
  });
});

const leaf = fc.nat(9999).map((n) => sha(String(n)));
const leaves = fc.uniqueArray(leaf, { minLength: 1, maxLength: 70 });
const leavesAndTwo = leaves.chain((all) =>
  fc.tuple(fc.constant(all), fc.nat(all.length - 1), fc.nat(all.length - 1)),
);

/** The digest with one bit of it turned. */
const flipped = (digest: Digest, bit: number): Digest => {
  const turned = bytes(digest);
  const at = bit % 256;
  turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
  return turned.toString('hex');
};

describe('the tree of digests', () => {
  it('has the root that RFC 6962 gives it', () => {
    expect(rootOf([])).toBeNull();
    fc.assert(fc.property(leaves, (all) => rootOf(all) === reference(all)));
  });

  it('is the same where it is large', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => sha(String(index)));
    expect(await rootOfMany(many)).toBe(reference(many));
    for (const index of [0, 1023, 1024, 2047, 2048, 2499]) {
      const proof = { index, size: many.length, path: await pathOf(many, index) };
      expect(rootFrom(many[index] ?? '', proof)).toBe(reference(many));
    }
  });

  it('proves every leaf, and none for another', () =>
    fc.assert(
      fc.asyncProperty(leavesAndTwo, async ([all, index, other]) => {
        const proof = { index, size: all.length, path: await pathOf(all, index) };
        const proved = rootFrom(all[other] ?? '', proof);
        expect(proved === rootOf(all)).toBe(other === index);
      }),
    ));

  it('proves nothing once a bit of the leaf or of the path is another', () =>
    fc.assert(
      fc.asyncProperty(leavesAndTwo, fc.nat(), async ([all, index, other], bit) => {
        const path = await pathOf(all, index);
        const proof = { index, size: all.length, path };
        const root = rootOf(all);
        expect(rootFrom(flipped(all[index] ?? '', bit), proof)).not.toBe(root);
        if (path.length === 0) return;
        const turned = path.map((one, at) =>
          at === other % path.length ? flipped(one, bit) : one,
        );
        expect(rootFrom(all[index] ?? '', { ...proof, path: turned })).not.toBe(root);
      }),
    ));

  it('proves nothing by a path that is too short, too long or out of the tree', () =>
    fc.assert(
      fc.asyncProperty(leavesAndTwo, async ([all, index]) => {
        const path = await pathOf(all, index);
        const proof = { index, size: all.length, path };
        const own = all[index] ?? '';
        expect(rootFrom(own, { ...proof, path: [...path, own] })).toBeNull();
        expect(rootFrom(own, { ...proof, index: all.length })).toBeNull();
        expect(rootFrom(own, { ...proof, index: -1 })).toBeNull();
        if (path.length > 0) expect(rootFrom(own, { ...proof, path: path.slice(1) })).toBeNull();
      }),
    ));
});
