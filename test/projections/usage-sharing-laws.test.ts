import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaseLost } from '../../projections/leases.ts';
import { shareOf } from '../../projections/usage-sharing-tables.ts';
import { present } from '../../src/kernel/invariant.ts';
import { runs, storeKind } from '../support/places.ts';
import { logs } from '../support/usage-arbitraries.ts';
import { times } from '../support/stress.ts';
import { Killed } from '../support/usage-breakage.ts';
import { held } from '../support/usage-held.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  periodClosed,
  usage,
  used,
  useUsageStore,
  usageRows,
} from '../support/usage-log.ts';
import { referenceFold } from '../support/usage-reference.ts';
import {
  eventsOf,
  everyShare,
  finish,
  logWith,
  openShares,
  useProcesses,
  useSharedStores,
} from '../support/usage-sharing.ts';

const most = 4;
const alone = useUsageStore();
const shared = useSharedStores(most);
const start = useProcesses();

const survivesAnything = (error: unknown): void => {
  if (!(error instanceof LeaseLost) && !(error instanceof Killed)) throw error;
};

/** Where each try takes long, a part of the points. */
const stride = storeKind === 'pglite' ? times(7, 1) : 1;

/** Who steps, after which shares went over to somebody; gone: who had them does not know it yet. */
const turns = fc.array(
  fc.record({
    who: fc.nat({ max: most - 1 }),
    taken: fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: most - 1 })), { maxLength: 2 }),
    forgets: fc.boolean(),
  }),
  { maxLength: 25 },
);

describe.skipIf(storeKind === 'sqlite')('usage that processes share', () => {
  it('comes to what one process counts, whoever does what, with whichever shares', async () => {
    await fc.assert(
      fc.asyncProperty(
        logs,
        fc.integer({ min: 1, max: most }),
        fc.array(fc.integer({ min: 2, max: 9 }), { minLength: most, maxLength: most }),
        turns,
        async (changes, count, sizes, schedule) => {
          const log = await logWith(changes);
          const events = await eventsOf(log);
          await shared.store(0).reset();
          const shares = openShares();
          const processes = sizes
            .slice(0, count)
            .map((size, index) => start(log, shared.store(index), [], size));
          const give = (share: number, to: number, forgets: boolean): void => {
            const taker = present(processes[to % count], 'a process');
            for (const process of processes) {
              if (process !== taker && forgets) continue;
              process.shares = process.shares.filter((one) => one.share !== share);
            }
            taker.shares.push(shares.take(share));
          };
          for (const share of everyShare) give(share, share, false);
          for (const { who, taken, forgets } of schedule) {
            for (const [share, to] of taken) give(share, to, forgets);
            await processes[who % count]?.step().catch(survivesAnything);
          }
          for (const share of everyShare) give(share, share, false);
          await finish(log, processes);
          expect(await usageRows(shared.store(0).reader)).toEqual(await foldedAlone(events));
          const [reference, found] = [referenceFold(events), await held(shared.store(0).reader)];
          expect(found.tallies).toEqual(reference.tallies);
          expect(found.passedOver).toEqual(reference.passedOver);
        },
      ),
      { numRuns: runs(25) },
    );
  }, 60_000);

  it('comes to the same when a process is killed between any two steps', async () => {
    const at = '2024-10-05T10:00:00Z';
    const log = await logWith([
      metricCreated('SUM'),
      customerCreated('c1', 'a1'),
      customerCreated('c2'),
      usage('a1', ...ids.map((id) => used(id, at, 1))),
      usage('c2', ...ids.map((id) => used(id, at, 1)), ...later.map((id) => used(id, at, 2))),
      aliasesSet('c1'),
      usage('a1', ...last.map((id) => used(id, at, 3)), used('t0', at, 1)),
      aliasesSet('c2', 'a1'),
      periodClosed('c2', 1, '2024-11-01T00:00:00.000Z'),
      metricCreated('COUNT'),
      usage('a1', used('late', at, 4)),
    ]);
    const expected = await foldedAlone(await eventsOf(log));
    let point = 1;
    for (let wasKilled = true; wasKilled; point += wasKilled ? stride : 0) {
      await shared.store(1).reset();
      const shares = openShares();
      const take = (share: number) => shares.take(share);
      const victim = start(log, shared.store(0), everyShare.slice(0, 4).map(take), 20);
      const other = start(log, shared.store(1), everyShare.slice(4).map(take), 20);
      shared.breakage(0).killAt(point);
      try {
        await finish(log, [victim, other]);
        wasKilled = false;
      } catch (error) {
        survivesAnything(error);
        shared.breakage(0).killAt(Infinity);
        if (point % 3 === 0) {
          other.shares.push(...everyShare.slice(0, 4).map(take));
          await finish(log, [other]);
        } else {
          const heir = start(log, shared.store(0), everyShare.slice(0, 4).map(take), 20);
          await finish(log, point % 3 === 1 ? [heir, other] : [other, heir]);
        }
      }
      shared.breakage(0).killAt(Infinity);
      expect(await usageRows(shared.store(1).reader), `killed at ${String(point)}`).toEqual(
        expected,
      );
      victim.end();
      other.end();
    }
    expect(point).toBeGreaterThan(40);
  }, 60_000);
});

const foldedAlone = async (events: Awaited<ReturnType<typeof eventsOf>>) => {
  await alone.fold(events);
  return alone.rows();
};

/** One for each share, so that every process has a part in it. */
const idsOf = (prefix: string): string[] =>
  everyShare.map((share) => {
    const id = Array.from({ length: 500 }, (_, n) => `${prefix}${String(n)}`).find(
      (one) => shareOf(one) === share,
    );
    return present(id, 'one of many falls to each share');
  });
const [ids, later, last] = [idsOf('t'), idsOf('u'), idsOf('v')];

describe('shares of transactionIds', () => {
  it('are about the same size, however ids are made', () => {
    const made: ((n: number) => string)[] = [
      (n) => `tx-${String(n)}`,
      (n) => String(n).padStart(20, '0'),
      (n) => `${(n * 2654435761).toString(16)}-a`,
      (n) => String(n * 8),
    ];
    for (const make of made) {
      const counts = everyShare.map(() => 0);
      for (let n = 0; n < 8000; n += 1) {
        const share = shareOf(make(n));
        counts[share] = (counts[share] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThan(900);
      expect(Math.max(...counts)).toBeLessThan(1100);
    }
  });

  it('are the same in every version of the program', () => {
    expect(['', 'tx-1', 'Grüße', '💶'].map(shareOf)).toEqual([2, 7, 4, 4]);
  });
});
