import { refuse } from '../kernel/decider.ts';
import { type Engine } from './engine.ts';
import { type Deps } from './handle.ts';
import { type UsageBacklog } from './usage-backlog.ts';
import { createUsageIntake } from './usage-intake.ts';

const eventsMax = 1000;

const noBacklog: UsageBacklog = { recorded: () => undefined, behind: () => null };

export type UsageDeps = Deps & {
  /** Where what folds usage may fall behind; without it, it is taken that it does not. */
  readonly usageBacklog?: UsageBacklog;
};

export function usageCommands(deps: UsageDeps): Pick<Engine, 'recordUsage' | 'openRecording'> {
  const intake = createUsageIntake(deps, deps.usageBacklog ?? noBacklog);
  return {
    openRecording: (by) => intake.open(by),
    async recordUsage(events, by) {
      if (events.length > eventsMax) {
        return refuse('batch_too_large', ['events'], `${String(events.length)} were sent`);
      }
      const recording = intake.open(by);
      for (const event of events) recording.takeInput(event);
      const { position, ...result } = await recording.finish();
      return { result, position };
    },
  };
}
