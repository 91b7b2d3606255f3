import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely } from 'kysely';
import { NotCounted, TimedOut, Unavailable } from '../src/application/ports.ts';
import { type CustomerContracts } from '../src/contracts/contract.ts';
import { type EventReference } from '../src/kernel/recorded.ts';
import { type StoreReader } from './database.ts';
import { checkpoint } from './store.ts';
import { type MainTables } from './tables.ts';
import { uncounted } from './usage-behind.ts';
import { type UsageTables } from './usage-tables.ts';

/** Both stores, and how to wait until they have folded a position. */
export type ReadModels = {
  readonly main: StoreReader<MainTables>;
  readonly usage: StoreReader<UsageTables>;
  readonly waitForMain: (position: bigint, timeoutMs: number) => Promise<void>;
  readonly waitForUsage: (position: bigint, timeoutMs: number) => Promise<void>;
  /** A customer's contracts as the log had them just before an event of their stream. */
  readonly contractsBefore: (reference: EventReference) => Promise<CustomerContracts>;
};

/** Both stores at one position of the log. */
export type Moment = Pick<ReadModels, 'contractsBefore'> & {
  readonly main: Kysely<MainTables>;
  readonly usage: Kysely<UsageTables>;
  readonly position: bigint;
};

export const answerWithinMs = 30_000;

const lookEveryMs = 20;
const settlesWithinMs = 1000;

/** Until usage has reached what the log held when it was asked for, or a moment has passed. */
export async function settle(
  { waitForUsage }: Pick<ReadModels, 'waitForUsage'>,
  latest: () => Promise<bigint>,
): Promise<void> {
  try {
    await waitForUsage(await latest(), settlesWithinMs);
  } catch (error) {
    // What is there says itself how far it goes.
    if (!(error instanceof TimedOut || error instanceof Unavailable)) throw error;
  }
}

/** Until the metrics have counted what was recorded before them; NotCounted: not in time. */
export async function waitUntilCounted(
  usage: Kysely<UsageTables>,
  metricIds: readonly string[],
  timeoutMs: number,
): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const behind = await uncounted(usage, metricIds);
    if (behind.length === 0) return;
    if (performance.now() >= until) throw new NotCounted(behind);
    await delay(lookEveryMs);
  }
}

/** Asks, and asks again once the metrics that the answer needs have counted: see NotCounted. */
export async function onceCounted<Answer>(
  { usage }: Pick<ReadModels, 'usage'>,
  timeoutMs: number,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotCounted) || timeoutMs === 0) throw error;
      await waitUntilCounted(usage.reader, error.metricIds, until - performance.now());
    }
  }
}

/**
 * Asks both stores about one position (billing rule 19). Usage sets it, since it lags behind; it
 * has to include what the answer rests on in the main store, which `lastChange` tells.
 * Metrics that it needs have counted, too, or it waits for them.
 */
export const atOnePosition = <Answer>(
  models: ReadModels,
  lastChange: (main: Kysely<MainTables>) => Promise<bigint>,
  ask: (moment: Moment) => Promise<Answer>,
): Promise<Answer> =>
  onceCounted(models, answerWithinMs, () => askAtOnePosition(models, lastChange, ask));

async function askAtOnePosition<Answer>(
  models: ReadModels,
  lastChange: (main: Kysely<MainTables>) => Promise<bigint>,
  ask: (moment: Moment) => Promise<Answer>,
): Promise<Answer> {
  const { contractsBefore } = models;
  for (;;) {
    const outcome = await models.usage.snapshot(async (usage) => {
      const position = await checkpoint(usage);
      return models.main.snapshot(async (main) => {
        if ((await checkpoint(main)) < position) return { mainBehind: position };
        const changed = await lastChange(main);
        if (changed > position) return { usageBehind: changed };
        return { answer: await ask({ main, usage, position, contractsBefore }) };
      });
    });
    if ('answer' in outcome) return outcome.answer;
    if (outcome.mainBehind !== undefined) {
      await models.waitForMain(outcome.mainBehind, answerWithinMs);
    } else {
      await models.waitForUsage(outcome.usageBehind, answerWithinMs);
    }
  }
}
