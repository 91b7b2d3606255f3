import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHours } from '../../src/kernel/calendar.ts';
import { times } from '../support/stress.ts';
import { createCustomer } from './customer.ts';
import { january } from './given.ts';

const pick = fc.nat(20);
/** Few months, so that things meet. */
const dayOf = fc.integer({ min: -5, max: 190 });
const n = fc.constantFrom('1', '0.1', '0.3', '-1', '7');

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('use' as const), day: dayOf, n }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('close' as const), pick }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      days: fc.integer({ min: 1, max: 45 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('void' as const), pick }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      pick,
      day: fc.option(fc.integer({ min: 20, max: 190 })),
    }),
  },
);

describe('what closed periods come to, less what was charged for them', () => {
  it('is the same on every draft as if each of them were settled each time', () => {
    const seen = { settled: 0, settledBefore: 0, drafts: 0, late: 0, voids: 0 };
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
        const customer = createCustomer();
        const dayAt = (of: number) => addHours(january, of * 24 + 5);
        for (const one of steps) {
          if (one.do === 'use') customer.use(dayAt(one.day), one.n);
          if (one.do === 'close') customer.close(one.pick);
          if (one.do === 'pass') customer.pass(one.days);
          if (one.do === 'void') customer.void(one.pick);
          if (one.do === 'end') {
            customer.end(one.pick, one.day === null ? null : addHours(january, one.day * 24));
          }
          expect(customer.lines('now')).toEqual(customer.lines('before'));
        }
        expect(customer.lines('now')).toEqual(customer.lines('all'));
        for (const [name, count] of Object.entries(customer.seen)) {
          seen[name as keyof typeof seen] += count;
        }
      }),
      { numRuns: times(30, 5000) },
    );
    expect(seen.late).toBeGreaterThan(20);
    expect(seen.voids).toBeGreaterThan(20);
    expect(seen.settled).toBeLessThan(seen.settledBefore);
  }, 600_000);
});
