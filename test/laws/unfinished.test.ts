import { describe, expect, it } from 'vitest';
import { type EventLog } from '../../src/application/ports.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type InvoiceContent } from '../../src/invoices/events.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller, done } from '../application/engine.ts';
import { hasType, hooked } from '../application/logs.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { month, openShop, signUp, used } from './shop.ts';
import { allInvoices, openWorld, start, type World } from './world.ts';

/** The log of a process whose power goes out just before it records an event of that type. */
const dyingBefore = (log: EventLog, type: string): EventLog =>
  hooked(log, {
    before: (_stream, events) => {
      if (hasType(events, type)) throw new Error('the power went out');
    },
  });

async function inWorld<Result>(
  log: EventLog,
  live: (world: World) => Promise<Result>,
): Promise<Result> {
  const folder = await temporaryFolder();
  const world = await openWorld(log, folder.path);
  try {
    await world.settle();
    return await live(world);
  } finally {
    await world.close();
    await folder.remove();
  }
}

/** A contract whose first period is over, with usage in it. */
const october = (log: EventLog): Promise<string> =>
  inWorld(log, async (world) => {
    const { rateCardId } = await openShop(world);
    const { contractId } = await signUp(world, rateCardId, {}, ['alias']);
    await done(world.engine.recordUsage([used('alias', 't1', addHours(start, 5), 3)], caller));
    await done(world.engine.advanceTestClock({ to: month(1) }, caller));
    return invoiceIdOf(contractId, 'USAGE', start, 0);
  });

const typesOf = async (log: EventLog, last: number): Promise<string[]> =>
  (await log.readAll()).events.slice(-last).map(({ event }) => event.type);

describe('what a process began before it died', () => {
  it('is finished by the next: a closed period without its invoice', async () => {
    const log = memoryLog();
    const invoiceId = await october(log);
    const frozen = await inWorld(dyingBefore(log, 'InvoiceFinalized'), async (world) => {
      const dying = world.engine.finalizeInvoice({ invoiceId }, caller);
      await expect(dying).rejects.toThrow('the power went out');
      await done(world.engine.recordUsage([used('alias', 't2', addHours(start, 6), 9)], caller));
      return allInvoices(world);
    });
    expect(await typesOf(log, 2)).toEqual(['PeriodClosed', 'UsageRecorded']);
    await inWorld(log, async (world) => {
      await done(world.engine.advanceTestClock({ to: month(1) }, caller));
      expect(await typesOf(log, 1)).toEqual(['InvoiceFinalized']);
      const contentIn = (texts: readonly string[]) =>
        texts
          .map((text) => JSON.parse(text) as { invoiceId: string; content: InvoiceContent })
          .find((invoice) => invoice.invoiceId === invoiceId)?.content;
      const published = contentIn(await allInvoices(world));
      expect(published).toEqual(contentIn(frozen));
      // The 9 that came after the cut are late: SUM is 3.
      const sums = published?.lines.filter(({ name }) => name === 'SUM');
      expect(sums?.map(({ quantity }) => quantity)).toEqual(['3', '0']);
    });
  });

  it('is finished by the same request sent again', async () => {
    const log = memoryLog();
    const invoiceId = await october(log);
    await inWorld(dyingBefore(log, 'InvoiceFinalized'), async (world) => {
      await expect(world.engine.finalizeInvoice({ invoiceId }, caller)).rejects.toThrow();
    });
    await inWorld(log, async (world) => {
      await done(world.engine.finalizeInvoice({ invoiceId }, caller));
      expect(await typesOf(log, 2)).toEqual(['PeriodClosed', 'InvoiceFinalized']);
    });
  });

  it('is finished by the next: a void invoice whose period is not open again', async () => {
    const log = memoryLog();
    const invoiceId = await october(log);
    await inWorld(dyingBefore(log, 'PeriodReopened'), async (world) => {
      await done(world.engine.finalizeInvoice({ invoiceId }, caller));
      const dying = world.engine.voidInvoice({ invoiceId, reason: null }, caller);
      await expect(dying).rejects.toThrow('the power went out');
    });
    expect(await typesOf(log, 1)).toEqual(['InvoiceVoided']);
    await inWorld(log, async (world) => {
      await done(world.engine.advanceTestClock({ to: month(1) }, caller));
      expect(await typesOf(log, 1)).toEqual(['PeriodReopened']);
      const statuses = (await allInvoices(world)).map(
        (text) => (JSON.parse(text) as { status: string }).status,
      );
      expect(statuses.sort()).toEqual(['DRAFT', 'DRAFT', 'VOID']);
    });
  });
});
