import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAudit, type Audit } from '../../projections/audit.ts';
import { type InvoiceView } from '../../projections/drafts.ts';
import { type LineExplanation } from '../../projections/explained.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, contractAsked, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { times } from '../support/stress.ts';
import { openShop, signUp, used } from './shop.ts';
import { graceHours, allInvoices, openWorld, start, type World } from './world.ts';

const pick = fc.nat(1000);
const days = fc.nat(100);
const use = fc.record({
  step: fc.constant('use' as const),
  key: fc.nat(3),
  hour: fc.nat(100 * 24),
  id: fc.nat(80),
});
const wait = fc.record({
  step: fc.constant('wait' as const),
  days: fc.integer({ min: 1, max: 40 }),
});
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: use },
    { weight: 5, arbitrary: wait },
    {
      weight: 3,
      arbitrary: fc.record({
        step: fc.constant('alias' as const),
        customer: fc.nat(1),
        held: fc.subarray([0, 1]),
      }),
    },
    { weight: 3, arbitrary: fc.record({ step: fc.constant('void' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('end' as const), pick, days }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('plan' as const), pick, days }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('rate' as const), pick, days }) },
  ),
  { minLength: 15, maxLength: 50 },
);
type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;

const aliasOf = (index: number): string => `alias-${String(index)}`;
const one = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

/**
 * Lives through the steps that are allowed. The so many-th recording uses so many-th power of
 * three: a sum of some of them, each added or taken away once, tells which they were.
 */
async function live(world: World, wanted: readonly Step[]): Promise<void> {
  const { engine, clock } = world;
  const { rateCardId } = await openShop(world, ['SUM', 'COUNT']);
  const first = await signUp(world, rateCardId, {}, [aliasOf(0)]);
  const second = await signUp(world, rateCardId);
  const contracts = [first, second];
  const keys = [first.customerId, second.customerId, aliasOf(0), aliasOf(1)];
  for (const [index, next] of wanted.entries()) {
    switch (next.step) {
      case 'use': {
        const at = addHours(start, next.hour);
        const event = used(one(keys, next.key), `t${String(next.id)}`, at, 0);
        const properties = { n: String(3n ** BigInt(index)) };
        await done(engine.recordUsage([{ ...event, properties }], caller));
        break;
      }
      case 'wait':
        await done(engine.advanceTestClock({ to: addHours(clock.now(), next.days * 24) }, caller));
        break;
      case 'alias': {
        const { customerId } = one([first, second], next.customer);
        const ingestAliases = next.held.map(aliasOf);
        await engine.setIngestAliases({ customerId, ingestAliases }, caller);
        break;
      }
      case 'void': {
        const all = await allInvoices(world);
        const { invoiceId } = JSON.parse(one(all, next.pick)) as InvoiceView;
        await engine.voidInvoice({ invoiceId, reason: null }, caller);
        break;
      }
      case 'end': {
        const endingBefore = addHours(start, next.days * 24);
        await engine.updateContractEndDate({ ...one(contracts, next.pick), endingBefore }, caller);
        break;
      }
      case 'plan': {
        const from = one(contracts, next.pick);
        const startingAt = addHours(start, next.days * 24);
        const contract = contractAsked(from.customerId, rateCardId, { startingAt });
        const input = { fromContractId: from.contractId, contract };
        const changed = await engine.changePlan({ input, idempotencyKey: null }, caller);
        if (!('result' in changed)) break;
        const { startedContractId: contractId } = changed.result;
        contracts.push({ customerId: from.customerId, contractId });
        break;
      }
      case 'rate':
        await addRate(world, rateCardId, next);
    }
  }
}

async function addRate(
  { engine, models, settle }: World,
  rateCardId: string,
  next: { readonly pick: number; readonly days: number },
): Promise<void> {
  await settle();
  const products = await models.main.reader
    .selectFrom('product')
    .select('product_id')
    .orderBy('position')
    .execute();
  const startingAt = addHours(start, next.days * 24);
  const rate = {
    productId: one(products, next.pick).product_id,
    pricing: { model: 'FLAT' as const, unitPrice: String(1 + (next.pick % 3)) },
    entitled: next.pick % 5 !== 0,
    startingAt,
    endingBefore: next.pick % 2 === 0 ? null : addHours(startingAt, 24 * 9),
  };
  await engine.addRates({ input: { rateCardId, rates: [rate] }, idempotencyKey: null }, caller);
}

/** The exponents of the powers of three that were added or taken away. */
function powersIn(quantity: bigint): readonly string[] {
  const powers: string[] = [];
  let rest = quantity;
  for (let power = 1n; rest !== 0n; power *= 3n) {
    const digit = ((rest % 3n) + 4n) % 3n;
    if (digit !== 1n) powers.push(String(power));
    rest = (rest - (digit - 1n)) / 3n;
  }
  return powers;
}

const seen = { lines: 0, late: 0, events: 0 };

async function expectExplained(explanation: LineExplanation): Promise<void> {
  const { line, currency, arithmetic, pricing } = explanation;
  expect(arithmetic).not.toContain('but the line says');
  const stated = arithmetic.slice(arithmetic.lastIndexOf(' = ') + 3).split(' ');
  expect([Number(stated[0]), stated[1]?.replace(',', '')]).toEqual([Number(line.amount), currency]);
  const { edges, hasNextPage } = await explanation.usage({ first: 1000, after: null });
  expect(await explanation.usageCount()).toBe(edges.length);
  expect(hasNextPage).toBe(false);
  if (line.name === 'SUM') {
    const used = edges.map(({ node }) => node.usage.properties['n']);
    expect(used).toEqual(powersIn(BigInt(line.quantity)));
  } else if (line.type === 'USAGE') expect(line.quantity).toBe(String(edges.length));
  const prices = (await explanation.pricedBy()).flatMap(({ event }) =>
    'rates' in event ? (event.rates as { productId: string; pricing: object }[]) : [],
  );
  expect(prices.filter(({ productId }) => productId === line.productId)).toContainEqual(
    expect.objectContaining({ pricing }),
  );
  seen.lines += 1;
  seen.events += edges.length;
  seen.late += line.type === 'LATE_USAGE' ? 1 : 0;
}

async function expectAllExplained({ drafts, clock }: World, audit: Audit, ids: readonly string[]) {
  const invoices = (some: readonly string[]) => drafts.invoices(some, clock.now());
  for (const view of (await invoices(ids)).values()) {
    for (const { lineId } of view.content.lines) {
      const explanation = await audit.explainLine({ view, lineId, invoices });
      if (explanation === null) throw new Error('a line of an invoice is explained');
      await expectExplained(explanation);
    }
  }
}

describe('the usage behind the lines of any history', () => {
  it(
    'is what their quantities add up, and take away',
    { timeout: times(120_000, 1_500_000) },
    async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (wanted) => {
          const folder = await temporaryFolder();
          const log = memoryLog();
          const world = await openWorld(log, folder.path);
          try {
            await live(world, wanted);
            const texts = await allInvoices(world);
            const ids = texts.map((text) => (JSON.parse(text) as InvoiceView).invoiceId);
            await expectAllExplained(world, createAudit(world.models, log, graceHours), ids);
          } finally {
            await world.close();
            await folder.remove();
          }
        }),
        { numRuns: times(12, 500) },
      );
      expect(seen.lines).toBeGreaterThanOrEqual(times(12, 1000));
      expect(seen.events).toBeGreaterThanOrEqual(times(1, 500));
      expect(seen.late).toBeGreaterThanOrEqual(times(0, 50));
    },
  );
});
