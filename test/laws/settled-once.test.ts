import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsAt, lastAccountChange } from '../../projections/accounts.ts';
import { figuresAt } from '../../projections/drafts.ts';
import { contractIn, invoiceContent } from '../../projections/figures.ts';
import { atOnePosition } from '../../projections/read-models.ts';
import { coveredBy } from '../../src/audit/covered.ts';
import { usageStreamsOf, usageThrough } from '../../src/audit/covered-usage.ts';
import { readClosed } from '../../src/audit/closed.ts';
import { ownedBefore } from '../../src/audit/keys-read.ts';
import { monthsOf, monthText } from '../../src/audit/months.ts';
import { digestOf } from '../../src/audit/prove.ts';
import { replayInvoice } from '../../src/audit/replay.ts';
import { invoiceIdOf } from '../../src/contracts/invoice-id.ts';
import { openUsagePeriods } from '../../src/contracts/periods.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { invoiceStream, type InvoiceFinalized } from '../../src/invoices/events.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type DomainEvent } from '../../src/kernel/recorded.ts';
import { usageStream, type UsageRecorded } from '../../src/usage/events.ts';
import { caller, done } from '../application/engine.ts';
import { temporaryFolder } from '../support/paygo.ts';
import { month, openShop, signUp, used } from './shop.ts';
import { openWorld, type World } from './world.ts';

const textOf = (index: number): string => monthText(month(index));

describe('a year of which usage of each month came late in the next', () => {
  let world: World;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let customerId = '';
  let contractId = '';

  const idOf = (index: number): string => invoiceIdOf(contractId, 'USAGE', month(index), 0);
  const finalized = async (log: World['log'], index: number): Promise<InvoiceFinalized> => {
    const [first] = await log.readStream(invoiceStream(idOf(index)));
    return present(first, 'it was finalized').event as InvoiceFinalized;
  };
  const use = (id: string, of: number, n: number) =>
    done(world.engine.recordUsage([used(customerId, id, addHours(month(of), 30), n)], caller));

  /** The months of whose usage the open period's draft is made. */
  async function monthsOfDraft(): Promise<string[]> {
    const months = new Set<string>();
    await world.settle();
    await atOnePosition(world.models, lastAccountChange([customerId]), async (moment) => {
      const account = present((await accountsAt(moment, [customerId])).get(customerId), 'it is');
      const figures = figuresAt(moment, account, null);
      const contract = contractIn(account, contractId);
      const [period] = openUsagePeriods(contract);
      const metered: typeof figures.metered = (meters) => {
        for (const one of meters.flatMap(({ intervals }) => intervals.flatMap(monthsOf))) {
          months.add(monthText(one));
        }
        return figures.metered(meters);
      };
      await invoiceContent({ ...figures, metered }, contract, present(period, 'it goes on'));
    });
    return [...months].sort();
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    world = await openWorld(memoryLog(), folder.path);
    const { rateCardId } = await openShop(world, ['SUM', 'UNIQUE']);
    ({ customerId, contractId } = await signUp(world, rateCardId, { startingAt: month(0) }));
    for (let index = 0; index < 12; index += 1) {
      const to = addHours(month(index), 3 * 24);
      if (to > world.clock.now()) await done(world.engine.advanceTestClock({ to }, caller));
      await use(`own ${String(index)}`, index, 10);
      if (index > 0 && index < 11) await use(`late ${String(index)}`, index - 1, index);
    }
  }, 120_000);

  afterAll(async () => {
    await world.close();
    await folder.remove();
  });

  it('has drafts that read the months of which something is new, and no other', async () => {
    expect(await monthsOfDraft()).toEqual([textOf(11)]);
    await use('late again', 3, 7);
    await use('late at last', 7, 7);
    expect(await monthsOfDraft()).toEqual([textOf(3), textOf(7), textOf(11)]);
  });

  it('has invoices that cover their month, and those of which something was new', async () => {
    const to = addHours(month(12), 3 * 24);
    await done(world.engine.advanceTestClock({ to }, caller));
    await world.settle();
    const covered = async (index: number) =>
      (await finalized(world.log, index)).proof?.usage?.months;
    for (let index = 1; index < 11; index += 1) {
      expect(await covered(index)).toEqual([textOf(index - 1), textOf(index)]);
    }
    expect(await covered(11)).toEqual([textOf(3), textOf(7), textOf(11)]);
    const { lines } = await finalized(world.log, 11);
    const late = lines.filter(({ type }) => type === 'LATE_USAGE');
    expect(late.map(({ period }) => monthText(period.startingAt))).toEqual(
      expect.arrayContaining([textOf(3), textOf(7)]),
    );
    for (let index = 0; index < 12; index += 1) {
      expect((await replayInvoice(world.log, idOf(index)))?.differences).toEqual([]);
    }
  });

  /** The log with the last invoice as it was proved when each invoice covered all such months. */
  async function copied(change: (event: DomainEvent) => DomainEvent): Promise<World['log']> {
    const { log } = world;
    const last = await finalized(log, 11);
    const { closed } = await readClosed(log, last.closedBy);
    const owned = await ownedBefore(log, customerId, closed.position);
    const months = Array.from({ length: 12 }, (_, index) => month(index));
    const streams = usageStreamsOf(owned, months);
    const leaves = [];
    for await (const page of usageThrough(log, streams, closed.position - 1n)) {
      for (const recorded of page) {
        const { stream, revision } = recorded;
        leaves.push({ stream, revision, digest: digestOf(recorded) });
      }
    }
    const usage = { months: months.map(monthText), ...(await coveredBy(leaves)), elsewhere: [] };
    const proof = { usage, previous: last.proof?.previous ?? null };
    const copy = memoryLog();
    for (const { stream, id, metadata, event } of (await log.readAll()).events) {
      const isLast = stream === invoiceStream(idOf(11)) && event.type === 'InvoiceFinalized';
      const stored = isLast ? { ...event, proof } : change(event);
      await copy.append(stream, 'any', [{ id, event: stored, metadata }]);
    }
    return copy;
  }

  it('may have a proof of more of these months, and it names what is not as it was in them', async () => {
    const same = await copied((event) => event);
    expect((await replayInvoice(same, idOf(11)))?.differences).toEqual([]);
    const isIt = (event: DomainEvent, id: string): event is UsageRecorded =>
      event.type === 'UsageRecorded' && (event as UsageRecorded).lines[0]?.transactionId === id;
    const changed = await copied((event) =>
      isIt(event, 'late 6')
        ? { ...event, lines: event.lines.map((one) => ({ ...one, properties: { n: '1' } })) }
        : event,
    );
    const named = `UsageRecorded ${usageStream(customerId, month(5))}@1: changed since`;
    expect((await replayInvoice(changed, idOf(11)))?.differences).toContain(named);
  });
});
