import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTally, writeTally, type TallyText } from '../../projections/usage-measured.ts';
import { mergeTallies, type Tally } from '../../src/usage/metering.ts';
import { decimals, instants } from '../support/arbitraries.ts';

const values = fc.uniqueArray(fc.tuple(fc.string({ unit: 'binary' }), instants), {
  selector: ([value]) => value,
});

const order = fc.nat().map((place) => String(place).padStart(10, '0'));

const tallies: fc.Arbitrary<Tally>[] = [
  decimals.map((total) => ({ aggregation: 'COUNT', total })),
  decimals.map((total) => ({ aggregation: 'SUM', total })),
  fc.record({ aggregation: fc.constant('MAX'), value: decimals, at: instants }),
  fc.record({ aggregation: fc.constant('LATEST'), value: decimals, at: instants, order }),
  values.map((firstAt) => ({ aggregation: 'UNIQUE', firstAt: new Map(firstAt) })),
];

const throughJson = (tally: Tally): Tally =>
  readTally(JSON.parse(JSON.stringify(writeTally(tally))) as TallyText);

/** Without the order that its values came in. */
const known = (tally: Tally): unknown =>
  tally.aggregation === 'UNIQUE' ? [...tally.firstAt].sort() : tally;

describe.each(tallies.map((of, index) => [index, of] as const))('a tally (%i)', (_index, of) => {
  it('comes back from JSON as it was', () => {
    fc.assert(
      fc.property(of, (tally) => {
        expect(throughJson(tally)).toEqual(tally);
      }),
    );
  });

  it('merges with others in any order, and in any groups', () => {
    fc.assert(
      fc.property(of, of, of, (a, b, c) => {
        const merged = known(mergeTallies(mergeTallies(a, b), c));
        expect(known(mergeTallies(a, mergeTallies(b, c)))).toEqual(merged);
        expect(known(mergeTallies(c, mergeTallies(b, throughJson(a))))).toEqual(merged);
      }),
    );
  });
});
