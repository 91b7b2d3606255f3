import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { finalizedBefore } from '../../projections/invoices.ts';
import { createDriftWatch, type DriftNeeds, type Pace } from '../../src/application/drift.ts';
import { Unavailable, type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { addHours } from '../../src/kernel/calendar.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { openShop, signUp, used } from '../laws/shop.ts';
import { openWorld, start, type World } from '../laws/world.ts';
import { changedAt, eventsIn } from '../operations/logs.ts';
import { caller, done } from './engine.ts';
import { temporaryFolder } from '../support/paygo.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let world: World;
let events: readonly Recorded[] = [];

const isFinalized = ({ event }: Recorded): boolean => event.type === 'InvoiceFinalized';

beforeAll(async () => {
  folder = await temporaryFolder();
  world = await openWorld(memoryLog(), folder.path);
  const { engine, clock } = world;
  const { rateCardId } = await openShop(world, ['COUNT']);
  const { customerId } = await signUp(world, rateCardId);
  for (const day of [1, 2, 40]) {
    const line = used(customerId, `t${String(day)}`, addHours(start, day * 24), 1);
    await done(engine.recordUsage([line], caller));
  }
  await done(engine.advanceTestClock({ to: addHours(clock.now(), 65 * 24) }, caller));
  await world.settle();
  events = await eventsIn(world.log);
});
afterAll(async () => {
  await world.close();
  await folder.remove();
});

const quick: Pace = { everyMs: 1, mostLines: 20_000 };

/** What the watch says of the log once it has come to that. */
async function watched(
  log: Pick<EventLog, 'readStream' | 'readAll'>,
  until: (figures: { verified: number; tooLarge: number; drift: number }) => boolean,
  change: Partial<DriftNeeds> = {},
) {
  const error = vi.fn();
  const info = vi.fn();
  const watch = createDriftWatch({
    log,
    finalizedBefore: (number) => finalizedBefore(world.models.main.reader, number),
    logger: { error, info },
    pace: quick,
    ...change,
  });
  const stopping = new AbortController();
  const running = watch.run(stopping.signal);
  while (!until(watch.figures())) await sleep(1);
  stopping.abort();
  await running;
  return { ...watch.figures(), errors: error.mock.calls, news: info.mock.calls };
}

/** The log with another total in the invoice that was finalized last. */
const tampered = (): Promise<EventLog> =>
  changedAt(events, events.findLastIndex(isFinalized), ({ event, ...recorded }) => [
    { ...recorded, event: { ...event, total: '99.99' } as Recorded['event'] },
  ]);

const newest = async () => {
  const found = await finalizedBefore(world.models.main.reader, null);
  return found?.invoiceId ?? '';
};

describe('the watch for drift', () => {
  it('finds none where every invoice is what the log says', async () => {
    const { drift, lastDrift, errors } = await watched(world.log, ({ verified }) => verified > 4);
    expect([drift, lastDrift, errors]).toEqual([0, null, []]);
  });

  it('finds an invoice that was tampered with, and says once what differs', async () => {
    const log = await tampered();
    const { drift, lastDrift, errors } = await watched(log, ({ verified }) => verified > 6);
    const invoiceId = await newest();
    expect([drift, lastDrift]).toEqual([1, invoiceId]);
    expect(errors).toEqual([
      [
        {
          invoiceId,
          differences: expect.arrayContaining([
            expect.stringMatching(/^total: stored "99.99", replayed "0.25"$/),
          ]),
          differencesInAll: expect.any(Number),
        },
        'an invoice is not what the log says',
      ],
    ]);
  });

  it('takes an invoice that cannot be computed for one that differs', async () => {
    const product = events.findIndex(({ event }) => event.type === 'ProductCreated');
    const log = await changedAt(events, product, () => []);
    const { errors } = await watched(log, ({ drift }) => drift === 2);
    expect(errors[0]?.[0]).toMatchObject({
      differences: [expect.stringContaining('cannot be computed: ')],
    });
  });

  it('forgets the drift of an invoice that is put right', async () => {
    const bad = await tampered();
    let log: EventLog = bad;
    const readings = {
      readStream: (...request: Parameters<EventLog['readStream']>) => log.readStream(...request),
      readAll: (...request: Parameters<EventLog['readAll']>) => log.readAll(...request),
    };
    let wasFound = false;
    const { lastDrift, news } = await watched(readings, ({ drift }) => {
      if (drift === 1) {
        wasFound = true;
        log = world.log;
      }
      return wasFound && drift === 0;
    });
    expect(lastDrift).toBeNull();
    expect(news).toHaveLength(1);
  });

  it('leaves out an invoice with more usage than it has time for', async () => {
    const pace: Pace = { everyMs: 1, mostLines: 1 };
    const found = await watched(world.log, ({ tooLarge }) => tooLarge > 1, { pace });
    expect([found.drift, found.errors]).toEqual([0, []]);
  });

  it('takes a log that is away for no drift, and goes on', async () => {
    let away = 5;
    const log = {
      ...world.log,
      readStream: async (...request: Parameters<EventLog['readStream']>) => {
        away -= 1;
        if (away >= 0) throw new Unavailable('the log is away');
        return world.log.readStream(...request);
      },
    };
    const { drift, errors } = await watched(log, ({ verified }) => verified > 2);
    expect([away < 0, drift, errors]).toEqual([true, 0, []]);
  });

  it('says that it failed to ask which invoices there are, and tries again', async () => {
    let asked = 0;
    const { errors } = await watched(world.log, ({ verified }) => verified > 1, {
      finalizedBefore: async (number) => {
        asked += 1;
        if (asked === 1) throw new Error('no such table');
        return finalizedBefore(world.models.main.reader, number);
      },
    });
    expect(errors).toMatchObject([
      [{ err: { message: 'no such table' } }, /* said */ expect.any(String)],
    ]);
  });
});
