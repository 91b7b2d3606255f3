import { sql } from 'kysely';
import { describe, expect, inject, it, vi } from 'vitest';
import { listCustomers } from '../../projections/customers.ts';
import { refuseUnfit, UnfitDatabase } from '../../projections/postgres.ts';
import { checkpoint, openStore, type Projection, type Store } from '../../projections/store.ts';
import { mainProjections, type MainTables } from '../../projections/tables.ts';
import { Unavailable } from '../../src/application/ports.ts';
import { customerCreated } from '../support/main-events.ts';
import { allRows, openMain, useStores } from '../support/main-store.ts';
import { dayPasses, generationsIn, postgresOf, serverPool, storeKind } from '../support/places.ts';
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

  it('stay while a process has them open, and for a day', async () => {
    const where = folder();
    const old = await store(where);
    const next = await store(where, raised);
    await next.removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(2);
    await old.close();
    await next.removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(2);
    await dayPasses(where);
    await next.removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(1);
  });

  it('stay when one who has one open says so in time', async () => {
    const where = folder();
    await store(where);
    const next = await store(where, raised);
    await dayPasses(where);
    await store(where);
    await next.removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(2);
  });

  it('go when their time comes, though it had not come when they were looked at', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const where = folder();
    await (await store(where)).close();
    const next = await store(where, raised);
    await next.removeOtherVersions();
    await dayPasses(where);
    vi.advanceTimersByTime(3_600_000);
    vi.useRealTimers();
    await vi.waitFor(async () => {
      expect(await generationsIn(where)).toHaveLength(1);
    });
  });

  it('are not those of a store whose name only begins the same', async () => {
    const where = folder();
    const postgres = postgresOf(where);
    const longer = await openStore({ postgres, name: 'main_other', projections: [] });
    await longer.close();
    await dayPasses(where);
    await (await store(where, raised)).removeOtherVersions();
    expect(await generationsIn(where)).toHaveLength(2);
  });
});

describe.runIf(storeKind === 'postgres')('processes that share a store', () => {
  it('make it once, all of them at a time', async () => {
    for (let time = 0; time < 5; time += 1) {
      const where = folder();
      const stores = await Promise.all([1, 2, 3, 4, 5, 6].map(() => store(where)));
      await stores[0]?.fold(events, 3n);
      expect(await generationsIn(where)).toHaveLength(1);
      for (const one of stores) {
        expect(await customersIn(one)).toBe(3);
        await one.close();
      }
    }
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
    const postgres = { pool: serverPool('postgresql://nobody@127.0.0.1:1/none') };
    const opening = openStore({ postgres, name: 'main', projections: mainProjections });
    await expect(opening).rejects.toThrow(Unavailable);
    await expect(opening).rejects.toThrow('PostgreSQL: connect ECONNREFUSED 127.0.0.1:1');
  });
});

describe('a database that cannot hold read models', () => {
  const fit = { encoding: 'UTF8', version: 130_000, session: 1 };
  const reader = { ...fit, session: 2 };

  it.each([
    [{ ...fit, encoding: 'LATIN1' }, "the database's encoding is LATIN1: it must be UTF8"],
    [{ ...fit, version: 120_022 }, "the server's version is 12: it must be 13 or later"],
    [{ ...fit, session: 2 }, 'a pooler shares sessions out by the transaction'],
  ])('is refused: %j', (facts, reason) => {
    expect(() => {
      refuseUnfit(facts, reader, false);
    }).toThrow(reason);
  });

  it('is not one with a session for each connection, or with one on purpose', () => {
    refuseUnfit(fit, reader, false);
    refuseUnfit(fit, fit, true);
  });

  it.runIf(storeKind === 'postgres')('is refused when a store is opened', async () => {
    const name = `latin_${String(process.pid)}`;
    const { writer } = await store(folder());
    await sql`create database ${sql.raw(name)} encoding latin1 locale 'C' template template0`.execute(
      writer,
    );
    try {
      const url = new URL(inject('databaseUrl'));
      url.pathname = name;
      const opening = openStore({
        postgres: { pool: serverPool(url.href) },
        name: 'main',
        projections: [],
      });
      await expect(opening).rejects.toThrow(UnfitDatabase);
    } finally {
      await sql`drop database ${sql.raw(name)}`.execute(writer);
    }
  });
});
