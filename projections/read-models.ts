import { type Kysely } from 'kysely';
import { type CustomerContracts } from '../src/contracts/contract.ts';
import { type EventReference } from '../src/kernel/recorded.ts';
import { checkpoint, type Store } from './store.ts';
import { type MainTables } from './tables.ts';
import { type UsageTables } from './usage-tables.ts';

/** Both stores, and how to wait until they have folded a position. */
export type ReadModels = {
  readonly main: Store<MainTables>;
  readonly usage: Store<UsageTables>;
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

/**
 * Asks both stores about one position (billing rule 19). Usage sets it, since it lags behind; it
 * has to include what the answer rests on in the main store, which `lastChange` tells.
 */
export async function atOnePosition<Answer>(
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
