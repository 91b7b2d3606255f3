import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Leases } from '../../projections/leases.ts';
import { uncounted } from '../../projections/usage-behind.ts';
import { metricsOf } from '../../projections/usage-metrics.ts';
import {
  startSharing,
  type Sharing,
  type SharingOptions,
} from '../../projections/usage-sharing.ts';
import { Unavailable, type EventLog } from '../../src/application/ports.ts';
import { storeKind } from '../support/places.ts';
import {
  aliasesSet,
  customerCreated,
  metricCreated,
  usage,
  usageRows,
  used,
  useUsageStore,
  type UsageChange,
} from '../support/usage-log.ts';
import {
  eventsOf,
  everyShare,
  logWith,
  openShares,
  record,
  silent,
  usageLogOf,
  useSharedStores,
} from '../support/usage-sharing.ts';

const shared = useSharedStores(3);
const alone = useUsageStore();
const sharings: Sharing[] = [];
let shares = openShares();
const at = '2024-10-05T10:00:00Z';
const [low, high] = [everyShare.slice(0, 4), everyShare.slice(4)];

type Changed = Parameters<Leases['share']>[3];

/** Leases that are given by hand. */
function openHand() {
  let changed: Changed = () => undefined;
  let isReleased = false;
  return {
    give: (taken: readonly number[]) => {
      changed(taken.map((share) => shares.take(share).held));
    },
    isReleased: () => isReleased,
    leases: {
      share: (_group: string, _count: number, signal: AbortSignal, told: Changed) => {
        changed = told;
        return new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => {
            isReleased = true;
            resolve();
          });
        });
      },
    },
  };
}

function begin(
  log: SharingOptions['log'] & EventLog,
  store: number,
  taken: readonly number[],
  options: Partial<SharingOptions> = {},
) {
  const { leases, ...hand } = openHand();
  const logger = silent();
  const sharing = startSharing({
    log,
    store: shared.store(store),
    usageLog: usageLogOf(log),
    leases,
    group: 'usage',
    logger,
    ...options,
  });
  sharings.push(sharing);
  hand.give(taken);
  return { ...hand, sharing, logger };
}

const reaches = (sharing: Sharing, position: bigint): Promise<void> =>
  vi.waitFor(
    async () => {
      expect(sharing.state()).toEqual({ position, failed: null });
      const { reader } = shared.store(1);
      const metrics = (await metricsOf(reader)).map(({ metricId }) => metricId);
      expect(await uncounted(reader, metrics)).toEqual([]);
    },
    { timeout: 15_000, interval: 5 },
  );

const rows = () => usageRows(shared.store(1).reader);

async function rowsAlone(log: EventLog) {
  await alone.fold(await eventsOf(log));
  return alone.rows();
}

beforeEach(async () => {
  for (const breakage of shared.breakages) breakage.killAt(Infinity);
  if (storeKind !== 'sqlite') await shared.store(0).reset();
  shares = openShares();
});

afterEach(async () => {
  await Promise.all(sharings.splice(0).map((sharing) => sharing.stop()));
});

const sold: UsageChange[] = [
  metricCreated('SUM'),
  customerCreated('c1', 'a1'),
  ...everyShare.map((n) => usage('a1', used(`t${String(n)}`, at, n), used(`u${String(n)}`, at, 1))),
  metricCreated('LATEST'),
  usage('c1', used('t1', at, 1), used('t8', at, 1)),
];

describe.skipIf(storeKind === 'sqlite')('processes that share usage', () => {
  it('follow the log as it grows, each with its part', async () => {
    const log = await logWith(sold);
    const processes = [
      begin(log, 0, [0, 5]),
      begin(log, 1, [1, 2, 3]),
      begin(log, 2, [4, 6, 7], { batchSize: 2 }),
    ];
    for (let n = 0; n < 15; n += 1) {
      await record(log, usage('c1', used(`more-${String(n)}`, at, n), used('t1', at, 1)));
      if (n % 4 === 0) await delay(5);
    }
    const head = await log.head();
    for (const { sharing } of processes) await reaches(sharing, head);
    expect(await rows()).toEqual(await rowsAlone(log));
  });

  it('count once what comes a thousand times, under two keys', async () => {
    const log = await logWith([metricCreated('COUNT'), customerCreated('c1', 'a1', 'a2')]);
    const processes = [
      begin(log, 0, low, { batchSize: 70 }),
      begin(log, 1, high, { batchSize: 90 }),
    ];
    const lines = everyShare.map((n) => used(`t${String(n)}`, at));
    for (let n = 0; n < 500; n += 1) {
      await Promise.all([record(log, usage('a1', ...lines)), record(log, usage('a2', ...lines))]);
    }
    for (const { sharing } of processes) await reaches(sharing, await log.head());
    const { reader } = shared.store(0);
    const buckets = await reader.selectFrom('usage_bucket').select(['grain', 'value']).execute();
    expect(buckets).toEqual([
      { grain: 'H', value: '8' },
      { grain: 'M', value: '8' },
    ]);
    const repeats = await reader.selectFrom('usage_duplicate').select('duplicates').execute();
    expect(repeats.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(999 * 8);
  });

  it('take over from one that died, and bring its shares up first', async () => {
    const log = await logWith(sold);
    const dead = begin(log, 0, low);
    const left = begin(log, 1, high, { batchSize: 3 });
    await vi.waitFor(() => {
      expect(dead.sharing.position()).toBeGreaterThan(0n);
    });
    shared.breakage(0).killAt(1);
    for (let n = 0; n < 40; n += 1) await record(log, usage('a1', used(`v${String(n)}`, at, 2)));
    await vi.waitFor(() => {
      expect(dead.sharing.state().failed).not.toBeNull();
    });
    expect(dead.isReleased()).toBe(true);
    expect(left.sharing.position()).toBeLessThan(await log.head());
    left.give(everyShare);
    await reaches(left.sharing, await log.head());
    expect(await rows()).toEqual(await rowsAlone(log));
  });

  it('wait out a log that is away', async () => {
    const log = await logWith(sold);
    let failures = 3;
    const away: EventLog = {
      ...log,
      subscribe: (options) => {
        failures -= 1;
        if (failures >= 0) throw new Unavailable('away');
        return log.subscribe(options);
      },
    };
    const { sharing, logger } = begin(away, 0, everyShare);
    await reaches(sharing, await log.head());
    expect(logger.warn).toHaveBeenCalled();
    expect(await rows()).toEqual(await rowsAlone(log));
  });

  it('tell listeners how far the store has come, and release their shares when they stop', async () => {
    const log = await logWith(sold);
    const { sharing, isReleased } = begin(log, 0, everyShare);
    const heard: bigint[] = [];
    sharing.onMove((position) => heard.push(position));
    await reaches(sharing, await log.head());
    expect(heard.at(-1)).toBe(await log.head());
    expect(isReleased()).toBe(false);
    await sharing.stop();
    expect(isReleased()).toBe(true);
  });

  it('ask for hardly anything when there is nothing to do', async () => {
    const log = await logWith(sold);
    const processes = [begin(log, 0, low), begin(log, 1, high), begin(log, 2, [])];
    for (const { sharing } of processes) await reaches(sharing, await log.head());
    await delay(300);
    for (const breakage of shared.breakages) breakage.killAt(Infinity);
    await delay(500);
    for (const breakage of shared.breakages) expect(breakage.passed()).toBeLessThan(10);
  });
});

describe.skipIf(storeKind === 'sqlite')('read models of another log', () => {
  it('are built anew by one of those who share usage', async () => {
    const first = await logWith(sold);
    const before = begin(first, 0, everyShare);
    await reaches(before.sharing, await first.head());
    await before.sharing.stop();
    const log = await logWith([
      metricCreated('SUM'),
      customerCreated('c1'),
      aliasesSet('c1', 'a1'),
    ]);
    for (let n = 0; n < 20; n += 1) await record(log, usage('a1', used(`w${String(n)}`, at, n)));
    const processes = [begin(log, 0, high), begin(log, 1, low)];
    for (const { sharing } of processes) await reaches(sharing, await log.head());
    expect(processes.map(({ logger }) => logger.warn.mock.calls.length)).toEqual([0, 1]);
    expect(await rows()).toEqual(await rowsAlone(log));
  });

  it('are known by what was measured ahead, too', async () => {
    const first = await logWith(sold);
    const before = begin(first, 0, low);
    await vi.waitFor(async () => {
      const done = await shared
        .store(1)
        .reader.selectFrom('usage_measured')
        .select('through')
        .execute();
      expect(done).not.toEqual([]);
    });
    await before.sharing.stop();
    const log = await logWith([
      metricCreated('COUNT'),
      metricCreated('SUM'),
      customerCreated('c1'),
    ]);
    const { sharing, logger } = begin(log, 0, everyShare);
    await reaches(sharing, await log.head());
    expect(logger.warn).toHaveBeenCalledOnce();
    expect(await rows()).toEqual(await rowsAlone(log));
  });

  it('are not those of a log whose server lags behind for a moment', async () => {
    const log = await logWith(sold);
    const before = begin(log, 0, everyShare);
    await reaches(before.sharing, await log.head());
    await before.sharing.stop();
    let asked = 0;
    const lagging: EventLog = {
      ...log,
      head: async () => {
        asked += 1;
        return asked < 3 ? 1n : log.head();
      },
    };
    const { sharing, logger } = begin(lagging, 1, everyShare);
    await reaches(sharing, await record(log, usage('c1', used('t99', at, 1))));
    expect(logger.warn).not.toHaveBeenCalled();
    expect(await rows()).toEqual(await rowsAlone(log));
  });
});
