import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHours, instant, type Instant } from '../../src/kernel/calendar.ts';
import { story, type Metered, type World } from '../support/scenario.ts';

const start = instant('2024-10-01T00:00:00Z');
const daysFrom = (at: Instant, days: number): Instant => addHours(at, 24 * days);

type Step =
  | { readonly do: 'use'; readonly daysAgo: number }
  | { readonly do: 'advance'; readonly days: number }
  | { readonly do: 'void' | 'finalize' | 'gain'; readonly which: number }
  | { readonly do: 'end'; readonly which: number; readonly daysAhead: number | null };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('use' as const), daysAgo: fc.nat(60) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      days: fc.integer({ min: 1, max: 20 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('void' as const, 'finalize' as const, 'gain' as const),
      which: fc.nat(5),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.constantFrom(0, 0, 1),
      daysAhead: fc.option(fc.integer({ min: -30, max: 10 }), { freq: 5 }),
    }),
  },
);
const steps = fc.array(step, { minLength: 15, maxLength: 40 });
const calendar = fc.constantFrom(
  { frequency: 'WEEKLY', day: 'CONTRACT_START' },
  { frequency: 'MONTHLY', day: 'FIRST_OF_MONTH' },
  { frequency: 'QUARTERLY', day: 'FIRST_OF_MONTH' },
);
const plan = fc.record({
  startsInDays: fc.nat(10),
  lasts: fc.option(fc.integer({ min: 10, max: 60 }), { freq: 1 }),
  calendar,
});
/**
 * Two contracts in order of creation; the card of one of them rates the product from the start, the
 * other one's may gain it: mostly the first one's, which then bills it.
 */
const plans = fc.record({ first: plan, second: plan, rated: fc.constantFrom(0, 1, 1) });
type Plans = typeof plans extends fc.Arbitrary<infer T> ? T : never;

type Held = {
  readonly id: string;
  readonly rateCardId: string;
  /** Its periods that were closed before its card rated the product; null: the card does not. */
  closedBefore: ReadonlySet<string> | null;
};
type Life = {
  readonly customerId: string;
  readonly product: Metered;
  readonly contracts: readonly [Held, Held];
  readonly uses: Instant[];
};

/** Usage n is 1000^n of the product: a sum tells how often each was billed. */
const weight = (index: number): string => `1${'000'.repeat(index)}`;

function timesBilled(quantities: readonly string[], uses: number): number[] {
  let rest = quantities.reduce((sum, quantity) => sum + BigInt(quantity), 0n);
  return Array.from({ length: uses }, () => {
    const times = rest % 1000n;
    rest /= 1000n;
    return Number(times);
  });
}

async function signUp(w: World, { first, second, rated }: Plans): Promise<Life> {
  const product = await w.metered('p', 'SUM', 'n');
  const customerId = await w.customer('Any');
  const contract = async ({ startsInDays, lasts, calendar: by }: Plans['first'], index: number) => {
    const own = await w.metered(`own-${String(index)}`);
    const rateCardId = await w.card([
      { productId: own.productId, unitPrice: '1' },
      ...(index === rated ? [{ productId: product.productId, unitPrice: '1' }] : []),
    ]);
    const startingAt = daysFrom(start, startsInDays);
    const id = await w.contract({
      ...{ customerId, rateCardId, startingAt, usageStatementSchedule: by },
      ...(lasts === null ? {} : { endingBefore: daysFrom(startingAt, lasts) }),
    });
    return { id, rateCardId, closedBefore: index === rated ? new Set<string>() : null };
  };
  const contracts = [await contract(first, 0), await contract(second, 1)] as const;
  return { customerId, product, contracts, uses: [] };
}

/** What may be refused on the way: the world has moved on. */
async function take(w: World, life: Life, step: Step, now: Instant): Promise<void> {
  const { customerId, product, contracts, uses } = life;
  switch (step.do) {
    case 'use': {
      const at = addHours(daysFrom(now, -step.daysAgo), -5);
      await w.use(customerId, 'p', at, { n: weight(uses.length) });
      uses.push(at);
      return;
    }
    case 'advance':
      await w.advance(daysFrom(now, step.days));
      return;
    case 'gain': {
      const contract = contracts[step.which === 0 ? 1 : 0];
      if (contract.closedBefore !== null) return;
      const final = await w.invoices(customerId, { statuses: ['FINALIZED'], types: ['USAGE'] });
      await w.addRates(contract.rateCardId, [{ productId: product.productId, unitPrice: '2' }]);
      contract.closedBefore = new Set(final.map(({ id }) => id));
      return;
    }
    case 'end': {
      const contractId = contracts[step.which === 0 ? 0 : 1].id;
      const endingBefore = step.daysAhead === null ? null : daysFrom(now, step.daysAhead);
      await w.refusal('updateContractEndDate', { customerId, contractId, endingBefore });
      return;
    }
    case 'void':
    case 'finalize': {
      const status = step.do === 'void' ? 'FINALIZED' : 'DRAFT';
      const found = await w.invoices(customerId, { statuses: [status], types: ['USAGE'] });
      const id = found[step.which % Math.max(found.length, 1)]?.id;
      if (id === undefined) return;
      await w.refusalOfInvoice(step.do === 'void' ? 'voidInvoice' : 'finalizeInvoice', id);
    }
  }
}

/**
 * No usage is billed twice; each is billed once that lies in a contract whose card rates the
 * product, but for what was closed before the card did (billing rules 14 and 24).
 */
async function expectLaw(w: World, { customerId, product, contracts, uses }: Life): Promise<void> {
  const standing = (await w.invoices(customerId)).filter(({ status }) => status !== 'VOID');
  const lines = standing
    .flatMap(({ lineItems }) => lineItems)
    .filter((line) => line.product.id === product.productId);
  const times = timesBilled(
    lines.map(({ quantity }) => quantity),
    uses.length,
  );
  const terms = await Promise.all(contracts.map(({ id }) => termOf(w, id)));
  const owed = uses.map((at) =>
    contracts.some(({ id, closedBefore }, index) => {
      const term = terms[index];
      if (closedBefore === null || term === undefined || !covers(term, at)) return false;
      return !standing.some(
        (bill) =>
          bill.contract.id === id &&
          closedBefore.has(bill.id) &&
          bill.periodStart <= at &&
          at < bill.periodEnd,
      );
    }),
  );
  expect(times.map((count, index) => (owed[index] === true ? count : Math.max(count, 1)))).toEqual(
    uses.map(() => 1),
  );
}

type Term = { readonly startingAt: Instant; readonly endingBefore: Instant | null };

const covers = ({ startingAt, endingBefore }: Term, at: Instant): boolean =>
  startingAt <= at && (endingBefore === null || at < endingBefore);

const termOf = async (w: World, id: string): Promise<Term> =>
  (
    await w.ask<{ contract: Term }>(
      'query ($id: ID!) { contract(id: $id) { startingAt endingBefore } }',
      { id },
    )
  ).contract;

describe('what contracts of one customer share', () => {
  it('is billed once, whenever a card gains it and whatever is ended, voided and finalized', async () => {
    await fc.assert(
      fc.asyncProperty(plans, steps, async (asked, taken) => {
        await story('2024-10', async (w) => {
          const life = await signUp(w, asked);
          let now = start;
          for (const one of taken) {
            await take(w, life, one, now);
            if (one.do === 'advance') now = daysFrom(now, one.days);
            await expectLaw(w, life);
          }
        });
      }),
      {
        numRuns: 6,
        seed: 20_241_001,
      },
    );
  }, 60_000);
});
