import { expect, it } from 'vitest';
import { createBiller } from '../../src/application/biller.ts';
import { handle } from '../../src/application/handle.ts';
import { replayInvoice } from '../../src/audit/replay.ts';
import { contracts } from '../../src/contracts/decider.ts';
import { contractsStream } from '../../src/contracts/events.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type InvoiceFinalized } from '../../src/invoices/events.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { leafOf, type StoredEvent } from '../../src/kernel/merkle.ts';
import { caller, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { month, openShop, signUp, used } from './shop.ts';
import { openWorld, start } from './world.ts';

it('an invoice is published after the one whose digest it has, in whatever order they are found', async () => {
  const log = memoryLog();
  const folder = await temporaryFolder();
  const world = await openWorld(log, folder.path);
  try {
    const { engine, clock, billing, settle } = world;
    const { rateCardId } = await openShop(world);
    const { customerId, contractId } = await signUp(world, rateCardId, {}, ['alias']);
    await done(engine.recordUsage([used('alias', 't1', addHours(start, 5), 3)], caller));
    const ids = [start, month(1), month(2)].map((from) =>
      invoiceIdOf(contractId, 'USAGE', from, 0),
    );
    // As processes do that die before they publish.
    for (const invoiceId of ids) {
      const closing = { type: 'ClosePeriod', invoiceId, early: true, graceHours: 24 } as const;
      await handle({ log, clock }, contracts, contractsStream(customerId), caller, {
        command: () => ({ ...closing, lateSince: null, now: month(3) }),
      });
    }
    await settle();
    const unpublishedClosings = async () => [...(await billing.unpublishedClosings())].reverse();
    expect(await unpublishedClosings()).toHaveLength(3);
    await createBiller({
      ...{ log, clock, graceHours: 24 },
      billing: { ...billing, unpublishedClosings },
    }).run();
    const { events } = await log.readAll({ streamPrefixes: ['invoice-'], stored: true });
    const published = events.map(({ event }) => event as InvoiceFinalized);
    expect(published.map(({ invoiceId }) => invoiceId)).toEqual(ids);
    const digests = events.map((event) => leafOf(event as StoredEvent));
    const previous = published.map(({ proof }) => proof?.previous);
    expect(previous).toEqual([null, ...digests.slice(0, 2)]);
    for (const id of ids) expect((await replayInvoice(log, id))?.differences).toEqual([]);
  } finally {
    await world.close();
    await folder.remove();
  }
});
