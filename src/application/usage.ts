import { refuse } from '../kernel/decider.ts';
import { groupByStream, judgeUsage } from '../usage/recording.ts';
import { type Engine } from './engine.ts';
import { append, type Deps } from './handle.ts';

const eventsMax = 1000;

export const usageCommands = (deps: Deps): Pick<Engine, 'recordUsage'> => ({
  async recordUsage(events, by) {
    if (events.length > eventsMax) {
      return refuse('batch_too_large', ['events'], `${String(events.length)} were sent`);
    }
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
});
