import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { listCustomers } from '../../projections/customers.ts';
import { postgresPool } from '../../projections/postgres-pool.ts';
import { checkpoint, openStore, type Projection, type Store } from '../../projections/store.ts';
import { mainProjections, type MainTables } from '../../projections/tables.ts';
import { Unavailable } from '../../src/application/ports.ts';
import { customerCreated } from '../support/main-events.ts';
import { allRows, openMain, useStores } from '../support/main-store.ts';
import { generationsIn, postgresOf, storeKind } from '../support/places.ts';
import { recorded } from '../support/recorded.ts';

const { folder, store, folded } = useStores(openMain);

const events = recorded(...['cus_1', 'cus_2', 'cus_3'].map((id) => customerCreated(id)));

const customersIn = async ({ reader }: Store<MainTables>): Promise<number> =>
  (await listCustomers(reader, null, { first: 1, after: null })).totalCount;

const sessionOf = async ({ writer }: Store<MainTables>): Promise<number> => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(writer);
  return rows[0]?.pid ?? 0;
};

describe.runIf(storeKind !== 'sqlite')('schemas of other versions', () => {
  const raised: readonly Projection<MainTables>[] = mainProjections.map((projection) => ({
    ...projection,
    version: projection.version + 1,
  }));

  it('stay unless it is said that nobody uses them', async () => {
    const where = folder();
    await store(where);
    const postgres = { ...postgresOf(where), dropsOthers: false };
    const next = await openStore({ postgres, name: 'main', projections: raised });
    await next.removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(2);
    await next.close();
  });

  it('are not those of a store whose name only begins the same', async () => {
    const where = folder();
    const postgres = postgresOf(where);
    const longer = await openStore({ postgres, name: 'main_other', projections: [] });
    await longer.close();
    await (await store(where, raised)).removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(2);
  });
});

describe.runIf(storeKind === 'postgres')('processes that share a store', () => {
  it('make it once, all of them at a time', async () => {
    const where = folder();
    const stores = await Promise.all([1, 2, 3, 4].map(() => store(where)));
    await stores[0]?.fold(events, 3n);
    expect(await generationsIn(where)).toHaveLength(1);
    for (const one of stores) expect(await customersIn(one)).toBe(3);
  });

  it('fold each event once, whoever is first', async () => {
    const many = recorded(
      ...Array.from({ length: 60 }, (_, index) => customerCreated(`cus_${String(index)}`)),
    );
    const where = folder();
    const stores = await Promise.all([1, 2, 3].map(() => store(where)));
    const runs = stores.map(async (one, runner) => {
      for (let from = 0; from < many.length; from += runner + 2) {
        const batch = many.slice(from, from + runner + 2);
        await one.fold(batch, batch.at(-1)?.position ?? 0n);
      }
    });
    await Promise.all(runs);
    const [one = await store(where)] = stores;
    expect(await one.progress()).toMatchObject({ position: 60n });
    expect(await allRows(one.reader)).toEqual(await allRows((await folded(many)).reader));
  });

  it('only read through what is for reading', async () => {
    const { reader } = await store(folder());
    await expect(reader.deleteFrom('customer').execute()).rejects.toThrow('read-only');
  });
});

describe.runIf(storeKind === 'postgres')('a connection that breaks', () => {
  it('in the middle of a batch leaves nothing of it, and the next one works', async () => {
    const where = folder();
    const other = await store(where);
    let breaks = true;
    const breaking: Projection<MainTables> = {
      name: 'breaking',
      version: 1,
      create: () => Promise.resolve(),
      apply: async (_events, db) => {
        if (!breaks) return;
        breaks = false;
        const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
        await sql`select pg_terminate_backend(${rows[0]?.pid ?? 0})`.execute(other.writer);
        await db.selectFrom('customer').selectAll().execute();
      },
    };
    const opened = await store(where, [...mainProjections, breaking]);
    await expect(opened.fold(events, 3n)).rejects.toThrow(Unavailable);
    expect(await checkpoint(opened.reader)).toBe(0n);
    await opened.fold(events, 3n);
    expect(await customersIn(opened)).toBe(3);
  });

  it('while nobody uses it is not noticed', async () => {
    const opened = await folded(events);
    const other = await store(folder());
    const session = await sessionOf(opened);
    await sql`select pg_terminate_backend(${session})`.execute(other.writer);
    await opened.fold([], 9n).catch(() => opened.fold([], 9n));
    expect(await opened.progress()).toMatchObject({ position: 9n });
    expect(await sessionOf(opened)).not.toBe(session);
  });
});

describe.runIf(storeKind === 'sqlite')('a server that is not there', () => {
  it('is unavailable', async () => {
    const postgres = {
      pool: (most: number) => postgresPool('postgresql://nobody@127.0.0.1:1/none', most),
    };
    const opening = openStore({ postgres, name: 'main', projections: mainProjections });
    await expect(opening).rejects.toThrow(Unavailable);
    await expect(opening).rejects.toThrow('PostgreSQL: connect ECONNREFUSED 127.0.0.1:1');
  });
});
