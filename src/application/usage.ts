import { refuse, type Refused } from '../kernel/decider.ts';
import { type UsageInput } from '../usage/commands.ts';
import { judgeAll } from '../usage/recording.ts';
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

type UsageCommands = Pick<Engine, 'recordUsage' | 'judgeUsage' | 'openRecording'>;

export function usageCommands(deps: UsageDeps): UsageCommands {
  const intake = createUsageIntake(deps, deps.usageBacklog ?? noBacklog);
  return {
    openRecording: (by) => intake.open(by),
    async recordUsage(events, by) {
      const refused = refuseBatch(events);
      if (refused !== undefined) return refused;
      const recording = intake.open(by);
      for (const event of events) recording.takeInput(event);
      const { position, ...result } = await recording.finish();
      return { result, position };
    },
    async judgeUsage(events) {
      const refused = refuseBatch(events);
      return refused ?? { result: judgeAll(events), position: await deps.log.head() };
    },
  };
}

const refuseBatch = (events: readonly UsageInput[]): Refused<'batch_too_large'> | undefined =>
  events.length > eventsMax
    ? refuse('batch_too_large', ['events'], `${String(events.length)} were sent`)
    : undefined;
