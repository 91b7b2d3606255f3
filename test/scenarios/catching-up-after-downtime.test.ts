import { describe, expect, it } from 'vitest';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { type PeriodClosed } from '../../src/contracts/events.ts';
import { type InvoiceFinalized } from '../../src/invoices/events.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { caller } from '../application/engine.ts';
import { month, openShop, signUp } from '../laws/shop.ts';
import { openWorld, type World } from '../laws/world.ts';
import { temporaryFolder } from '../support/paygo.ts';

/** More than the biller looks at in one page, twice over. */
const contracts = 230;
/** One in so many begins on the sixteenth. */
const apart = 23;

async function inWorlds(count: number, log: EventLog, live: (worlds: World[]) => Promise<void>) {
  const folders = await Promise.all(Array.from({ length: count }, temporaryFolder));
  const worlds: World[] = [];
  for (const { path } of folders) worlds.push(await openWorld(log, path));
  try {
    await Promise.all(worlds.map((world) => world.settle()));
    await live(worlds);
  } finally {
    for (const world of worlds) await world.close();
    for (const folder of folders) await folder.remove();
  }
}

/** Signed up by October, and nobody bills until January. */
async function prepared(): Promise<EventLog> {
  const log = memoryLog();
  await inWorlds(1, log, async ([world]) => {
    if (world === undefined) throw new Error('one world');
    const { rateCardId } = await openShop(world);
    for (let index = 0; index < contracts; index += 1) {
      const isApart = index % apart === 0;
      const startingAt = isApart ? addHours(month(0), 15 * 24) : month(0);
      const statementSchedule = { frequency: 'MONTHLY', day: 'CONTRACT_START' } as const;
      await signUp(world, rateCardId, { startingAt, statementSchedule });
    }
    await world.clock.advance(month(3), caller);
  });
  return log;
}

async function eventsIn(log: EventLog) {
  const { events } = await log.readAll();
  const all = events.map(({ event }) => event);
  return {
    closed: all.filter((event): event is PeriodClosed => event.type === 'PeriodClosed'),
    issued: all.filter((event): event is InvoiceFinalized => event.type === 'InvoiceFinalized'),
    contractIds: all.flatMap((event) =>
      event.type === 'ContractCreated' ? [(event as { contractId?: string }).contractId ?? ''] : [],
    ),
  };
}

// By 1 January with a day of grace: October and November of those from the first on, and the month
// from 16 October of the others, and the one from 16 November.
const due = contracts * 2;

describe('a biller that was away for months', () => {
  it('closes what is due page by page, in the order that it was due in, then of creation', async () => {
    const log = await prepared();
    await inWorlds(1, log, async ([world]) => {
      await world?.biller.run();
      expect(world?.biller.figures()).toMatchObject({ issued: due });
      expect(await world?.biller.run()).toBe(0);
      expect(world?.biller.figures()).toMatchObject({ due: 0, issued: due });
    });
    const { closed, issued, contractIds } = await eventsIn(log);
    expect(issued).toHaveLength(due);
    const created = new Map(contractIds.map((contractId, index) => [contractId, index]));
    const order = closed.map(
      ({ periodEnd, contractId }) =>
        `${periodEnd} ${String(created.get(contractId)).padStart(5, '0')}`,
    );
    expect(order).toEqual(order.toSorted());
  }, 60_000);

  it('and another at the same time close each period once', async () => {
    const log = await prepared();
    await inWorlds(2, log, async (worlds) => {
      await Promise.all(worlds.map((world) => world.biller.run()));
    });
    const { closed, issued } = await eventsIn(log);
    expect(closed).toHaveLength(due);
    expect(issued).toHaveLength(due);
    expect(new Set(issued.map(({ invoiceId }) => invoiceId)).size).toBe(due);
  }, 60_000);
});
