import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startRunner, type Runner, type RunnerOptions } from '../../projections/runner.ts';
import { openStore, type Guard, type Store } from '../../projections/store.ts';
import { type UsageTables } from '../../projections/usage-tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { Unavailable, type EventLog } from '../../src/application/ports.ts';
import { discard, newFolder, placeOf } from '../support/places.ts';
import { customerCreated, metricCreated, usage, usageRows, used } from '../support/usage-log.ts';
import { useUsageStore } from '../support/usage-log.ts';
import { eventsOf, logWith, record, silent, usageLogOf } from '../support/usage-sharing.ts';

const alone = useUsageStore(1000);
const at = '2024-10-05T10:00:00Z';
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A store in which what is folded and what is counted behind is told, in order. */
async function openTold(log: EventLog) {
  const folder = newFolder();
  const projections = [usageProjection(usageLogOf(log), 1)];
  const store = await openStore<UsageTables>({ ...placeOf(folder), name: 'usage', projections });
  ends.push(async () => {
    await store.close();
    await discard(folder);
  });
  const told: string[] = [];
  const telling: Store<UsageTables> = {
    ...store,
    async fold(...batch) {
      await store.fold(...batch);
      told.push('fold');
    },
    async catchUp(guard) {
      const progress = await store.catchUp(guard);
      if (progress !== null) told.push('count');
      return progress;
    },
  };
  return { store: telling, told };
}

async function run(
  log: EventLog,
  store: Store<UsageTables>,
  options: Partial<RunnerOptions<UsageTables>> = {},
): Promise<Runner> {
  const runner = await startRunner({ log, store, logger: silent(), batchSize: 2, ...options });
  ends.push(() => runner.stop());
  return runner;
}

const uses = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => usage('c1', used(`t${String(from + n)}`, at, n)));

const counted = (told: readonly string[], steps: number): Promise<void> =>
  vi.waitFor(
    () => {
      expect(told.filter((what) => what === 'count')).toHaveLength(steps);
    },
    { timeout: 15_000 },
  );

async function expectCounted(log: EventLog, store: Store<UsageTables>): Promise<void> {
  await alone.fold(await eventsOf(log));
  expect(await usageRows(store.reader)).toEqual(
    JSON.parse(JSON.stringify(await alone.rows())) as object,
  );
}

describe('a runner that counts earlier usage for a new metric', () => {
  it('folds a batch, counts a step, and so on, and counts on when the log is at its end', async () => {
    const log = await logWith([
      customerCreated('c1'),
      ...uses(0, 20),
      metricCreated('SUM'),
      ...uses(20, 30),
    ]);
    const { store, told } = await openTold(log);
    await run(log, store);
    await counted(told, 21);
    // The metric is the last of the 11th batch.
    expect(told.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 'fold'));
    const alternating = told.slice(11, 21);
    expect(alternating.filter((what) => what === 'fold')).toHaveLength(5);
    expect(alternating.join(' ')).not.toMatch(/fold fold|count count count/);
    await expectCounted(log, store);
  });

  it('folds what comes while it counts', async () => {
    const log = await logWith([customerCreated('c1'), ...uses(0, 30), metricCreated('SUM')]);
    const { store, told } = await openTold(log);
    const catchUp: Store<UsageTables>['catchUp'] = async (guard) => {
      if (told.filter((what) => what === 'count').length === 5) {
        await record(log, usage('c1', used('live', at, 1)));
        told.push('recorded');
      }
      return store.catchUp(guard);
    };
    await run(log, { ...store, catchUp });
    await counted(told, 31);
    const then = told.slice(told.indexOf('recorded'));
    expect(then.indexOf('fold')).toBeGreaterThan(0);
    expect(then.indexOf('fold')).toBeLessThan(5);
    await expectCounted(log, store);
  });

  it('asks nothing more once all is counted', async () => {
    const log = await logWith([customerCreated('c1'), ...uses(0, 3), metricCreated('SUM')]);
    const { store, told } = await openTold(log);
    const asked = vi.fn((guard?: Guard) => store.catchUp(guard));
    await run(log, { ...store, catchUp: asked });
    await counted(told, 4);
    await delay(20);
    const before = asked.mock.calls.length;
    await delay(200);
    expect(asked.mock.calls.length).toBe(before);
  });

  it('goes on when a step is interrupted, while nothing comes', async () => {
    const log = await logWith([customerCreated('c1'), ...uses(0, 6), metricCreated('SUM')]);
    const { store, told } = await openTold(log);
    let failures = 2;
    const catchUp: Store<UsageTables>['catchUp'] = async (guard) => {
      if (told.includes('count') && failures > 0) {
        failures -= 1;
        throw new Unavailable('away');
      }
      return store.catchUp(guard);
    };
    const logger = silent();
    await run(log, { ...store, catchUp }, { logger });
    await counted(told, 7);
    expect(logger.warn).toHaveBeenCalledTimes(2);
    await expectCounted(log, store);
  });

  it('fails as it does on a broken event, and goes on from there when it is started again', async () => {
    const log = await logWith([customerCreated('c1'), ...uses(0, 6), metricCreated('SUM')]);
    const { store, told } = await openTold(log);
    const catchUp: Store<UsageTables>['catchUp'] = (guard) =>
      told.filter((what) => what === 'count').length === 3
        ? Promise.reject(new Error('poison'))
        : store.catchUp(guard);
    const runner = await run(log, { ...store, catchUp });
    await runner.ended;
    expect(runner.state().failed).toBe('poison');
    told.length = 0;
    await run(log, store);
    await counted(told, 4);
    await expectCounted(log, store);
  });

  it('stops in the middle when it is told to', async () => {
    const log = await logWith([customerCreated('c1'), ...uses(0, 30), metricCreated('SUM')]);
    const { store, told } = await openTold(log);
    const stopping: { runner?: Promise<void> } = {};
    const runner = await run(log, {
      ...store,
      catchUp(guard) {
        if (told.filter((what) => what === 'count').length === 5) stopping.runner = runner.stop();
        return store.catchUp(guard);
      },
    });
    await runner.ended;
    await stopping.runner;
    expect(told.filter((what) => what === 'count')).toHaveLength(6);
    await run(log, store);
    await counted(told, 31);
    await expectCounted(log, store);
  });

  it('says every few seconds how far it is', async () => {
    const log = await logWith([customerCreated('c1'), ...uses(0, 6), metricCreated('SUM')]);
    const { store, told } = await openTold(log);
    const catchUp: Store<UsageTables>['catchUp'] = async (guard) => {
      const progress = await store.catchUp(guard);
      if (progress !== null) await delay(600);
      return progress;
    };
    const logger = silent();
    await run(log, { ...store, catchUp }, { logger });
    await counted(told, 7);
    await vi.waitFor(() => {
      expect(logger.info.mock.calls).toEqual([
        [
          {
            store: 'usage',
            metrics: ['met_SUM'],
            countedThrough: expect.stringMatching(/^[3-7]$/),
            through: '8',
          },
          'earlier usage is being counted for new metrics',
        ],
        [{ store: 'usage' }, 'earlier usage is counted for all metrics'],
      ]);
    }, 5000);
  });
});
