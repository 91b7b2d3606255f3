import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { customersByIds, listCustomers } from '../../projections/customers.ts';
import { checkpoint, openStore, type Guard, type Projection } from '../../projections/store.ts';
import { mainProjections, type MainTables } from '../../projections/tables.ts';
import { customerCreated } from '../support/main-events.ts';
import { allRows, openMain, useStores } from '../support/main-store.ts';
import { dayPasses, generationsIn, placeOf, storeKind } from '../support/places.ts';
import { recorded } from '../support/recorded.ts';

const { folder, store, folded } = useStores(openMain);

const events = recorded(...['cus_1', 'cus_2', 'cus_3'].map((id) => customerCreated(id)));

const raised: readonly Projection<MainTables>[] = mainProjections.map((projection) => ({
  ...projection,
  version: projection.version + 1,
}));

describe('a store', () => {
  it('is there again when it is opened again', async () => {
    const where = folder();
    const first = await store(where);
    await first.fold(events, 7n);
    const rows = await allRows(first.reader);
    await first.close();
    const second = await store(where);
    expect(await second.progress()).toEqual({
      position: 7n,
      lastEvent: { position: 3n, id: 'event-3' },
    });
    expect(await checkpoint(second.reader)).toBe(7n);
    expect(await allRows(second.reader)).toEqual(rows);
  });

  it('does not fold what it has folded, in part or whole', async () => {
    const once = await folded(events);
    const twice = await folded(events.slice(0, 2));
    await twice.fold(events, 3n);
    await twice.fold(events.slice(1), 3n);
    await twice.fold(events.slice(0, 1), 1n);
    expect(await allRows(twice.reader)).toEqual(await allRows(once.reader));
  });

  it('moves its checkpoint over what it does not look at, and never back', async () => {
    const opened = await folded(events);
    await opened.fold([], 9n);
    await opened.fold([], 5n);
    expect(await opened.progress()).toMatchObject({ position: 9n, lastEvent: { position: 3n } });
  });

  it('holds nothing of a batch that failed', async () => {
    const breaking: Projection<MainTables> = {
      name: 'breaking',
      version: 1,
      create: () => Promise.resolve(),
      apply: () => Promise.reject(new Error('broken')),
    };
    const opened = await store(folder(), [...mainProjections, breaking]);
    await expect(opened.fold(events, 3n)).rejects.toThrow('broken');
    expect(await customersByIds(opened.reader, ['cus_1'])).toEqual(new Map());
    expect(await checkpoint(opened.reader)).toBe(0n);
  });

  it('is empty after a reset, and folds again to the same', async () => {
    const opened = await folded(events);
    const rows = await allRows(opened.reader);
    await opened.reset();
    expect(await checkpoint(opened.reader)).toBe(0n);
    expect(await customersByIds(opened.reader, ['cus_1'])).toEqual(new Map());
    await opened.fold(events, 3n);
    expect(await allRows(opened.reader)).toEqual(rows);
  });

  it('holds nothing of what its guard does not let pass', async () => {
    const opened = await folded(events.slice(0, 1));
    const before = await allRows(opened.reader);
    const guard = () => Promise.reject(new Error('another one does it'));
    for (const of of [events, []]) {
      await expect(opened.fold(of, 3n, guard)).rejects.toThrow('another one');
    }
    await expect(opened.reset(guard)).rejects.toThrow('another one');
    expect(await allRows(opened.reader)).toEqual(before);
  });

  it('asks its guard after all that is written', async () => {
    const opened = await folded([]);
    const seen: bigint[] = [];
    const guard: Guard = async (db) => {
      seen.push(await checkpoint(db));
    };
    await opened.fold(events, 3n, guard);
    await opened.fold([], 7n, guard);
    await opened.reset(guard);
    expect(seen).toEqual([3n, 7n, 0n]);
  });

  // PGlite has one session, which the questions hold.
  it.skipIf(storeKind === 'pglite')('answers several questions about one moment', async () => {
    const opened = await folded(events.slice(0, 1));
    const page = { first: 10, after: null };
    const counts = await opened.snapshot(async (db) => {
      const before = await listCustomers(db, null, page);
      await opened.fold(events, 3n);
      return [before.totalCount, (await listCustomers(db, null, page)).totalCount];
    });
    expect(counts).toEqual([1, 1]);
    expect((await listCustomers(opened.reader, null, page)).totalCount).toBe(3);
  });
});

describe('a new version of a projection', () => {
  it('is built beside the old one, which goes when it is told to', async () => {
    const where = folder();
    const old = await store(where);
    await old.fold(events, 3n);
    const [oldGeneration] = await generationsIn(where);
    const other = await openStore({ ...placeOf(where), name: 'usage', projections: [] });
    await other.close();
    const next = await store(where, raised);
    expect(await checkpoint(next.reader)).toBe(0n);
    expect(await checkpoint(old.reader)).toBe(3n);
    await old.close();
    expect(await generationsIn(where)).toHaveLength(3);
    await dayPasses(where);
    await next.removeOtherVersions();
    const left = await generationsIn(where);
    expect(left).toHaveLength(2);
    expect(left).not.toContain(oldGeneration);
    expect(left.filter((generation) => generation.includes('usage'))).toHaveLength(1);
    await next.fold(events, 3n);
    expect(await checkpoint(next.reader)).toBe(3n);
  });
});

describe.runIf(storeKind === 'sqlite')('a file that cannot be used', () => {
  it.each([
    ['empty, as a crash while it was made leaves it', ''],
    ['no database', 'x'.repeat(5000)],
  ])('is made anew: %s', async (_name, content) => {
    const where = folder();
    await (await store(where)).close();
    const [file = ''] = await generationsIn(where);
    writeFileSync(join(where, file), content);
    const opened = await store(where);
    await opened.fold(events, 3n);
    expect((await customersByIds(opened.reader, ['cus_3'])).size).toBe(1);
  });
});

describe('a store that was left half done', () => {
  it('is made anew', async () => {
    const where = folder();
    const first = await store(where);
    await first.fold(events, 3n);
    await first.writer.schema.dropTable('checkpoint').execute();
    await first.close();
    const second = await store(where);
    expect(await checkpoint(second.reader)).toBe(0n);
    await second.fold(events, 3n);
    expect((await customersByIds(second.reader, ['cus_1'])).size).toBe(1);
  });
});
