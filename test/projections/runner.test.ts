import { afterEach, describe, expect, it, vi } from 'vitest';
import { listCustomers } from '../../projections/customers.ts';
import { LeaseLost } from '../../projections/leases.ts';
import { createPacing } from '../../projections/pacing.ts';
import { startRunner, type Runner, type RunnerOptions } from '../../projections/runner.ts';
import { type Store } from '../../projections/store.ts';
import { mainProjections, mainStreams, type MainTables } from '../../projections/tables.ts';
import { TimedOut, Unavailable, type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { type DomainEvent } from '../../src/kernel/recorded.ts';
import { customerCreated, january } from '../support/main-events.ts';
import { allRows, openMain, useStores } from '../support/main-store.ts';

const { folder, store } = useStores(openMain);
const runners: Runner[] = [];

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()));
});

const silent = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() });

async function run(
  log: RunnerOptions<MainTables>['log'],
  of: Store<MainTables>,
  options: Partial<RunnerOptions<MainTables>> = {},
): Promise<Runner> {
  const runner = await startRunner({ log, store: of, logger: silent(), ...options });
  runners.push(runner);
  return runner;
}

let serial = 0;

async function record(log: EventLog, stream: string, event: DomainEvent): Promise<bigint> {
  serial += 1;
  const metadata = { version: 1, actor: 'test', requestIds: [], recordedAt: january };
  const id = `event-${String(serial)}`;
  return (await log.append(stream, 'any', [{ id, event, metadata }])).position;
}

const sign = (log: EventLog, id: string): Promise<bigint> =>
  record(log, `customer-${id}`, customerCreated(id));

const customersIn = async ({ reader }: Store<MainTables>): Promise<number> =>
  (await listCustomers(reader, null, { first: 1, after: null })).totalCount;

describe('a runner', () => {
  it('folds what is there, then what comes', async () => {
    const log = memoryLog();
    await sign(log, 'cus_1');
    const models = await store(folder());
    const runner = await run(log, models);
    await runner.caughtUp();
    expect(await customersIn(models)).toBe(1);
    const position = await sign(log, 'cus_2');
    await runner.waitFor(position, 5000);
    expect(await customersIn(models)).toBe(2);
    expect(runner.state()).toEqual({ position, failed: null });
  });

  it('passes over the streams that it does not look at', async () => {
    const log = memoryLog();
    const models = await store(folder());
    const runner = await run(log, models, { streamPrefixes: mainStreams });
    await sign(log, 'cus_1');
    const position = await record(log, 'usage-abc-202410', { type: 'UsageRecorded' });
    await runner.waitFor(position, 5000);
    expect(await models.progress()).toMatchObject({ position, lastEvent: { position: 1n } });
  });

  it('goes on from the checkpoint after a stop anywhere, counting nothing twice', async () => {
    const log = memoryLog();
    const where = folder();
    for (let index = 0; index < 12; index += 1) await sign(log, `cus_${String(index)}`);
    for (const upTo of [3n, 7n, 12n]) {
      const models = await store(where);
      const runner = await run(log, models, { batchSize: 1 });
      await runner.waitFor(upTo, 5000);
      await runner.stop();
      await models.close();
    }
    expect(await customersIn(await store(where))).toBe(12);
  });

  it('rests when it has folded what there was, and not before', async () => {
    const log = memoryLog();
    const models = await store(folder());
    const pacing = createPacing(600_000);
    const batches: bigint[] = [];
    for (let index = 0; index < 5; index += 1) await sign(log, `cus_${String(index)}`);
    const runner = await run(log, models, { batchSize: 1, pacing });
    runner.onMove((position) => batches.push(position));
    await runner.waitFor(5n, 5000);
    for (let index = 5; index < 9; index += 1) await sign(log, `cus_${String(index)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(batches).toEqual([1n, 2n, 3n, 4n, 5n]);
    pacing.hurry();
    await runner.waitFor(9n, 5000);
    expect(await customersIn(models)).toBe(9);
  });

  it('tells listeners of each batch after it is folded', async () => {
    const log = memoryLog();
    const models = await store(folder());
    const runner = await run(log, models);
    const heard: bigint[] = [];
    const stop = runner.onBatch(({ through }) => heard.push(through));
    const first = await sign(log, 'cus_1');
    await runner.waitFor(first, 5000);
    stop();
    await runner.waitFor(await sign(log, 'cus_2'), 5000);
    expect(heard).toEqual([first]);
  });

  it('lets nobody wait longer than asked for', async () => {
    const runner = await run(memoryLog(), await store(folder()));
    await expect(runner.waitFor(1n, 20)).rejects.toThrow(TimedOut);
    await runner.waitFor(0n, 20);
  });

  it('turns away those who wait when it stops', async () => {
    const runner = await run(memoryLog(), await store(folder()));
    const waiting = runner.waitFor(1n, 60_000);
    const refused = expect(waiting).rejects.toThrow(Unavailable);
    await runner.stop();
    await refused;
    await expect(runner.waitFor(1n, 60_000)).rejects.toThrow('main read models');
  });

  it('tells listeners how far it has come, and all when it has ended', async () => {
    const log = memoryLog();
    const runner = await run(log, await store(folder()));
    const heard: bigint[] = [];
    const stop = runner.onMove((position) => heard.push(position));
    await runner.waitFor(await sign(log, 'cus_1'), 5000);
    stop();
    await runner.waitFor(await sign(log, 'cus_2'), 5000);
    expect(heard).toEqual([1n]);
    const stopped = runner.stop();
    await runner.ended;
    await stopped;
  });

  it('waits for its end when its lease is lost', async () => {
    const log = memoryLog();
    const models = await store(folder());
    const guard = vi.fn(() => Promise.reject(new LeaseLost('main')));
    const runner = await run(log, models, { guard });
    await sign(log, 'cus_1');
    await vi.waitFor(() => expect(guard).toHaveBeenCalled(), { timeout: 5000 });
    expect(await customersIn(models)).toBe(0);
    expect(runner.state()).toEqual({ position: 0n, failed: null });
  });

  it('removes other versions once it has caught up', async () => {
    const log = memoryLog();
    await sign(log, 'cus_1');
    const models = await store(folder());
    const removed = vi.fn();
    const runner = await run(log, { ...models, removeOtherVersions: removed });
    await runner.caughtUp();
    await vi.waitFor(() => {
      expect(removed).toHaveBeenCalledOnce();
    });
  });
});

describe('a runner that fails', () => {
  it('stops for good when a projection throws, and says why', async () => {
    const log = memoryLog();
    const breaking = {
      name: 'breaking',
      version: 1,
      create: () => Promise.resolve(),
      apply: () => Promise.reject(new Error('the sum is wrong')),
    };
    const models = await store(folder(), [...mainProjections, breaking]);
    const logger = silent();
    const runner = await run(log, models, { logger });
    const waiting = expect(runner.waitFor(1n, 60_000)).rejects.toThrow(Unavailable);
    await sign(log, 'cus_1');
    await waiting;
    expect(runner.state()).toEqual({ position: 0n, failed: 'the sum is wrong' });
    expect(logger.error).toHaveBeenCalledOnce();
    await sign(log, 'cus_2');
    await expect(runner.waitFor(2n, 60_000)).rejects.toThrow('main read models');
    expect(await customersIn(models)).toBe(0);
  });

  it.each([
    ['the store is busy', Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' })],
    ['the log is not to be reached', new Unavailable('away')],
  ])('goes on when %s for a while', async (_name, trouble) => {
    const log = memoryLog();
    const models = await store(folder());
    const folding: typeof models.fold = (events, through) => models.fold(events, through);
    const fold = vi.fn(folding).mockRejectedValueOnce(trouble).mockRejectedValueOnce(trouble);
    const runner = await run(log, { ...models, fold });
    await runner.waitFor(await sign(log, 'cus_1'), 5000);
    expect(await customersIn(models)).toBe(1);
    expect(runner.state().failed).toBeNull();
  });
});

describe('a store of another log', () => {
  const folderOf = async (...ids: string[]): Promise<string> => {
    const where = folder();
    const models = await store(where);
    const log = memoryLog();
    for (const id of ids) await sign(log, id);
    const runner = await run(log, models);
    await runner.caughtUp();
    await runner.stop();
    await models.close();
    return where;
  };

  it.each([
    ['it is ahead of the log', ['cus_a', 'cus_b', 'cus_c']],
    ['its last event is not where the log has one', ['cus_a']],
  ])('is built anew, and that is said: %s', async (_name, ids) => {
    const where = await folderOf(...ids);
    const log = memoryLog();
    await sign(log, 'cus_1');
    await sign(log, 'cus_2');
    const models = await store(where);
    const logger = silent();
    const runner = await run(log, models, { logger });
    await runner.caughtUp();
    expect(logger.warn).toHaveBeenCalledOnce();
    const fresh = await store(folder());
    await (await run(log, fresh)).caughtUp();
    expect(await allRows(models.reader)).toEqual(await allRows(fresh.reader));
  });

  it('stays as it is when another process has the lease', async () => {
    const log = memoryLog();
    await sign(log, 'cus_1');
    const models = await store(folder());
    await models.fold([], 9n);
    const guard = () => Promise.reject(new LeaseLost('main'));
    await expect(run(log, models, { guard })).rejects.toThrow(LeaseLost);
    expect((await models.progress()).position).toBe(9n);
  });

  it('is built anew when only what it passes over is gone', async () => {
    const log = memoryLog();
    await sign(log, 'cus_1');
    const models = await store(folder());
    await (await run(log, models)).caughtUp();
    await models.fold([], 9n);
    const runner = await run(log, models);
    await runner.waitFor(await sign(log, 'cus_2'), 5000);
    expect(await customersIn(models)).toBe(2);
  });

  it('is not taken for one when it is of this log', async () => {
    const where = folder();
    const log = memoryLog();
    await sign(log, 'cus_1');
    const first = await store(where);
    await (await run(log, first)).caughtUp();
    await sign(log, 'cus_2');
    const logger = silent();
    await (await run(log, await store(where), { logger })).caughtUp();
    expect(logger.warn).not.toHaveBeenCalled();
  });
});
