import fc from 'fast-check';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, customerAsked, done } from '../application/engine.ts';
import { catalogs, contractOf, openCatalog, terms } from './catalogs.ts';
import { allInvoices, start, type World } from './world.ts';

const pick = fc.nat(1000);

/** Few keys and values, so that they meet; ago: hours before then; null: from the start. */
const usageOf = (id: fc.Arbitrary<number>, ago: fc.Arbitrary<number | null>) =>
  fc.record({
    step: fc.constant('use' as const),
    key: fc.nat(5),
    hour: fc.nat(100 * 24),
    ago,
    n: fc.constantFrom<(number | string)[]>(-3, -1, 0, 1, 2, 5, 9, 40, '0.1', '12.25', 'many'),
    id,
    type: fc.constantFrom('used', 'used', 'used', 'used', 'else'),
    groups: fc.record(
      { zone: fc.constantFrom('eu', 'us', 'none'), team: fc.constantFrom('a', 'b') },
      { requiredKeys: [] },
    ),
  });
/** Few ids, so that they meet, too. */
const usage = usageOf(fc.nat(60), fc.option(fc.nat(60 * 24), { freq: 3 }));
const lateUsage = usageOf(fc.nat(1000), fc.integer({ min: 20 * 24, max: 95 * 24 }));
const wait = fc.record({
  step: fc.constant('wait' as const),
  days: fc.integer({ min: 1, max: 40 }),
});
const alias = fc.record({
  step: fc.constant('alias' as const),
  customer: fc.nat(1),
  held: fc.subarray([0, 1, 2]),
});
const ofInvoice = fc.record({ step: fc.constantFrom('void' as const, 'finalize' as const), pick });
const end = fc.record({ step: fc.constant('end' as const), pick, day: fc.option(fc.nat(130)) });
const plan = fc.record({ step: fc.constant('plan' as const), pick, terms });
const sign = fc.record({ step: fc.constant('sign' as const), customer: fc.nat(1), terms });
const rate = fc.record({ step: fc.constant('rate' as const), pick, day: fc.nat(100) });

const others = [
  { weight: 5, arbitrary: wait },
  { weight: 3, arbitrary: alias },
  { weight: 3, arbitrary: ofInvoice },
  { weight: 1, arbitrary: end },
  { weight: 1, arbitrary: plan },
  { weight: 1, arbitrary: sign },
  { weight: 1, arbitrary: rate },
] as const;
const length = { minLength: 15, maxLength: 50, size: 'max' } as const;
const steps = fc.array(fc.oneof({ weight: 16, arbitrary: usage }, ...others), length);
const lateSteps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: usage },
    { weight: 10, arbitrary: lateUsage },
    { weight: 3, arbitrary: ofInvoice },
    ...others,
  ),
  length,
);

/** A catalog, two customers with a contract each, and what happens to them. */
export const histories = fc.record({ catalog: catalogs, first: terms, second: terms, steps });

/** Mostly with usage that came late, and more that is voided and closed again. */
export const lateHistories = fc.record({
  catalog: catalogs,
  first: terms,
  second: terms,
  steps: lateSteps,
});

export type GeneratedHistory = typeof histories extends fc.Arbitrary<infer T> ? T : never;
type Step = GeneratedHistory['steps'][number];

const aliasOf = (index: number): string => `alias-${String(index)}`;

type Shown = { readonly invoiceId: string; readonly status: string };
type Signed = { readonly customerId: string; readonly contractId: string };

/** Has it happen; refusals are part of life. */
export async function live(world: World, history: GeneratedHistory): Promise<void> {
  const { engine, clock } = world;
  const catalog = await openCatalog(world, history.catalog);
  const customers: string[] = [];
  for (const held of [[aliasOf(0)], []]) {
    const created = engine.createCustomer(customerAsked(held), caller);
    customers.push((await done(created)).customerId);
  }
  const contracts: Signed[] = [];
  const sign = async (customer: number, wanted: GeneratedHistory['first']) => {
    const customerId = customers[customer] ?? '';
    const input = contractOf(catalog, customerId, wanted);
    const signed = await engine.createContract({ input, idempotencyKey: null }, caller);
    if ('result' in signed) contracts.push({ customerId, ...signed.result });
  };
  await sign(0, history.first);
  await sign(1, history.second);
  const keys = [...customers, ...[0, 1, 2].map(aliasOf), 'nobody'];
  const one = <T>(list: readonly T[], index: number): T | undefined => list[index % list.length];

  const invoiceIn = async (status: string, index: number): Promise<string | undefined> => {
    const shown = (await allInvoices(world)).map((text) => JSON.parse(text) as Shown);
    return one(
      shown.filter((invoice) => invoice.status === status),
      index,
    )?.invoiceId;
  };

  async function take(next: Step): Promise<void> {
    switch (next.step) {
      case 'use': {
        const event = {
          transactionId: `t${String(next.id)}`,
          customerId: keys[next.key] ?? '',
          eventType: next.type,
          timestamp:
            next.ago === null ? addHours(start, next.hour) : addHours(clock.now(), -next.ago),
          properties: { n: next.n, ...next.groups },
        };
        await done(engine.recordUsage([event], caller));
        return;
      }
      case 'wait':
        await done(engine.advanceTestClock({ to: addHours(clock.now(), next.days * 24) }, caller));
        return;
      case 'alias': {
        const customerId = customers[next.customer] ?? '';
        const ingestAliases = next.held.map(aliasOf);
        await engine.setIngestAliases({ customerId, ingestAliases }, caller);
        return;
      }
      case 'void': {
        const invoiceId = await invoiceIn('FINALIZED', next.pick);
        if (invoiceId === undefined) return;
        await engine.voidInvoice({ invoiceId, reason: 'again' }, caller);
        return;
      }
      case 'finalize': {
        const invoiceId = await invoiceIn('DRAFT', next.pick);
        if (invoiceId !== undefined) await engine.finalizeInvoice({ invoiceId }, caller);
        return;
      }
      case 'sign':
        return sign(next.customer, next.terms);
      case 'end': {
        const contract = one(contracts, next.pick);
        if (contract === undefined) return;
        const endingBefore = next.day === null ? null : addHours(start, next.day * 24);
        await engine.updateContractEndDate({ ...contract, endingBefore }, caller);
        return;
      }
      case 'plan': {
        const from = one(contracts, next.pick);
        if (from === undefined) return;
        const { customerId, contractId: fromContractId } = from;
        const contract = contractOf(catalog, customerId, next.terms);
        const changed = await engine.changePlan(
          { input: { fromContractId, contract }, idempotencyKey: null },
          caller,
        );
        if (!('result' in changed)) return;
        contracts.push({ customerId, contractId: changed.result.startedContractId });
        return;
      }
      case 'rate':
        return addRate(world, catalog.cardIds[next.pick % 2] ?? '', next);
    }
  }

  for (const next of history.steps) await take(next);
  await done(engine.advanceTestClock({ to: addHours(clock.now(), 40 * 24) }, caller));
}

async function addRate(
  { engine, models }: World,
  rateCardId: string,
  { pick: price, day }: { readonly pick: number; readonly day: number },
): Promise<void> {
  const products = models.main.reader.selectFrom('product').select('product_id');
  const [product] = await products.orderBy('position').limit(1).execute();
  const rate = {
    productId: product?.product_id ?? '',
    pricing: { model: 'FLAT' as const, unitPrice: String(price) },
    entitled: true,
    startingAt: addHours(start, day * 24),
    endingBefore: null,
  };
  await engine.addRates({ input: { rateCardId, rates: [rate] }, idempotencyKey: null }, caller);
}
