import fc from 'fast-check';
import { describe, it } from 'vitest';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { story, type Metered, type World } from '../support/scenario.ts';

const start = instant('2024-10-01T00:00:00Z');
const daysFrom = (at: Instant, days: number): Instant => addHours(at, 24 * days);

type Step =
  | { readonly do: 'use'; readonly daysAgo: number; readonly quantity: number }
  | { readonly do: 'advance'; readonly days: number }
  | { readonly do: 'void' | 'finalize'; readonly which: number }
  | { readonly do: 'end'; readonly which: number; readonly daysAhead: number | null };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      daysAgo: fc.integer({ min: -10, max: 90 }),
      quantity: fc.integer({ min: -5, max: 20 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      days: fc.integer({ min: 1, max: 35 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('void' as const, 'void' as const, 'finalize' as const),
      which: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(1),
      daysAhead: fc.option(fc.integer({ min: -20, max: 20 }), { freq: 4 }),
    }),
  },
);
const steps = fc.array(step, { minLength: 10, maxLength: 40 });

/** When the customer's second contract starts, if there is one. */
const nextStart = fc.constantFrom(null, '2024-11-15', '2024-12', '2025-01');

type Contract = { readonly id: string; readonly unitPrice: string };

/** What may be refused on the way: the world has moved on. */
async function take(
  w: World,
  step: Step,
  customerId: string,
  contracts: readonly Contract[],
  now: Instant,
) {
  switch (step.do) {
    case 'use':
      return w.use(customerId, 'rows', addHours(daysFrom(now, -step.daysAgo), 5), {
        n: step.quantity,
      });
    case 'advance':
      return w.advance(daysFrom(now, step.days));
    case 'end': {
      const contractId = contracts[step.which % contracts.length]?.id;
      const endingBefore = step.daysAhead === null ? null : daysFrom(now, step.daysAhead);
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

/**
 * All that was used while a contract ran and its periods have begun stands on its invoices, once.
 */
async function expectLaw(
  w: World,
  customerId: string,
  { id: contractId, unitPrice }: Contract,
  rows: Metered,
) {
  const { contract, clock } = await w.ask<{
    contract: { startingAt: Instant; endingBefore: Instant | null };
    clock: { now: Instant };
  }>('query ($id: ID!) { contract(id: $id) { startingAt endingBefore } clock { now } }', {
    id: contractId,
  });
  const { startingAt: from, endingBefore } = contract;
  if (from > clock.now) return;
  const begun = addHours(instant(`${clock.now.slice(0, 7)}-01T00:00:00Z`), 24 * 32);
  const through = instant(`${begun.slice(0, 7)}-01T00:00:00Z`);
  const to = endingBefore !== null && endingBefore < through ? endingBefore : through;
  await w.expectAllBilledOnce(customerId, rows, unitPrice, { from, to, contractId });
}

/** A customer with a contract at 2.00 from October on, and maybe one at 3.00 that follows. */
async function signUp(w: World, rows: Metered, next: string | null) {
  const customerId = await w.customer('Any');
  const terms = [
    { unitPrice: '2', startingAt: '2024-10', endingBefore: '2024-11-15' },
    ...(next === null ? [] : [{ unitPrice: '3', startingAt: next }]),
  ];
  const contracts: Contract[] = [];
  for (const { unitPrice, ...term } of terms) {
    const rateCardId = await w.card([{ productId: rows.productId, unitPrice }]);
    contracts.push({ id: await w.contract({ customerId, rateCardId, ...term }), unitPrice });
  }
  return { customerId, contracts };
}

describe('every usage', () => {
  it('is billed once, whatever is late, voided, ended, reopened and finalized in between', async () => {
    await fc.assert(
      fc.asyncProperty(steps, nextStart, async (taken, next) => {
        await story('2024-10', async (w) => {
          const rows = await w.metered('rows', 'SUM', 'n');
          const { customerId, contracts } = await signUp(w, rows, next);
          let now = start;
          for (const step of taken) {
            await take(w, step, customerId, contracts, now);
            if (step.do === 'advance') now = daysFrom(now, step.days);
            for (const contract of contracts) await expectLaw(w, customerId, contract, rows);
          }
        });
      }),
      { numRuns: 12, seed: 20_241_001 },
    );
  }, 60_000);
});
