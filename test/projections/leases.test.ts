import { sql } from 'kysely';
import { describe, expect, it, vi } from 'vitest';
import { LeaseLost, type Held } from '../../projections/leases.ts';
import { schemaOf } from '../../projections/postgres.ts';
import { leasesGeneration } from '../../projections/leases-table.ts';
import { Unavailable } from '../../src/application/ports.ts';
import { openMain, useStores } from '../support/main-store.ts';
import { renewMs, ttlMs, useContenders, type Contender } from '../support/leases.ts';
import { generationsIn, postgresOf, storeKind } from '../support/places.ts';

const { folder, contender } = useContenders();
const { store } = useStores(openMain);

/** Patience for what takes a life of a lease, on a busy machine. */
const soon = { timeout: 8 * ttlMs, interval: 10 };
const eventually = <Result>(check: () => Result): Promise<Result> => vi.waitFor(check, soon);

type Holding = { readonly held: readonly Held[]; stop(): Promise<void> };

/** Holds the lease whenever it can, doing nothing until it is lost. */
function holding({ leases }: Contender, name = 'work'): Holding {
  const held: Held[] = [];
  const stopping = new AbortController();
  const done = leases.hold(name, stopping.signal, (lease) => {
    held.push(lease);
    return new Promise((resolve) => {
      lease.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  });
  return {
    held,
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

const live = ({ held }: Holding): readonly Held[] => held.filter(({ signal }) => !signal.aborted);

async function held(one: Contender): Promise<Held> {
  const holder = holding(one);
  await eventually(() => expect(live(holder)).toHaveLength(1));
  const [lease] = holder.held;
  if (lease === undefined) throw new Error('it is held');
  return lease;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.runIf(storeKind !== 'sqlite')('a lease', () => {
  it('is held by one at a time, and by the next one as soon as it is released', async () => {
    const where = folder();
    const all = await Promise.all([contender(where), contender(where), contender(where)]);
    const holders = all.map((one) => holding(one));
    for (let turn = 1; turn <= 3; turn += 1) {
      await eventually(() => expect(holders.flatMap(live)).toHaveLength(1));
      const holder = holders.find((one) => live(one).length === 1);
      expect(holder?.held.at(-1)?.fence).toBe(BigInt(turn));
      const before = performance.now();
      await holder?.stop();
      if (turn === 3) return;
      await eventually(() => expect(holders.flatMap(live)).toHaveLength(1));
      expect(performance.now() - before).toBeLessThan(ttlMs * 0.8);
    }
  });

  it('is kept for many lives', async () => {
    const where = folder();
    const [first, second] = [await contender(where), await contender(where)];
    const holder = holding(first);
    await eventually(() => expect(live(holder)).toHaveLength(1));
    const other = holding(second);
    await pause(3 * ttlMs);
    expect(live(holder)).toHaveLength(1);
    expect(holder.held).toHaveLength(1);
    expect(other.held).toHaveLength(0);
  });

  it('of one who is dead goes to another, who never has it at the same time', async () => {
    const where = folder();
    const [first, second] = [await contender(where), await contender(where)];
    const dead = holding(first);
    await eventually(() => expect(live(dead)).toHaveLength(1));
    const heir = holding(second);
    const diedAt = performance.now();
    first.cut('silent');
    await eventually(() => {
      if (live(heir).length > 0) expect(live(dead)).toHaveLength(0);
      expect(live(heir)).toHaveLength(1);
    });
    expect(performance.now() - diedAt).toBeLessThan(ttlMs + 4 * renewMs);
    expect(heir.held[0]?.fence).toBe(2n);
    expect(first.logger.warn).toHaveBeenCalled();
  });

  it('outlives an outage that is shorter, and is taken again after one that is longer', async () => {
    const one = await contender(folder());
    const holder = holding(one);
    await eventually(() => expect(live(holder)).toHaveLength(1));
    one.cut('away');
    await pause(ttlMs / 2);
    one.cut('none');
    await pause(ttlMs);
    expect(live(holder)).toHaveLength(1);
    one.cut('away');
    await eventually(() => expect(live(holder)).toHaveLength(0));
    one.cut('none');
    await eventually(() => expect(live(holder)).toHaveLength(1));
    expect(holder.held.map(({ fence }) => fence)).toEqual([1n, 2n]);
  });

  it('is free at once when all is closed', async () => {
    const where = folder();
    const [first, second] = [await contender(where), await contender(where)];
    const holder = holding(first);
    await eventually(() => expect(live(holder)).toHaveLength(1));
    await first.leases.close();
    expect(live(holder)).toHaveLength(0);
    const heir = holding(second);
    const before = performance.now();
    await eventually(() => expect(live(heir)).toHaveLength(1));
    expect(performance.now() - before).toBeLessThan(ttlMs * 0.8);
  });

  it('is free when what it is for has failed, which is told', async () => {
    const where = folder();
    const [first, second] = [await contender(where), await contender(where)];
    const failing = first.leases.hold('work', new AbortController().signal, () =>
      Promise.reject(new Error('the sum is wrong')),
    );
    await expect(failing).rejects.toThrow('the sum is wrong');
    const heir = holding(second);
    await eventually(() => expect(live(heir)).toHaveLength(1));
    expect(heir.held[0]?.fence).toBe(2n);
  });

  it('is waited for no longer than asked', async () => {
    const where = folder();
    const holder = holding(await contender(where));
    await eventually(() => expect(live(holder)).toHaveLength(1));
    const other = holding(await contender(where));
    await other.stop();
    expect(other.held).toHaveLength(0);
  });

  it('has its table in one schema, whoever opens it first', async () => {
    const where = folder();
    await Promise.all([1, 2, 3, 4].map(() => contender(where)));
    expect(await generationsIn(where)).toEqual([schemaOf(postgresOf(where), leasesGeneration)]);
  });
});

describe.runIf(storeKind !== 'sqlite')('a transaction that only the holder may commit', () => {
  it('is committed by the holder', async () => {
    const where = folder();
    const models = await store(where);
    const { check } = await held(await contender(where));
    await models.fold([], 7n, check);
    expect(await models.progress()).toMatchObject({ position: 7n });
  });

  it('is undone when the lease was lost, which its holder did not know yet', async () => {
    const where = folder();
    const models = await store(where);
    const lease = await held(await contender(where));
    const table = sql.table(`${schemaOf(postgresOf(where), leasesGeneration)}.lease`);
    await sql`update ${table} set holder = 'another', fence = fence + 1`.execute(models.writer);
    await expect(models.fold([], 7n, lease.check)).rejects.toThrow(LeaseLost);
    expect(await models.progress()).toMatchObject({ position: 0n });
    expect(lease.signal.aborted).toBe(true);
  });

  it('is undone when the lease has expired, though nobody has taken it', async () => {
    const where = folder();
    const models = await store(where);
    const { check } = await held(await contender(where));
    const table = sql.table(`${schemaOf(postgresOf(where), leasesGeneration)}.lease`);
    const guard: typeof check = async (db) => {
      await sql`update ${table} set expires_at = clock_timestamp()`.execute(db);
      await check(db);
    };
    await expect(models.fold([], 7n, guard)).rejects.toThrow(LeaseLost);
    expect(await models.progress()).toMatchObject({ position: 0n });
  });
});

// PGlite's clock is this process's, and it has one session.
describe.runIf(storeKind === 'postgres')('a lease in a database that others use, too', () => {
  it('goes by the clock of the database, whatever the time is here', async () => {
    const where = folder();
    const holder = holding(await contender(where));
    await eventually(() => expect(live(holder)).toHaveLength(1));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 86_400_000 });
    try {
      const other = holding(await contender(where));
      await pause(ttlMs);
      expect(other.held).toHaveLength(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is renewed while a long transaction runs, which it lets pass at the end', async () => {
    const where = folder();
    const models = await store(where);
    const { check } = await held(await contender(where));
    const other = holding(await contender(where));
    await models.fold([], 7n, async (db) => {
      await sql`select pg_sleep(${(3 * ttlMs) / 1000})`.execute(db);
      await check(db);
    });
    expect(await models.progress()).toMatchObject({ position: 7n });
    expect(other.held).toHaveLength(0);
  });

  it('passes on only after a transaction that was checked, which its holder cannot leave open', async () => {
    const where = folder();
    const models = await store(where);
    const stopped = await contender(where);
    const { check } = await held(stopped);
    const heir = holding(await contender(where));
    let goOn = (): void => undefined;
    const folding = models.fold([], 7n, async (db) => {
      await check(db);
      stopped.cut('silent');
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    });
    const undone = expect(folding).rejects.toThrow(Unavailable);
    const stoppedAt = performance.now();
    await pause(3 * ttlMs);
    expect(heir.held).toHaveLength(0);
    await eventually(() => expect(live(heir)).toHaveLength(1));
    expect(performance.now() - stoppedAt).toBeLessThan(7000);
    goOn();
    await undone;
    expect(await models.progress()).toMatchObject({ position: 0n });
  });
});
