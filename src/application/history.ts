import { fold } from '../kernel/decider.ts';
import { type EventReference, type Recorded } from '../kernel/recorded.ts';
import { type CustomerContracts } from '../contracts/contract.ts';
import { contracts } from '../contracts/decider.ts';
import { type ContractEvent } from '../contracts/events.ts';
import { type UsageLine, type UsageRecorded, usageStreamPrefix } from '../usage/events.ts';
import { present } from '../kernel/invariant.ts';
import { Unavailable, type EventLog } from './ports.ts';

/** What read models ask of the log itself. */
export type History = {
  /** A customer's contracts just before an event of their stream. */
  readonly contractsBefore: (reference: EventReference) => Promise<CustomerContracts>;
  /** The usage line at that place of the event at that position. */
  readonly originalLine: (
    position: bigint,
    line: number,
  ) => Promise<{ key: string; line: UsageLine }>;
  /** The usage events after a position and through another, in log order. */
  readonly usageBetween: (
    after: bigint,
    through: bigint,
  ) => AsyncIterable<readonly Recorded<UsageRecorded>[]>;
};

const batchSize = 200;

export const createHistory = (log: Pick<EventLog, 'readAll' | 'readStream'>): History => ({
  async contractsBefore({ stream, revision }) {
    if (revision === 0) return contracts.initial;
    const recorded = await log.readStream(stream, { maxCount: revision });
    return fold(
      contracts,
      (recorded as readonly Recorded<ContractEvent>[]).map(({ event }) => event),
    );
  },

  originalLine: originalLines(log),

  async *usageBetween(after, through) {
    let from = after;
    while (from < through) {
      const { events, through: seen } = await log.readAll({
        after: from,
        maxCount: batchSize,
        streamPrefixes: [usageStreamPrefix],
      });
      yield (events as readonly Recorded<UsageRecorded>[]).filter(
        ({ position }) => position <= through,
      );
      if (seen <= from) throw new Unavailable(`the log ends at ${String(from)} for now`);
      from = seen;
    }
  },
});

/**
 * Repeats come in the order of their originals, mostly of one event after the other: the last one
 * is kept.
 */
function originalLines(log: Pick<EventLog, 'readAll'>): History['originalLine'] {
  let last: Recorded<UsageRecorded> | undefined;
  return async (position, line) => {
    if (last?.position !== position) {
      const { events } = await log.readAll({ after: position - 1n, maxCount: 1 });
      last = present(events.at(0), 'a recorded line is in the log') as Recorded<UsageRecorded>;
    }
    const { key, lines } = last.event;
    return { key, line: present(lines[line], 'a recorded line stands in its event') };
  };
}
