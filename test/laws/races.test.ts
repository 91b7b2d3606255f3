import { afterEach, describe, expect, it } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { addHours, type Instant } from '../../src/kernel/calendar.ts';
import { caller, done, reasonOf } from '../application/engine.ts';
import { hasType, hooked } from '../application/logs.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { month, openShop, signUp, used } from './shop.ts';
import { allInvoices, openWorld, start, type World } from './world.ts';

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** A process with read models of its own. */
async function processOn(log: EventLog): Promise<World> {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  const world = await openWorld(log, folder.path);
  undo.push(world.close);
  return world;
}

/**
 * A contract from October on with some usage, its first period over but not due, and its first
 * invoice.
 */
async function october(log: EventLog) {
  const world = await processOn(log);
  const { rateCardId } = await openShop(world);
  const account = await signUp(world, rateCardId, {}, ['alias']);
  const events = [used('alias', 't1', addHours(start, 5), 3), used('alias', 't2', month(1), 4)];
  await done(world.engine.recordUsage(events, caller));
  await done(world.engine.advanceTestClock({ to: month(1) }, caller));
  return { world, ...account, invoiceId: invoiceIdOf(account.contractId, 'USAGE', start, 0) };
}

const countOf = async (log: EventLog, type: string): Promise<number> =>
  (await log.readAll()).events.filter(({ event }) => event.type === type).length;

const mid: Instant = '2024-10-20T00:00:00.000Z';

describe('two finalizations of one invoice', () => {
  it('at once make one, in two processes, and both are told that it is done', async () => {
    const log = memoryLog();
    const { world, invoiceId } = await october(log);
    const other = await processOn(log);
    await other.settle();
    const outcomes = await Promise.all(
      [world, other, world, other].map((one) => one.engine.finalizeInvoice({ invoiceId }, caller)),
    );
    expect(outcomes).toMatchObject(outcomes.map(() => ({ result: { invoiceId } })));
    expect(await countOf(log, 'PeriodClosed')).toBe(1);
    expect(await countOf(log, 'InvoiceFinalized')).toBe(1);
    expect(await allInvoices(other)).toEqual(await allInvoices(world));
  });

  it('when it falls due make one, though every process closes what is due', async () => {
    const log = memoryLog();
    const { world } = await october(log);
    const other = await processOn(log);
    const to = month(4);
    const outcomes = await Promise.all(
      [world, other].map((one) => one.engine.advanceTestClock({ to }, caller)),
    );
    expect(outcomes.some((outcome) => 'result' in outcome)).toBe(true);
    await world.engine.advanceTestClock({ to }, caller);
    // October, November and December are over and due by 1 February; January is not due yet.
    expect(await countOf(log, 'PeriodClosed')).toBe(3);
    expect(await countOf(log, 'InvoiceFinalized')).toBe(3);
  });
});

describe('a finalization and an end date', () => {
  it('that race: the period is closed first, and the end date is refused', async () => {
    const inner = memoryLog();
    const { world, customerId, contractId, invoiceId } = await october(inner);
    const log = hooked(inner, {
      before: async (_stream, events) => {
        if (!hasType(events, 'EndDateUpdated')) return;
        await done(world.engine.finalizeInvoice({ invoiceId }, caller));
      },
    });
    const slow = await processOn(log);
    const ending = slow.engine.updateContractEndDate(
      { customerId, contractId, endingBefore: mid },
      caller,
    );
    expect(await reasonOf(ending)).toBe('invoice_already_finalized');
    expect(await countOf(inner, 'EndDateUpdated')).toBe(0);
  });

  it('that race: the contract is ended first, and the invoice is one of the shorter period', async () => {
    const inner = memoryLog();
    const { world, customerId, contractId, invoiceId } = await october(inner);
    let ended = false;
    const log = hooked(inner, {
      before: async (_stream, events) => {
        if (ended || !hasType(events, 'PeriodClosed')) return;
        ended = true;
        const end = { customerId, contractId, endingBefore: mid };
        await done(world.engine.updateContractEndDate(end, caller));
      },
    });
    const slow = await processOn(log);
    await slow.settle();
    await done(slow.engine.finalizeInvoice({ invoiceId }, caller));
    const finalized = (await inner.readAll()).events.find(
      ({ event }) => event.type === 'InvoiceFinalized',
    );
    expect(finalized?.event).toMatchObject({ periodStart: start, periodEnd: mid });
  });
});

describe('usage and a finalization', () => {
  it('that race: what is recorded after the cut is late, and nothing is billed twice or lost', async () => {
    const inner = memoryLog();
    const { world, invoiceId } = await october(inner);
    const log = hooked(inner, {
      after: async (_stream, events) => {
        if (!hasType(events, 'PeriodClosed')) return;
        const late = used('alias', 't3', addHours(start, 6), 30);
        await done(world.engine.recordUsage([late], caller));
      },
    });
    const slow = await processOn(log);
    await slow.settle();
    await done(slow.engine.finalizeInvoice({ invoiceId }, caller));
    const invoices = (await allInvoices(world)).map(
      (text) =>
        JSON.parse(text) as {
          status: string;
          content: { lines: { type: string; name: string; quantity: string }[] };
        },
    );
    const quantity = (status: string, type: string, name: string) =>
      invoices
        .filter((invoice) => invoice.status === status)
        .flatMap(({ content }) => content.lines)
        .filter((line) => line.type === type && line.name === name && line.quantity !== '0')
        .map((line) => line.quantity);
    // One event of 3 before the cut, one of 30 after it: SUM 3 and 30 late, MAX 3 and 30 - 3 = 27
    // late.
    expect(quantity('FINALIZED', 'USAGE', 'SUM')).toEqual(['3']);
    expect(quantity('DRAFT', 'LATE_USAGE', 'SUM')).toEqual(['30']);
    expect(quantity('FINALIZED', 'USAGE', 'MAX')).toEqual(['3']);
    expect(quantity('DRAFT', 'LATE_USAGE', 'MAX')).toEqual(['27']);
    expect(quantity('DRAFT', 'LATE_USAGE', 'COUNT')).toEqual(['1']);
  });
});
