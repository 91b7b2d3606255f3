import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Following } from '../../projections/runner.ts';
import { type Store } from '../../projections/store.ts';
import { type MainTables } from '../../projections/tables.ts';
import { watchStore } from '../../projections/watcher.ts';
import { TimedOut, Unavailable } from '../../src/application/ports.ts';
import { openMain, useStores } from '../support/main-store.ts';

const { folder, store } = useStores(openMain);
const watchers: Following[] = [];

afterEach(async () => {
  await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
});

const silent = () => ({ info: vi.fn(), warn: vi.fn(), error: vi.fn() });

function watch(of: Store<MainTables>, goal = 0n, logger = silent()): Following {
  const watcher = watchStore(of, { logger, goal });
  watchers.push(watcher);
  return watcher;
}

/** The store, with what its reader does replaced by an outage while there is one. */
function withOutages(of: Store<MainTables>): {
  readonly models: Store<MainTables>;
  readonly fail: (error: Error | null) => void;
  readonly questions: () => number;
} {
  let trouble: Error | null = null;
  let questions = 0;
  const reader = new Proxy(of.reader, {
    get(target, property) {
      const found: unknown = Reflect.get(target, property, target);
      if (property !== 'getExecutor') return found;
      questions += 1;
      if (trouble !== null) throw trouble;
      return () => target.getExecutor();
    },
  });
  return {
    models: { ...of, reader },
    fail: (error) => {
      trouble = error;
    },
    questions: () => questions,
  };
}

describe('a watcher', () => {
  it('tells how far others have folded the store', async () => {
    const models = await store(folder());
    const watcher = watch(models);
    const waiting = watcher.waitFor(7n, 5000);
    await models.fold([], 7n);
    await waiting;
    expect(watcher.position()).toBe(7n);
    expect(watcher.state()).toEqual({ position: 7n, failed: null });
  });

  it('knows soon, without anybody who waits', async () => {
    const models = await store(folder());
    const watcher = watch(models);
    const heard: bigint[] = [];
    const stop = watcher.onMove((position) => heard.push(position));
    await models.fold([], 7n);
    await vi.waitFor(() => expect(heard).toEqual([7n]), { timeout: 5000 });
    stop();
    await models.fold([], 8n);
    await watcher.waitFor(8n, 5000);
    expect(heard).toEqual([7n]);
  });

  it('has caught up when the store has what was in the log as it started', async () => {
    const models = await store(folder());
    await models.fold([], 4n);
    const watcher = watch(models, 5n);
    const caughtUp = vi.fn();
    const waiting = watcher.caughtUp().then(caughtUp);
    await watcher.waitFor(4n, 5000);
    expect(caughtUp).not.toHaveBeenCalled();
    await models.fold([], 5n);
    await waiting;
    await watch(models, 5n).caughtUp();
  });

  it('asks one question for all who wait, and few when nobody does', async () => {
    const { models, questions } = withOutages(await store(folder()));
    const watcher = watch(models);
    await watcher.waitFor(0n, 100);
    const many = Array.from({ length: 200 }, () => watcher.waitFor(9n, 300));
    const late = Promise.allSettled(many);
    await late;
    const urgent = questions();
    expect(urgent).toBeGreaterThan(3);
    expect(urgent).toBeLessThan(60);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(questions() - urgent).toBeLessThan(4);
  });

  it('follows a store that is built anew', async () => {
    const models = await store(folder());
    await models.fold([], 9n);
    const watcher = watch(models);
    await watcher.waitFor(9n, 5000);
    await models.reset();
    await vi.waitFor(() => expect(watcher.position()).toBe(0n), { timeout: 5000 });
    await expect(watcher.waitFor(9n, 50)).rejects.toThrow(TimedOut);
  });

  it('turns away those who wait when it stops', async () => {
    const watcher = watch(await store(folder()));
    const refused = expect(watcher.waitFor(1n, 60_000)).rejects.toThrow(Unavailable);
    await watcher.stop();
    await refused;
    await expect(watcher.caughtUp()).resolves.toBeUndefined();
    await expect(watcher.waitFor(1n, 60_000)).rejects.toThrow('main read models: stopped');
  });
});

describe('a watcher whose database is away', () => {
  it('lets nobody wait longer than asked for, says it once, and goes on', async () => {
    const { models, fail } = withOutages(await store(folder()));
    const logger = silent();
    const watcher = watch(models, 0n, logger);
    fail(new Unavailable('away'));
    await expect(watcher.waitFor(7n, 400)).rejects.toThrow(TimedOut);
    fail(null);
    await models.fold([], 7n);
    await watcher.waitFor(7n, 5000);
    expect(logger.warn).toHaveBeenCalledOnce();
    expect(watcher.state().failed).toBeNull();
  });

  it('has failed only when it will not be there again, and says why', async () => {
    const { models, fail } = withOutages(await store(folder()));
    const logger = silent();
    const watcher = watch(models, 0n, logger);
    const refused = expect(watcher.waitFor(7n, 60_000)).rejects.toThrow(Unavailable);
    fail(new Error('no such table'));
    await refused;
    expect(watcher.state()).toEqual({ position: 0n, failed: 'no such table' });
    expect(logger.error).toHaveBeenCalledOnce();
  });
});
