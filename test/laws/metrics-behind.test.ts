import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { previewInvoice } from '../../projections/preview.ts';
import { ratedUsage } from '../../projections/rated-usage.ts';
import { NotCounted } from '../../src/application/ports.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { type PeriodClosed } from '../../src/contracts/events.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { present } from '../../src/kernel/invariant.ts';
import { caller, contractAsked, customerAsked, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { month, openShop, signUp, used } from './shop.ts';
import { openWorld, start, type World } from './world.ts';

const ends: (() => Promise<void>)[] = [];
let log = memoryLog();
let mayCount = true;
let world: World;

/** A process of its own read models, whose metrics count earlier usage only when they may. */
async function open(): Promise<World> {
  const folder = await temporaryFolder();
  const opened = await openWorld(log, folder.path, {
    catchUp: async (next) => {
      if (mayCount) return next();
      await delay(2);
      return {};
    },
  });
  ends.push(async () => {
    await opened.close();
    await folder.remove();
  });
  return opened;
}

beforeEach(async () => {
  log = memoryLog();
  mayCount = false;
  world = await open();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const usageOf = (contractId: string, index = 0) =>
  invoiceIdOf(contractId, 'USAGE', month(index), 0);
const tenth = '2024-10-10T12:00:00.000Z' as const;

/** A metric that is newer than the usage it counts, and a card with its product at 2.00. */
async function lateCard({ engine }: World): Promise<string> {
  const metric = {
    name: 'late',
    aggregation: 'SUM' as const,
    aggregationKey: 'n',
    eventTypeFilter: { inValues: ['used'], notInValues: null },
    propertyFilters: [],
    groupKeys: null,
  };
  const { metricId } = await done(
    engine.createBillableMetric({ input: metric, idempotencyKey: 'late' }, caller),
  );
  const product = {
    name: 'late',
    type: 'USAGE' as const,
    billableMetricId: metricId,
    tags: [],
    pricingGroupKey: null,
    presentationGroupKey: null,
  };
  const { productId } = await done(
    engine.createProduct({ input: product, idempotencyKey: 'late' }, caller),
  );
  const pricing = { model: 'FLAT' as const, unitPrice: '2' };
  const rates = [{ productId, pricing, entitled: true, startingAt: month(-9), endingBefore: null }];
  const card = { name: 'Late', description: null, currency: 'USD', aliases: [], rates };
  return (await done(engine.createRateCard({ input: card, idempotencyKey: 'late' }, caller)))
    .rateCardId;
}

/** One customer on a card of old metrics, another on that of the late one; both used 5. */
async function twoCustomers() {
  const { engine } = world;
  const { rateCardId } = await openShop(world);
  const early = await signUp(world, rateCardId);
  const { customerId } = await done(engine.createCustomer(customerAsked(), caller));
  const usage = [early.customerId, customerId].flatMap((id) => [
    used(id, `${id}-1`, tenth, 2),
    used(id, `${id}-2`, tenth, 3),
  ]);
  await done(engine.recordUsage(usage, caller));
  const contract = await done(
    engine.createContract(
      {
        input: contractAsked(customerId, await lateCard(world), { endingBefore: month(1) }),
        idempotencyKey: null,
      },
      caller,
    ),
  );
  await world.settle();
  return { early, late: { customerId, contractId: contract.contractId } };
}

const totals = async (of: World, ...ids: readonly string[]) => {
  const views = await of.drafts.invoices(ids, of.clock.now());
  return ids.map((id) => [views.get(id)?.status, views.get(id)?.content.total]);
};

const isPending = async (asked: Promise<unknown>): Promise<boolean> => {
  asked.catch(() => undefined);
  return Promise.race([asked.then(() => false), delay(100, true)]);
};

const closings = async (): Promise<Recorded<PeriodClosed>[]> =>
  (await log.readAll()).events.filter(
    (one): one is Recorded<PeriodClosed> => one.event.type === 'PeriodClosed',
  );

const published = async (): Promise<number> =>
  (await log.readAll()).events.filter(({ event }) => event.type === 'InvoiceFinalized').length;

describe('what rests on a metric that still counts earlier usage (rule 13)', () => {
  it('waits for it, and is right then; what does not, does not wait', async () => {
    const { early, late } = await twoCustomers();
    const { contractId } = late;
    const range = { startingAt: start, endingBefore: month(1) };
    const points = { contractId, ...range, window: 'MONTH' as const, first: 10, after: null };
    const draft = totals(world, usageOf(contractId));
    const rated = ratedUsage(world.models, points);
    const more = [used(late.customerId, 'more', tenth, 10)];
    const { lines } = await done(world.engine.judgeUsage(more));
    const preview = previewInvoice(
      world.models,
      24,
      { contractId, invoiceId: null, lines },
      world.clock.now(),
    );
    for (const asked of [draft, rated, preview]) expect(await isPending(asked)).toBe(true);
    // 0.1 for each of: 2 events, their sum 5, the greatest 3, 2 values, the last 3.
    expect(await totals(world, usageOf(early.contractId))).toEqual([['DRAFT', '1.5']]);
    mayCount = true;
    expect(await draft).toEqual([['DRAFT', '10']]);
    expect((await rated).edges.map(({ node }) => node.quantity)).toEqual(['5']);
    expect((await preview)?.content.total).toBe('30');
  });

  it('is finalized later, and the invoices of others meanwhile', async () => {
    const { early, late } = await twoCustomers();
    const [earlyId, lateId] = [usageOf(early.contractId), usageOf(late.contractId)];
    const advanced = world.engine.advanceTestClock({ to: '2024-11-03T00:00:00.000Z' }, caller);
    expect(await isPending(advanced)).toBe(true);
    await expect.poll(closings, { timeout: 10_000 }).toHaveLength(2);
    expect(await published()).toBe(1);
    expect(await totals(world, earlyId)).toEqual([['FINALIZED', '1.5']]);
    expect(await isPending(totals(world, lateId))).toBe(true);
    // Tries in vain, and is not held up.
    expect(await world.biller.run()).toBe(0);
    const closed = present(
      (await closings()).find(({ event }) => event.invoiceId === lateId),
      'closed',
    );
    await expect(world.billing.frozenInvoice(closed, 0)).rejects.toThrow(NotCounted);
    await expect(world.billing.frozenInvoice(closed, 50)).rejects.toThrow(NotCounted);
    // After the cut, so no part of it.
    await done(world.engine.recordUsage([used(late.customerId, 'after', tenth, 50)], caller));
    mayCount = true;
    expect(await advanced).toMatchObject({ result: { now: '2024-11-03T00:00:00.000Z' } });
    await world.settle();
    expect(await totals(world, lateId)).toEqual([['FINALIZED', '10']]);
  });

  it('is published by the biller’s next run', async () => {
    await twoCustomers();
    const advanced = world.engine.advanceTestClock({ to: '2024-11-03T00:00:00.000Z' }, caller);
    expect(await isPending(advanced)).toBe(true);
    mayCount = true;
    await world.biller.run();
    await advanced;
    expect(await published()).toBe(2);
  });

  it('is finalized by hand once it is counted', async () => {
    const { late } = await twoCustomers();
    mayCount = true;
    await totals(world, usageOf(late.contractId));
    await world.engine.advanceTestClock({ to: '2024-11-01T00:00:00.000Z' }, caller);
    mayCount = false;
    world = await open();
    await world.settle();
    const finalized = world.engine.finalizeInvoice({ invoiceId: usageOf(late.contractId) }, caller);
    expect(await isPending(finalized)).toBe(true);
    mayCount = true;
    expect(await finalized).toMatchObject({ result: { invoiceId: usageOf(late.contractId) } });
  });
});

describe('late usage of a metric that still counts earlier usage', () => {
  const notFromNovember = {
    productIds: null,
    productTags: null,
    entitled: false,
    multiplier: null,
    overwrite: null,
    priority: null,
    startingAt: month(1),
    endingBefore: null,
  };

  it.each([
    { of: 'an ended contract', marked: false, change: { endingBefore: month(1) } },
    { of: 'one that another metric has marked', marked: true, change: { endingBefore: month(1) } },
    {
      of: 'a period that bills nothing else',
      marked: false,
      change: { overrides: [notFromNovember] },
    },
  ])('makes its draft wait, and holds up no biller: $of', async ({ marked, change }) => {
    mayCount = true;
    const { engine } = world;
    if (marked) await openShop(world);
    await done(engine.recordUsage([used('alias', 'waits', tenth, 7)], caller));
    const { customerId } = await done(engine.createCustomer(customerAsked(), caller));
    const input = contractAsked(customerId, await lateCard(world), change);
    const { contractId } = await done(
      engine.createContract({ input, idempotencyKey: null }, caller),
    );
    await engine.advanceTestClock({ to: '2024-11-03T00:00:00.000Z' }, caller);
    await done(engine.setIngestAliases({ customerId, ingestAliases: ['alias'] }, caller));
    await world.settle();
    const lateId = usageOf(contractId, 1);
    expect(await totals(world, lateId)).toEqual([['DRAFT', '14']]);
    mayCount = false;
    const rebuilt = await open();
    await rebuilt.settle();
    const draft = totals(rebuilt, lateId);
    expect(await isPending(draft)).toBe(true);
    expect(await isPending(rebuilt.billing.duePeriods('2024-12-20T00:00:00.000Z', 100))).toBe(
      false,
    );
    mayCount = true;
    expect(await draft).toEqual([['DRAFT', '14']]);
  });
});
