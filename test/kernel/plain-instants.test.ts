import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant, plainInstant } from '../../src/kernel/calendar.ts';

const two = (max: number) => fc.nat({ max }).map((n) => String(n).padStart(2, '0'));
const written = fc
  .tuple(
    fc.nat({ max: 9999 }).map((year) => String(year).padStart(4, '0')),
    ...[two(13), two(32), two(25), two(61), two(61)],
    fc.constantFrom('', '.123', '.000', '.12', '.1234', '.x00'),
    fc.constantFrom('Z', 'Z', 'z', '+00:00'),
  )
  .map(([year, month, day, hour, minute, second, fraction, zone]) => [
    `${year}-${month}-${day}T${hour}:${minute}:${second}`,
    `${fraction}${zone}`,
  ]);

describe('an instant in UTC', () => {
  it('is read without a Date as it is with one', () => {
    let taken = 0;
    fc.assert(
      fc.property(written, ([at = '', rest = '']) => {
        const given = plainInstant(`"${at}${rest}"`, 1, 1 + at.length + rest.length);
        if (given === undefined) return;
        taken += 1;
        expect(given).toBe(new Date(`${at}${rest}`).toISOString());
        // With an offset it takes the other way.
        expect(given).toBe(parseInstant(`${at}${rest.replace('Z', '+00:00')}`));
      }),
      { numRuns: 10_000 },
    );
    expect(taken).toBeGreaterThan(1000);
  });

  it('is every one that there is', () => {
    for (let ms = Date.UTC(1999, 11, 28); ms < Date.UTC(2101, 0, 3); ms += 40_000_000) {
      const text = new Date(ms).toISOString();
      expect(plainInstant(text, 0, 24)).toBe(text);
      expect(plainInstant(text.replace(/\.\d+/, ''), 0, 20)).toBe(text.replace(/\.\d+/, '.000'));
    }
  });

  it.each([
    '2025-02-29T00:00:00Z',
    '2100-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-00-01T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:60Z',
    '0999-01-01T00:00:00Z',
    '2025-01-01 00:00:00Z',
    '2025-01-01T00:00:00z',
    '2025-01-01T00:00:00.00Z',
    '2025-01-01T00:00:00.0x0Z',
    '2025/01/01T00:00:00Z',
    '2025-01-01T00.00:00Z',
    '2025-01-01T00:00:00,000Z',
    '2025-01-01T0\u0660:00:00Z',
    '',
  ])('is none that is written %j', (text) => {
    expect(plainInstant(text, 0, text.length)).toBeUndefined();
  });
});
