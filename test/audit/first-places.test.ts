import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFirstPlaces } from '../../src/audit/first-places.ts';

/** Many alike, as UUIDs in lower case, in upper case, and as what is nearly one. */
const ids = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 3000 }).map(uuid) },
  { weight: 2, arbitrary: fc.uuid() },
  { weight: 1, arbitrary: fc.nat({ max: 30 }).map((n) => uuid(n).toUpperCase()) },
  { weight: 1, arbitrary: fc.nat({ max: 30 }).map((n) => uuid(n).replace('-', 'g')) },
  { weight: 1, arbitrary: fc.string({ maxLength: 3 }) },
);

function uuid(n: number): string {
  const text = n.toString(16).padStart(32, '0');
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

describe('the first places of transactionIds', () => {
  it('are those that a map of texts would hold', () => {
    fc.assert(
      fc.property(fc.array(ids, { maxLength: 4000, size: 'max' }), (added) => {
        const places = createFirstPlaces();
        const expected = new Map<string, number>();
        added.forEach((id, index) => {
          expect(places.add(id, index * 3)).toBe(!expected.has(id));
          if (!expected.has(id)) expected.set(id, index * 3);
        });
        expect(places.size).toBe(expected.size);
        for (const [id, position] of expected) expect(places.positionOf(id)).toBe(position);
        expect(places.positionOf('never added')).toBeUndefined();
        expect(places.positionOf(uuid(5000))).toBeUndefined();
      }),
      { numRuns: 20 },
    );
  });

  it('are exact for more of them than a part of the table holds', () => {
    const places = createFirstPlaces();
    const count = 50_000;
    let firsts = 0;
    for (let n = 0; n < count; n += 1) firsts += places.add(uuid(n * 7), n) ? 1 : 0;
    expect(firsts).toBe(count);
    for (let n = 0; n < count; n += 1) firsts += places.add(uuid(n * 7), 0) ? 1 : 0;
    expect(firsts).toBe(count);
    expect(places.positionOf(uuid(7 * (count - 1)))).toBe(count - 1);
    expect(places.positionOf(uuid(7 * count))).toBeUndefined();
  });
});
