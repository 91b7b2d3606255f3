import { describe, expect, it } from 'vitest';
import {
  aliasFault,
  distinct,
  isLongerThan,
  isWellFormed,
  nameFault,
  wellFormed,
} from '../../src/kernel/names.ts';

describe('a name', () => {
  it('has 1 to 255 characters, and is not blank', () => {
    expect(nameFault('n')).toBeUndefined();
    expect(nameFault('n'.repeat(255))).toBeUndefined();
    expect(nameFault('')).toEqual({ refused: { reason: 'name_empty', field: ['name'] } });
    expect(nameFault(' \t\n')).toEqual({ refused: { reason: 'name_empty', field: ['name'] } });
    expect(nameFault('n'.repeat(256))).toEqual({
      refused: { reason: 'name_too_long', field: ['name'] },
    });
  });

  it('is measured in characters, not in units of its encoding', () => {
    expect(isLongerThan('😀'.repeat(128), 128)).toBe(false);
    expect(isLongerThan('😀'.repeat(129), 128)).toBe(true);
    expect(isLongerThan('é'.repeat(128), 128)).toBe(false);
    expect(isLongerThan('n'.repeat(257), 128)).toBe(true);
  });
});

describe('text', () => {
  it('is well formed when it has neither half a surrogate pair nor NUL', () => {
    for (const text of ['', 'a', 'é', '漢字', '😀', 'a\n\u0001', '\ufffd']) {
      expect(isWellFormed(text), JSON.stringify(text)).toBe(true);
      expect(wellFormed(text)).toBe(text);
    }
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', '😀\ud83d', '\u0000', 'a\u0000b']) {
      expect(isWellFormed(text), JSON.stringify(text)).toBe(false);
      expect(isWellFormed(wellFormed(text))).toBe(true);
    }
  });

  it('that is not stays apart from other such text as a key', () => {
    const broken = ['a\ud800', 'a\ud801', 'a\udc00', '\ud800a', 'a\u0000', 'a', 'a\ufffd'];
    expect(new Set(broken.map(wellFormed)).size).toBe(broken.length);
  });
});

describe('a list of aliases', () => {
  it('names the place of the first that cannot be one', () => {
    expect(aliasFault(['a', 'b'], 'aliases')).toBeUndefined();
    expect(aliasFault(['a', ''], 'aliases')).toEqual({
      refused: { reason: 'alias_empty', field: ['aliases', 1] },
    });
    expect(aliasFault(['a'.repeat(128), 'a'.repeat(129), ''], 'aliases')).toEqual({
      refused: { reason: 'alias_too_long', field: ['aliases', 1] },
    });
  });

  it('keeps each where it came first', () => {
    expect(distinct(['b', 'a', 'b', 'c', 'a'])).toEqual(['b', 'a', 'c']);
  });
});
