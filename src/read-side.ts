import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Logger } from 'pino';
import { leadRunner } from '../projections/led-runner.ts';
import { type Leases } from '../projections/leases.ts';
import { openLeases } from '../projections/open-leases.ts';
import { type PostgresPlace, type SessionPool } from '../projections/postgres.ts';
import { type ReadModels } from '../projections/read-models.ts';
import { startRunner, type Following } from '../projections/runner.ts';
import { openSqliteReader } from '../projections/sqlite.ts';
import { openStore, type Projection, type Store } from '../projections/store.ts';
import { mainProjections, mainStreams, type MainTables } from '../projections/tables.ts';
import { startSharing } from '../projections/usage-sharing.ts';
import { type UsageLog } from '../projections/usage-changes.ts';
import { type UsageTables } from '../projections/usage-tables.ts';
import { usageProjection } from '../projections/usage.ts';
import { watchStore } from '../projections/watcher.ts';
import { createHistory, type History } from './application/history.ts';
import { type EventLog } from './application/ports.ts';
import { blaming, type Config } from './config.ts';
import { fingerprint } from './kernel/ids.ts';
import { type LogPlace } from './usage-thread/messages.ts';
import { startUsageThread } from './usage-thread/thread.ts';

/** So many sessions with the database, for the store of that name; withinMs: see postgresPool. */
export type Connect = (
  connections: number,
  store: string,
  withinMs: number | undefined,
) => SessionPool;

/** The read models, and how this process keeps them or follows those who do. */
export type ReadSide = {
  readonly models: ReadModels;
  readonly main: Following;
  readonly usage: Following;
  /** Why this process no longer does its part; null while it does. */
  failure(): string | null;
  /**
   * Works as the only process that does, again and again until it is stopped; the work ends when
   * its signal aborts. Returns how it is stopped.
   */
  alone(work: string, run: (signal: AbortSignal) => Promise<void>): () => Promise<void>;
};

type Needs = {
  readonly log: EventLog;
  readonly config: Config;
  readonly logger: Logger;
  readonly connect: Connect | undefined;
  /** Told how each part ends, in the order that they came to be. */
  readonly closers: (() => Promise<void>)[];
};

/** Opens the read models where the configuration says, kept or followed as the roles say. */
export const openReadSide = (needs: Needs): Promise<ReadSide> =>
  needs.config.databaseUrl === null
    ? openEmbedded(needs)
    : openShared(needs, needs.config.databaseUrl);

/** In files of this process alone, which folds the log itself: usage in a thread of its own. */
async function openEmbedded({ log, config, logger, closers }: Needs): Promise<ReadSide> {
  const history = createHistory(log);
  const folder = join(config.dataFolder, 'read-models');
  // It takes a while to start: meanwhile the other store is opened.
  const threadStarts = startUsageThread({ log: logPlaceOf(config), folder }, { log, logger });
  const starting = threadStarts.catch(() => null);
  closers.push(async () => (await starting)?.stop());
  const main = await openStore({ folder, name: 'main', projections: mainProjections });
  closers.push(() => main.close());
  const mainRunner = await startRunner({ log, store: main, streamPrefixes: mainStreams, logger });
  closers.push(() => mainRunner.stop());
  const thread = await threadStarts;
  const { fingerprint } = thread;
  const usage = openSqliteReader<UsageTables>(folder, { store: 'usage', fingerprint });
  closers.push(() => usage.close());
  return {
    models: modelsOf({ main, usage }, mainRunner, thread, history),
    main: mainRunner,
    usage: thread,
    failure: () => mainRunner.state().failed ?? thread.state().failed,
    alone(_work, run) {
      const stopping = new AbortController();
      const running = run(stopping.signal);
      return async () => {
        stopping.abort();
        await running;
      };
    },
  };
}

const logPlaceOf = ({ eventStoreUrl, streamPrefix, dataFolder }: Config): LogPlace =>
  eventStoreUrl === null ? { folder: dataFolder } : { eventStoreUrl, streamPrefix };

/** In PostgreSQL, where any number of processes fold and read them. */
async function openShared(needs: Needs, databaseUrl: string): Promise<ReadSide> {
  const { log, config, logger, closers } = needs;
  const history = createHistory(log);
  const places = placesIn(config, needs.connect ?? (await connectTo(databaseUrl)));
  const leases = await blaming('DATABASE_URL', () =>
    openLeases({ postgres: places('leases'), process: processName(), logger }),
  );
  closers.push(() => leases.close());
  const stores = await openStores(places, history, closers);
  const { main, usage } = stores;
  const goal = await log.head();
  const watchers = {
    main: watchStore(main, { logger, goal }),
    usage: watchStore(usage, { logger, goal }),
  };
  closers.push(() => watchers.main.stop());
  closers.push(() => watchers.usage.stop());
  const failures = [() => watchers.main.state().failed, () => watchers.usage.state().failed];
  if (config.roles.includes('projector')) {
    for (const part of project({ leases, log, logger }, stores, history)) {
      closers.push(() => part.stop());
      failures.push(() => part.state().failed);
    }
  }
  return {
    models: modelsOf(stores, watchers.main, watchers.usage, history),
    ...watchers,
    failure: () => failures.map((failed) => failed()).find((reason) => reason !== null) ?? null,
    alone(work, run) {
      const stopping = new AbortController();
      let failed: string | null = null;
      const holding = leases
        .hold(work, stopping.signal, ({ signal }) => run(signal))
        .catch((error: unknown) => {
          failed = error instanceof Error ? error.message : String(error);
          logger.error({ err: error, work }, 'this process does that work no more');
        });
      failures.push(() => failed);
      return async () => {
        stopping.abort();
        await holding;
      };
    },
  };
}

type Tools = {
  readonly leases: Leases;
  readonly log: EventLog;
  readonly logger: Logger;
};

/** Folds both stores, as one of any number of processes. */
function project(tools: Tools, { main, usage }: Stores, history: History) {
  const name = `main-${main.fingerprint}`;
  const group = `usage-${usage.fingerprint}`;
  return [
    leadRunner({ ...tools, name, store: main, streamPrefixes: mainStreams }),
    startSharing({ ...tools, group, store: usage, usageLog: usageLogOf(history) }),
  ];
}

async function connectTo(databaseUrl: string): Promise<Connect> {
  // Only where it is used: its client takes long to load.
  const { postgresPool } = await import('../projections/postgres-pool.ts');
  return (connections, _store, withinMs) => postgresPool(databaseUrl, connections, withinMs);
}

const placesIn =
  ({ streamPrefix }: Config, connect: Connect) =>
  (store: string): PostgresPlace => ({
    pool: (connections, withinMs) => connect(connections, store, withinMs),
    prefix: streamPrefix === 'paygo-' ? 'paygo' : `paygo_${fingerprint(streamPrefix).slice(0, 12)}`,
  });

const processName = (): string => `${hostname()} ${String(process.pid)} ${randomUUID()}`;

type Stores = { readonly main: Store<MainTables>; readonly usage: Store<UsageTables> };

async function openStores(
  places: (store: string) => PostgresPlace,
  history: History,
  closers: (() => Promise<void>)[],
): Promise<Stores> {
  const open = async <Tables>(name: string, projections: readonly Projection<Tables>[]) => {
    const store = await openStore({ postgres: places(name), name, projections });
    closers.push(() => store.close());
    return store;
  };
  return {
    main: await open('main', mainProjections),
    usage: await open('usage', [usageProjection(usageLogOf(history))]),
  };
}

const usageLogOf = ({ originalLine, usageBetween }: History): UsageLog => ({
  originalLine,
  history: usageBetween,
});

const modelsOf = (
  stores: Pick<ReadModels, 'main' | 'usage'>,
  main: Following,
  usage: Following,
  { contractsBefore }: History,
): ReadModels => ({
  main: stores.main,
  usage: stores.usage,
  waitForMain: main.waitFor,
  waitForUsage: usage.waitFor,
  contractsBefore,
});
