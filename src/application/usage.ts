import { refuse, type Refused } from '../kernel/decider.ts';
import { type UsageInput } from '../usage/commands.ts';
import { groupByStream, judgeUsage } from '../usage/recording.ts';
import { type Engine } from './engine.ts';
import { append, type Deps } from './handle.ts';

const eventsMax = 1000;

export const usageCommands = (deps: Deps): Pick<Engine, 'recordUsage' | 'judgeUsage'> => ({
  async recordUsage(events, by) {
    const refused = refuseBatch(events);
    if (refused !== undefined) return refused;
    const { lines, rejected } = judgeUsage(events);
    const now = deps.clock.now();
    const appended = await Promise.all(
      groupByStream(lines).map(([stream, event]) => append(deps, stream, 'any', [event], by, now)),
    );
    const position = appended.reduce(
      (last, { position: at }) => (at > last ? at : last),
      appended.length === 0 ? await deps.log.head() : 0n,
    );
    return { result: { accepted: lines.length, rejected }, position };
  },

  async judgeUsage(events) {
    const refused = refuseBatch(events);
    return refused ?? { result: judgeUsage(events), position: await deps.log.head() };
  },
});

const refuseBatch = (events: readonly UsageInput[]): Refused<'batch_too_large'> | undefined =>
  events.length > eventsMax
    ? refuse('batch_too_large', ['events'], `${String(events.length)} were sent`)
    : undefined;
