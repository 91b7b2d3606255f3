import { sql } from 'kysely';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { leadRunner, type LedRunner } from '../../projections/led-runner.ts';
import { schemaOf } from '../../projections/postgres.ts';
import { leasesGeneration } from '../../projections/leases-table.ts';
import { type Projection, type Store } from '../../projections/store.ts';
import { mainProjections, type MainTables } from '../../projections/tables.ts';
import { type EventLog } from '../../src/application/ports.ts';
import { memoryLog } from '../../src/event-log/memory.ts';
import { customerCreated, january } from '../support/main-events.ts';
import { ttlMs, useContenders, type Contender } from '../support/leases.ts';
import { allRows, openMain, useStores } from '../support/main-store.ts';
import { postgresOf, storeKind } from '../support/places.ts';

const { folder, contender } = useContenders();
const { store, folded } = useStores(openMain);
const runners: LedRunner[] = [];

afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()));
});

const soon = { timeout: 8 * ttlMs, interval: 10 };

function lead(one: Contender, log: EventLog, of: Store<MainTables>): LedRunner {
  const { leases, logger } = one;
  const runner = leadRunner({ leases, name: 'main', log, store: of, logger, batchSize: 1 });
  runners.push(runner);
  return runner;
}

let serial = 0;

async function sign(log: EventLog): Promise<bigint> {
  serial += 1;
  const id = `cus_${String(serial)}`;
  const metadata = { version: 1, actor: 'test', requestIds: [], recordedAt: january };
  const event = { id: `event-${id}`, event: customerCreated(id), metadata };
  return (await log.append(`customer-${id}`, 'any', [event])).position;
}

const reaches = (of: Store<MainTables>, position: bigint) =>
  vi.waitFor(async () => {
    expect((await of.progress()).position).toBe(position);
  }, soon);

const leaders = (...all: readonly LedRunner[]): readonly LedRunner[] =>
  all.filter((runner) => runner.state().leads);

describe.runIf(storeKind !== 'sqlite')('runners that are led', () => {
  it('fold one at a time, and the next one goes on', async () => {
    const [where, log] = [folder(), memoryLog()];
    const models = await store(where);
    const [first, second] = [
      lead(await contender(where), log, models),
      lead(await contender(where), log, await store(where)),
    ];
    await reaches(models, await sign(log));
    expect(leaders(first, second)).toHaveLength(1);
    const [leader] = leaders(first, second);
    await leader?.stop();
    await reaches(models, await sign(log));
    expect(leaders(first, second)).toHaveLength(1);
    expect(leaders(first, second)).not.toContain(leader);
    const { events } = await log.readAll();
    expect(await allRows(models.reader)).toEqual(await allRows((await folded(events)).reader));
  });

  it('succeed one that is cut off, which leads again no more than one does', async () => {
    const [where, log] = [folder(), memoryLog()];
    const models = await store(where);
    const [doomed, other] = [await contender(where), await contender(where)];
    const first = lead(doomed, log, models);
    await vi.waitFor(() => expect(leaders(first)).toHaveLength(1), soon);
    const second = lead(other, log, await store(where));
    doomed.cut('silent');
    await vi.waitFor(() => expect(leaders(second)).toHaveLength(1), soon);
    expect(leaders(first)).toHaveLength(0);
    doomed.cut('none');
    await reaches(models, await sign(log));
    expect(leaders(first, second)).toEqual([second]);
  });

  it('write nothing once another has the lease, though they do not know it yet', async () => {
    const [where, log] = [folder(), memoryLog()];
    const table = sql.table(`${schemaOf(postgresOf(where), leasesGeneration)}.lease`);
    let usurps = false;
    const usurping: Projection<MainTables> = {
      name: 'usurping',
      version: 1,
      create: () => Promise.resolve(),
      apply: async (_events, db) => {
        if (!usurps) return;
        await sql`
          update ${table} set holder = 'another', fence = fence + 1,
            expires_at = clock_timestamp() + interval '1 second'`.execute(db);
      },
    };
    const models = await store(where, [...mainProjections, usurping]);
    const one = await contender(where);
    const runner = lead(one, log, models);
    await reaches(models, await sign(log));
    usurps = true;
    await sign(log);
    await vi.waitFor(() => expect(one.logger.warn).toHaveBeenCalled(), soon);
    expect((await models.progress()).position).toBe(1n);
    usurps = false;
    await reaches(models, 2n);
    expect(runner.state()).toEqual({ leads: true, failed: null });
  });

  it('leave it to others when one fails for good, and say why', async () => {
    const [where, log] = [folder(), memoryLog()];
    const models = await store(where);
    const broken = { ...models, fold: () => Promise.reject(new Error('the sum is wrong')) };
    const failing = lead(await contender(where), log, broken);
    await sign(log);
    await vi.waitFor(() => {
      expect(failing.state()).toEqual({ leads: false, failed: 'the sum is wrong' });
    }, soon);
    lead(await contender(where), log, models);
    await reaches(models, 1n);
  });

  it('build a store of another log anew, which only the one who leads does', async () => {
    const [where, log] = [folder(), memoryLog()];
    const models = await store(where);
    await models.fold([], 9n);
    await sign(log);
    const reset = vi.spyOn(models, 'reset');
    const [first, second] = [
      lead(await contender(where), log, models),
      lead(await contender(where), log, models),
    ];
    await reaches(models, 1n);
    expect(reset).toHaveBeenCalledOnce();
    expect(leaders(first, second)).toHaveLength(1);
  });
});
