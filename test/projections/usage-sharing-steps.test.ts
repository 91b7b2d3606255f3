import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { LeaseLost } from '../../projections/leases.ts';
import { countedThrough } from '../../projections/usage-behind.ts';
import { decideRound, measureRound, SharesMoved } from '../../projections/usage-rounds.ts';
import { lateMarks, tallies } from '../../projections/usage.ts';
import { type Aggregation } from '../../src/catalog/events.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { printDecimal } from '../../src/kernel/decimal.ts';
import { quantityOf } from '../../src/usage/metering.ts';
import { allRows } from '../support/main-store.ts';
import { storeKind } from '../support/places.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  periodClosed,
  recordedAt,
  usage,
  used,
  type UsageChange,
} from '../support/usage-log.ts';
import {
  everyShare,
  finish,
  logWith,
  openShares,
  useProcesses,
  usageLogOf,
  useSharedStores,
} from '../support/usage-sharing.ts';

const shared = useSharedStores(2);
const start = useProcesses();
let shares = openShares();

const begin = (log: EventLog, store: number, taken: readonly number[], batchSize = 100) => {
  const held = taken.map((share) => shares.take(share));
  return start(log, shared.store(store), held, batchSize);
};

const at = '2024-10-05T10:00:00Z';
const october = {
  startingAt: instant('2024-10-01T00:00:00Z'),
  endingBefore: instant('2024-11-01T00:00:00Z'),
};

async function quantity(customerId: string, aggregation: Aggregation, beforeCut: number | null) {
  const meter = { customerId, metricId: `met_${aggregation}`, aggregation, beforeCut };
  const [tally] = await tallies(shared.store(0).reader, { ...meter, intervals: [october] });
  return printDecimal(quantityOf(tally ?? null));
}

const many = (prefix: string, n = 1) =>
  everyShare.map((index) => used(`${prefix}${String(index)}`, at, n));

beforeEach(async () => {
  if (storeKind !== 'sqlite') await shared.store(0).reset();
  shares = openShares();
});

describe.skipIf(storeKind === 'sqlite')('a projector whose shares were taken over', () => {
  const log = () =>
    logWith([metricCreated('SUM'), customerCreated('c1'), usage('c1', ...many('t'))]);

  it('writes nothing, whatever it was about to do', async () => {
    const told = await log();
    const stale = begin(told, 0, everyShare);
    await stale.step();
    const lost: unknown[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      for (const share of everyShare) shares.take(share);
      const before = await allRows(shared.store(0).reader);
      await stale.step().catch((error: unknown) => lost.push(error));
      expect(await allRows(shared.store(0).reader)).toEqual(before);
      stale.shares = everyShare.map((share) => shares.take(share));
      await stale.step();
    }
    // Of two rounds: their ends, their measures, and giving them out.
    expect(lost.length).toBe(6);
    expect(lost.every((error) => error instanceof LeaseLost)).toBe(true);
    expect(await quantity('c1', 'SUM', null)).toBe('8');
  });

  it('counts no earlier usage for a new metric; whoever has the first share does', async () => {
    const told = await logWith([usage('c1', ...many('t')), metricCreated('SUM')]);
    const rest = begin(told, 0, everyShare.slice(1));
    const stale = begin(told, 1, [0]);
    const isFolded = () => rest.projector.position() === 2;
    for (let turn = 0; turn < 50 && !isFolded(); turn += 1) {
      await stale.step();
      await rest.step();
    }
    expect(isFolded()).toBe(true);
    const before = await allRows(shared.store(0).reader);
    const share = shares.take(0);
    for (let turn = 0; turn < 3; turn += 1) {
      await expect(stale.step()).rejects.toThrow(LeaseLost);
      expect(await rest.step()).toBe('idle');
    }
    expect(await allRows(shared.store(0).reader)).toEqual(before);
    rest.shares.push(share);
    await finish(told, [rest]);
    expect(await countedThrough(shared.store(0).reader, ['met_SUM'])).toEqual(
      new Map([['met_SUM', 2n]]),
    );
  });

  it('leaves nothing of a transaction during which they were', async () => {
    const told = await log();
    const stale = begin(told, 0, everyShare);
    stale.shares = stale.shares.map(({ share, held }) => ({
      share,
      held: {
        ...held,
        check: async (db) => {
          shares.take(share);
          await held.check(db);
        },
      },
    }));
    const before = await allRows(shared.store(0).reader);
    for (let turn = 0; turn < 10; turn += 1) {
      await stale.step().catch((error: unknown) => {
        expect(error).toBeInstanceOf(LeaseLost);
      });
    }
    expect(await allRows(shared.store(0).reader)).toEqual(before);
  });

  it('finds nothing to do where the other one was', async () => {
    const told = await log();
    const stale = begin(told, 0, everyShare);
    const known = stale.shares;
    await stale.step();
    stale.shares = [];
    const other = begin(told, 1, everyShare);
    await finish(told, [other]);
    const after = await allRows(shared.store(0).reader);
    stale.shares = known;
    for (let turn = 0; turn < 5; turn += 1) expect(await stale.step()).toBe('idle');
    expect(await allRows(shared.store(0).reader)).toEqual(after);
  });

  it('measures nothing twice, even if its leases were good', async () => {
    const told = await log();
    const stale = begin(told, 0, everyShare);
    await finish(told, [stale]);
    const [first] = (await told.readAll()).events;
    const round = { after: 0, through: 1, eventId: String(first?.id), endsAtMetric: true };
    const before = await allRows(shared.store(0).reader);
    const { writer } = shared.store(0);
    const again = measureRound(writer, round, [], stale.shares, usageLogOf(told));
    await expect(again).rejects.toThrow(SharesMoved);
    await expect(decideRound(writer, round, stale.shares)).rejects.toThrow(SharesMoved);
    expect(await allRows(shared.store(0).reader)).toEqual(before);
  });

  // PGlite has one session, which the transaction holds.
  it.skipIf(storeKind === 'pglite')(
    'and who has them do not wait for one another long',
    async () => {
      const told = await log();
      const stale = begin(told, 0, everyShare);
      await stale.step();
      let other: Promise<void> | undefined;
      stale.shares = stale.shares.map(({ share, held }) => ({
        share,
        held: {
          ...held,
          check: async (db) => {
            other ??= finish(told, [begin(told, 1, everyShare)]);
            await sql`select pg_sleep(0.02)`.execute(db);
            await held.check(db);
          },
        },
      }));
      await expect(stale.step()).rejects.toThrow(LeaseLost);
      await other;
      expect(await quantity('c1', 'SUM', null)).toBe('8');
    },
  );
});

describe.skipIf(storeKind === 'sqlite')('what changes within a round', () => {
  const folded = async (...events: UsageChange[]) => {
    const log = await logWith([metricCreated('SUM'), metricCreated('UNIQUE'), ...events]);
    const processes = [begin(log, 0, everyShare.slice(0, 3)), begin(log, 1, everyShare.slice(3))];
    await finish(log, processes);
    expect(processes.map(({ projector }) => projector.position())).toContain(events.length + 2);
  };

  it('gives a claimer what waited, and what comes later', async () => {
    await folded(
      usage('a1', ...many('t')),
      customerCreated('c1'),
      usage('a1', ...many('u')),
      aliasesSet('c1', 'a1'),
      usage('a1', ...many('v'), ...many('t')),
    );
    expect(await quantity('c1', 'SUM', null)).toBe('24');
    expect(await quantity('c1', 'UNIQUE', null)).toBe('1');
  });

  it('leaves with its old holder what came before an alias moved', async () => {
    await folded(
      customerCreated('c1', 'a1'),
      customerCreated('c2'),
      usage('a1', ...many('t')),
      aliasesSet('c1'),
      aliasesSet('c2', 'a1'),
      usage('a1', ...many('u', 2), ...many('t')),
    );
    expect([await quantity('c1', 'SUM', null), await quantity('c2', 'SUM', null)]).toEqual([
      '8',
      '16',
    ]);
    // The same content under the same key, but another owner's.
    const { reader } = shared.store(0);
    expect(await reader.selectFrom('usage_conflict').selectAll().execute()).toHaveLength(8);
    expect(await reader.selectFrom('usage_duplicate').selectAll().execute()).toEqual([]);
  });

  it('counts apart what comes after a cut', async () => {
    await folded(
      customerCreated('c1'),
      usage('c1', ...many('t')),
      periodClosed('c1', 1, october.endingBefore),
      usage('c1', ...many('u', 2), ...many('t')),
      periodClosed('c1', 2, october.endingBefore),
      usage('c1', ...many('v', 3)),
    );
    expect(await quantity('c1', 'SUM', 1)).toBe('8');
    expect(await quantity('c1', 'SUM', 2)).toBe('24');
    expect(await quantity('c1', 'SUM', null)).toBe('48');
    expect((await lateMarks(shared.store(0).reader, ['c1'])).get('c1')).toEqual([
      { month: october.startingAt, afterCut: 1, recordedAt: recordedAt(60) },
      { month: october.startingAt, afterCut: 2, recordedAt: recordedAt(80) },
    ]);
  });
});

describe('a store', () => {
  it.skipIf(storeKind === 'sqlite')('that processes share is not folded by one', async () => {
    const log = await logWith([metricCreated('SUM'), usage('c1', ...many('t'))]);
    const { events } = await log.readAll();
    const store = shared.store(0);
    await finish(log, [begin(log, 0, everyShare)]);
    await expect(store.fold(events.map(moved), 3n)).rejects.toThrow('is not folded by one');
  });

  it.skipIf(storeKind === 'sqlite')('that one folded is not shared', async () => {
    const log = await logWith([metricCreated('SUM')]);
    const { events } = await log.readAll();
    await shared.store(0).fold(events, 1n);
    await expect(begin(log, 0, everyShare).step()).rejects.toThrow('is not shared');
  });

  it.skipIf(storeKind === 'sqlite')('of another log is not folded further', async () => {
    const first = await logWith([metricCreated('SUM'), usage('c1', ...many('t'))]);
    const process = begin(first, 0, everyShare.slice(0, 4));
    for (let turn = 0; turn < 20; turn += 1) await process.step();
    const names = { first: 0 };
    const other = {
      ...first,
      subscribe: async function* (options: Parameters<EventLog['subscribe']>[0]) {
        for await (const { events, ...batch } of first.subscribe(options)) {
          names.first += 1;
          yield { ...batch, events: events.map((event) => ({ ...event, id: `not-${event.id}` })) };
        }
      },
    };
    const stranger = begin({ ...memoryLog(), ...other }, 1, everyShare.slice(4));
    await expect(finish(first, [stranger])).rejects.toThrow('another log has event');
    expect(names.first).toBeGreaterThan(0);
  });
});

const moved = <Event extends { position: bigint }>(event: Event): Event => ({
  ...event,
  position: event.position + 1n,
});
