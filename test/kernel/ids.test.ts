import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityId, type EntityKind, fingerprint, seededUuid } from '../../src/kernel/ids.ts';

const kinds: fc.Arbitrary<EntityKind> = fc.constantFrom(
  'metric',
  'product',
  'rateCard',
  'customer',
  'contract',
);

describe('an id', () => {
  it('is the same for the same seed, in every process', () => {
    expect(fingerprint('a', 'b')).toBe('0473ef2dc0d324ab659d3580c1134e9d');
    expect(entityId('customer', 'seed')).toBe('cus_efa75959cda9592b97dea467e63c34e5');
  });

  it('says what it is an id of', () => {
    fc.assert(
      fc.property(kinds, fc.string(), (kind, seed) => {
        expect(entityId(kind, seed)).toMatch(/^(met|prd|crd|cus|con)_[0-9a-f]{32}$/);
      }),
    );
  });

  it('differs by kind and by seed, and by where one part of the seed ends', () => {
    const parts = fc.array(fc.string({ unit: 'binary', maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(fingerprint(...a) === fingerprint(...b)).toBe(
          JSON.stringify(a) === JSON.stringify(b),
        );
      }),
    );
    expect(fingerprint('ab', 'c')).not.toBe(fingerprint('a', 'bc'));
    expect(entityId('customer', 'x').slice(4)).not.toBe(entityId('contract', 'x').slice(4));
  });
});

describe('the UUID of a seed', () => {
  it('is a UUID of the version for those made by rules of their own, the same for the same seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const uuid = seededUuid(a, b);
        expect(uuid).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
        expect(seededUuid(a, b)).toBe(uuid);
        expect(seededUuid(a, `${b}.`)).not.toBe(uuid);
        expect(seededUuid(`${a}${b}`)).not.toBe(uuid);
      }),
    );
  });
});
