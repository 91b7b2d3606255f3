import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasControls } from '../../src/http/plain-block.ts';

describe('control characters', () => {
  it('are found wherever they stand, but for the ends of lines', () => {
    const bytes = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0x20, max: 0xff }) },
      { weight: 2, arbitrary: fc.constantFrom(10, 13) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0x1f }) },
    );
    fc.assert(
      fc.property(fc.array(bytes), fc.nat({ max: 7 }), (all, offset) => {
        const block = Uint8Array.from([...Array.from({ length: offset }, () => 0), ...all]);
        const text = all.map((byte) => String.fromCharCode(byte)).join('');
        // eslint-disable-next-line no-control-regex -- They are what it is about.
        const expected = /[\u0000-\u001f]/.test(text.replace(/\r?\n/g, ''));
        expect(hasControls(block.subarray(offset))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('are found at place %i', (place) => {
    const block = new Uint8Array(9).fill(0x41);
    expect(hasControls(block)).toBe(false);
    block[place] = 9;
    expect(hasControls(block)).toBe(true);
  });
});
