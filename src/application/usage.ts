import { refuse } from '../kernel/decider.ts';
import { type Engine } from './engine.ts';
import { type Deps } from './handle.ts';
import { createUsageIntake } from './usage-intake.ts';

const eventsMax = 1000;

export type UsageDeps = Deps & {
  /** Why no usage can be taken now: what folds it is too far behind; null: it can. */
  readonly usageBehind?: () => string | null;
};

export function usageCommands(deps: UsageDeps): Pick<Engine, 'recordUsage' | 'openRecording'> {
  const intake = createUsageIntake(deps, deps.usageBehind ?? (() => null));
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
