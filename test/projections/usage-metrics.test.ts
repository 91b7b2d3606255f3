import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../projections/store.ts';
import { countBehind, countedThrough, uncounted } from '../../projections/usage-behind.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { present } from '../../src/kernel/invariant.ts';
import { type Recorded } from '../../src/kernel/recorded.ts';
import { discard, newFolder, placeOf, runs } from '../support/places.ts';
import { batchSizes, logs } from '../support/usage-arbitraries.ts';
import { held } from '../support/usage-held.ts';
import {
  customerCreated,
  aliasesSet,
  logOf,
  metricCreated,
  periodClosed,
  recorded,
  usage,
  usageRows,
  used,
  useUsageStore,
  type UsageChange,
} from '../support/usage-log.ts';
import { referenceFold } from '../support/usage-reference.ts';

const timeoutMs = 60_000;
const alone = useUsageStore(1000);

/** The folder's store as processes open it that follow one another. */
const folder = newFolder();
let log: readonly Recorded<UsageChange>[] = [];
let opened: Store<UsageTables> | undefined;
const store = (): Store<UsageTables> => present(opened, 'opened before the tests');

async function open(): Promise<void> {
  const projections = [
    usageProjection(
      logOf(() => log),
      1,
    ),
  ];
  opened = await openStore<UsageTables>({ ...placeOf(folder), name: 'usage', projections });
}

async function restart(): Promise<void> {
  await store().close();
  await open();
}

beforeAll(open);
afterAll(async () => {
  await store().close();
  await discard(folder);
});

async function begin(events: readonly UsageChange[]): Promise<void> {
  log = recorded(events);
  await store().reset();
}

const foldThrough = (count: number): Promise<void> =>
  store().fold(log.slice(0, count), BigInt(count * 10));

const through = async (metricId: string): Promise<bigint | undefined> =>
  (await countedThrough(store().reader, [metricId])).get(metricId);

async function catchUp(): Promise<number> {
  let steps = 0;
  while ((await store().catchUp()) !== null) steps += 1;
  return steps;
}

class Died extends Error {}
const die = (): Promise<never> => Promise.reject(new Died());
const survive = (error: unknown): void => {
  if (!(error instanceof Died)) throw error;
};

/** What happens between two batches. */
const happenings = fc.array(fc.constantFrom('step', 'step', 'killed', 'restart'), {
  maxLength: 4,
});

const at = '2024-10-05T10:00:00Z';

describe('a metric that is created after usage (rule 13)', () => {
  it(
    'has in the end what it would have if it were counted at once, whatever happens meanwhile',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          logs,
          batchSizes,
          fc.array(happenings, { minLength: 1, maxLength: 12 }),
          async (changes, sizes, schedule) => {
            await begin(changes);
            let folded = 0;
            for (let turn = 0; folded < log.length; turn += 1) {
              folded = Math.min(log.length, folded + (sizes[turn % sizes.length] ?? 1));
              await foldThrough(folded);
              for (const happening of schedule[turn % schedule.length] ?? []) {
                if (happening === 'restart') await restart();
                else if (happening === 'step') await store().catchUp();
                else await store().catchUp(die).catch(survive);
              }
            }
            await catchUp();
            expect(await held(store().reader)).toEqual(referenceFold(log));
            await alone.fold(log);
            expect(await usageRows(store().reader)).toEqual(await alone.rows());
          },
        ),
        { numRuns: runs(60) },
      );
    },
    timeoutMs,
  );

  const history: UsageChange[] = [
    customerCreated('c1'),
    usage('a1', used('t1', at, 1), used('t2', at, 2)),
    usage('c1', used('t3', at, 3)),
    usage('a1', used('t4', at, 4)),
    metricCreated('SUM'),
    usage('a1', used('t5', at, 5)),
    aliasesSet('c1', 'a1'),
    periodClosed('c1', 1, '2024-11-01T00:00:00.000Z'),
    usage('a1', used('t6', at, 6)),
  ];

  it('leaves the log’s end free: it counts behind, an event at a time, and says how far', async () => {
    await begin(history);
    await foldThrough(5);
    const behind = [await through('met_SUM')];
    expect(await uncounted(store().reader, ['met_SUM'])).toEqual(['met_SUM']);
    await store().catchUp();
    behind.push(await through('met_SUM'));
    await foldThrough(9);
    behind.push(await through('met_SUM'));
    await store().catchUp();
    behind.push(await through('met_SUM'));
    expect(behind).toEqual([0n, 20n, 20n, 30n]);
    expect(await catchUp()).toBe(2);
    expect(await through('met_SUM')).toBe(90n);
    expect(await uncounted(store().reader, ['met_SUM'])).toEqual([]);
    expect((await held(store().reader)).tallies).toEqual(referenceFold(log).tallies);
  });

  it('counts usage of a key that is claimed meanwhile for the claimer, on either side', async () => {
    for (const stepsBefore of [0, 1, 2, 3, 4]) {
      await begin(history);
      await foldThrough(6);
      for (let step = 0; step < stepsBefore; step += 1) await store().catchUp();
      await foldThrough(8);
      await catchUp();
      await foldThrough(9);
      expect(await held(store().reader)).toEqual(referenceFold(log));
    }
  });

  it('is counted once by two who do so at once', async () => {
    await begin(history);
    await foldThrough(5);
    const counts = [0, 1].map(() => countBehind(logOf(() => log).history, 1));
    const [first, second] = [present(counts[0], 'one'), present(counts[1], 'two')];
    const { writer } = store();
    const atOnce = (write: (db: typeof writer) => Promise<void>): Promise<void> =>
      writer.transaction().execute(write);
    let turns = 0;
    for (let progress: object | null = {}; progress !== null; turns += 1) {
      progress = await first(writer, async (write) => {
        await second(writer, atOnce);
        await atOnce(write);
      });
    }
    expect(turns).toBe(5);
    await foldThrough(9);
    expect(await held(store().reader)).toEqual(referenceFold(log));
  });

  it('reads the log together with those that stand where it does', async () => {
    const read: bigint[] = [];
    const many = ['SUM', 'MAX', 'LATEST', 'UNIQUE'] as const;
    await begin([...history.slice(0, 4), ...many.map((name) => metricCreated(name))]);
    await foldThrough(8);
    const { history: events } = logOf(() => log);
    const count = countBehind(async function* (after, end) {
      for await (const page of events(after, end)) {
        read.push(...page.map(({ position }) => position));
        yield page;
      }
    });
    const { writer } = store();
    const write = (inTransaction: (db: typeof writer) => Promise<void>) =>
      writer.transaction().execute(inTransaction);
    while ((await count(writer, write)) !== null);
    expect(read).toEqual([20n, 30n, 40n]);
    expect(await held(store().reader)).toEqual(referenceFold(log));
  });

  it('goes on where it stood when the log could not be read', async () => {
    await begin(history);
    await foldThrough(5);
    const { history: events } = logOf(() => log);
    let failures = 0;
    const count = countBehind(async function* (after, end) {
      for await (const page of events(after, end)) {
        failures += 1;
        if (failures % 2 === 1) throw new Died();
        yield page;
      }
    }, 3);
    const { writer } = store();
    const write = (inTransaction: (db: typeof writer) => Promise<void>) =>
      writer.transaction().execute(inTransaction);
    for (let turn = 0; turn < 20; turn += 1) await count(writer, write).catch(survive);
    expect(await uncounted(store().reader, ['met_SUM'])).toEqual(['met_SUM']);
    await catchUp();
    await foldThrough(9);
    expect(await held(store().reader)).toEqual(referenceFold(log));
  });
});

describe('a metric that is created before usage', () => {
  it('is counted at once', async () => {
    await begin([customerCreated('c1'), metricCreated('SUM'), usage('c1', used('t1', at, 1))]);
    await foldThrough(1);
    expect(await through('met_SUM')).toBeUndefined();
    expect(await uncounted(store().reader, ['met_SUM'])).toEqual(['met_SUM']);
    await foldThrough(2);
    expect(await through('met_SUM')).toBe(20n);
    expect(await uncounted(store().reader, ['met_SUM'])).toEqual([]);
    expect(await catchUp()).toBe(0);
    await foldThrough(3);
    expect(await through('met_SUM')).toBe(30n);
  });
});
