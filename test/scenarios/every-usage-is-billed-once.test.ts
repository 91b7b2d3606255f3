import fc from 'fast-check';
import { describe, it } from 'vitest';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { story, type Metered, type World } from '../support/scenario.ts';

const start = instant('2024-10-01T00:00:00Z');
const days = (count: number): Instant => addHours(start, 24 * count);

type Step =
  | { readonly do: 'use'; readonly day: number; readonly quantity: number }
  | { readonly do: 'advance'; readonly days: number }
  | { readonly do: 'void' | 'finalize'; readonly which: number }
  | { readonly do: 'end'; readonly day: number | null };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('use' as const), day: fc.nat(130), quantity: fc.integer({ min: -5, max: 20 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), days: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('void' as const, 'finalize' as const), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), day: fc.option(fc.integer({ min: 1, max: 140 })) }) },
  ),
  { minLength: 5, maxLength: 25 },
);

/** What may be refused on the way: the world has moved on. */
async function take(w: World, step: Step, customerId: string, contractId: string, now: Instant) {
  switch (step.do) {
    case 'use':
      return w.use(customerId, 'rows', addHours(days(step.day), 5), { n: step.quantity });
    case 'advance':
      return w.advance(addHours(now, 24 * step.days));
    case 'end': {
      const endingBefore = step.day === null ? null : days(step.day);
      return w.refusal('updateContractEndDate', { customerId, contractId, endingBefore });
    }
    case 'void':
    case 'finalize': {
      const status = step.do === 'void' ? 'FINALIZED' : 'DRAFT';
      const invoices = await w.invoices(customerId, { statuses: [status], types: ['USAGE'] });
      const id = invoices[step.which % Math.max(invoices.length, 1)]?.id;
      if (id === undefined) return;
      return w.refusalOfInvoice(step.do === 'void' ? 'voidInvoice' : 'finalizeInvoice', id);
    }
  }
}

/** All that was used while the contract ran and its periods have begun stands on invoices, once. */
async function expectLaw(w: World, customerId: string, contractId: string, rows: Metered) {
  const { contract, clock } = await w.ask<{
    contract: { endingBefore: Instant | null };
    clock: { now: Instant };
  }>('query ($id: ID!) { contract(id: $id) { endingBefore } clock { now } }', { id: contractId });
  const begun = addHours(instant(`${clock.now.slice(0, 7)}-01T00:00:00Z`), 24 * 32);
  const through = instant(`${begun.slice(0, 7)}-01T00:00:00Z`);
  const { endingBefore } = contract;
  const to = endingBefore !== null && endingBefore < through ? endingBefore : through;
  await w.expectAllBilledOnce(customerId, rows, '2', { from: start, to });
}

describe('every usage', () => {
  it('is billed once, whatever is late, voided, ended, reopened and finalized in between', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        await story('2024-10', async (w) => {
          const rows = await w.metered('rows', 'SUM', 'n');
          const rateCardId = await w.card([{ productId: rows.productId, unitPrice: '2' }]);
          const customerId = await w.customer('Any');
          const contractId = await w.contract({ customerId, rateCardId, startingAt: '2024-10' });
          let now = start;
          for (const step of taken) {
            await take(w, step, customerId, contractId, now);
            if (step.do === 'advance') now = addHours(now, 24 * step.days);
            await expectLaw(w, customerId, contractId, rows);
          }
        });
      }),
      { numRuns: 12, seed: 20_241_001 },
    );
  }, 60_000);
});
