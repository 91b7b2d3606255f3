import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvRecord } from '../../src/operations/csv.ts';
import { csvRecords } from '../support/csv.ts';

describe('a record of CSV', () => {
  it('quotes what needs it, and nothing else', () => {
    expect(csvRecord(['a b', 1, null, '', 'x,y', 'say "so"', 'two\nlines', '=1+1', '0.10'])).toBe(
      'a b,1,,,"x,y","say ""so""","two\nlines",=1+1,0.10',
    );
  });

  it('is read as it was written, whatever the cells hold', () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom(',', '"', '\r', '\n', 'a', ' ', '=', 'é') }),
      fc.string(),
    );
    const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 5 });
    fc.assert(
      fc.property(table, (records) => {
        const text = records.map((record) => `${csvRecord(record)}\r\n`).join('');
        expect(csvRecords(text)).toEqual(records);
      }),
    );
  });
});
