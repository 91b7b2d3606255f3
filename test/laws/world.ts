import { join } from 'node:path';
import { pino } from 'pino';
import { createBilling } from '../../projections/billing.ts';
import { createDrafts, type Drafts } from '../../projections/invoice-list.ts';
import { type ReadModels } from '../../projections/read-models.ts';
import { startRunner } from '../../projections/runner.ts';
import { openStore, type StorePlace } from '../../projections/store.ts';
import { mainProjections, mainStreams } from '../../projections/tables.ts';
import { usageProjection } from '../../projections/usage.ts';
import { openClock, type PaygoClock } from '../../src/application/clock.ts';
import { createEngine } from '../../src/application/create-engine.ts';
import { createHistory } from '../../src/application/history.ts';
import { type Engine } from '../../src/application/engine.ts';
import { type Biller } from '../../src/application/biller.ts';
import { type Billing, type EventLog } from '../../src/application/ports.ts';
import { instant } from '../../src/kernel/calendar.ts';
import { present } from '../../src/kernel/invariant.ts';

export const start = instant('2024-10-01T00:00:00Z');
export const graceHours = 24;
const logger = pino({ level: 'silent' });

/** A whole process without its HTTP server, on SQLite read models of its own. */
export type World = {
  readonly log: EventLog;
  readonly engine: Engine;
  readonly biller: Biller;
  readonly billing: Billing;
  readonly clock: PaygoClock;
  readonly models: ReadModels;
  readonly drafts: Drafts;
  /** Until the read models have folded the whole log. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type WorldOptions = {
  /** Where the read models stand; by default in files in the folder. */
  readonly place?: (store: 'main' | 'usage') => StorePlace;
  readonly batchSize?: number;
  /** Of the usage store: what is left behind is done when this lets it. */
  readonly catchUp?: (catchUp: () => Promise<object | null>) => Promise<object | null>;
};

export async function openWorld(
  log: EventLog,
  folder: string,
  { batchSize = 1000, catchUp = (next) => next(), ...options }: WorldOptions = {},
): Promise<World> {
  const place = options.place ?? (() => ({ folder: join(folder, 'read-models') }));
  const clock = await openClock(log, start);
  const history = createHistory(log);
  const metering = usageProjection({
    originalLine: history.originalLine,
    history: history.usageBetween,
  });
  const ofMain = { ...place('main'), name: 'main', projections: mainProjections };
  const ofUsage = { ...place('usage'), name: 'usage', projections: [metering] };
  const [main, usage] = await Promise.all([openStore(ofMain), openStore(ofUsage)]);
  const common = { log, logger, batchSize };
  const mainRunner = await startRunner({ ...common, store: main, streamPrefixes: mainStreams });
  const counting = { ...usage, catchUp: () => catchUp(() => usage.catchUp()) };
  const usageRunner = await startRunner({ ...common, store: counting });
  const models: ReadModels = {
    main,
    usage,
    waitForMain: mainRunner.waitFor,
    waitForUsage: usageRunner.waitFor,
    contractsBefore: history.contractsBefore,
  };
  const billing = createBilling(models, graceHours);
  const { engine, biller } = createEngine({ log, clock, billing, graceHours });
  return {
    log,
    engine,
    biller,
    billing,
    clock,
    models,
    drafts: createDrafts(models, graceHours),
    settle: async () => billing.waitFor(await log.head(), 10_000),
    async close() {
      await Promise.all([mainRunner.stop(), usageRunner.stop()]);
      await Promise.all([main.close(), usage.close()]);
    },
  };
}

/**
 * Everything that the invoices say, as text: lists in their order, each with its content and
 * position.
 */
export async function allInvoices(
  world: World,
  customerId: string | null = null,
): Promise<string[]> {
  await world.settle();
  const now = world.clock.now();
  const filter = {
    customerId,
    contractId: null,
    statuses: null,
    types: null,
    startingAt: null,
    endingBefore: null,
  };
  const request = { filter, page: { first: 1000, after: null } };
  const [page] = await world.drafts.lists([request], now);
  const ids = present(page, 'a page for each request').edges.map(({ node }) => node.invoiceId);
  const views = await world.drafts.invoices(ids, now);
  return ids.map((id) =>
    JSON.stringify(views.get(id), (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  );
}
