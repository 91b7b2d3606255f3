import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Context } from './context.ts';
import { refusalError } from './errors.ts';
import { UsageEventInput, usageFrom } from './usage.inputs.ts';
import { RecordUsagePayload } from './usage.types.ts';

@Resolver()
export class UsageMutations {
  @Authorized('ingest')
  @Mutation(() => RecordUsagePayload, {
    nullable: true,
    description:
      'At most 1,000 events. An event that breaks a rule is rejected alone; one of the wrong shape ' +
      '(a missing field, no timestamp) refuses the whole call, and nothing is recorded.',
  })
  async recordUsage(
    @Arg('events', () => [UsageEventInput]) events: readonly UsageEventInput[],
    @Ctx() { engine, caller }: Context,
  ): Promise<RecordUsagePayload> {
    const outcome = await engine.recordUsage(events.map(usageFrom), caller);
    if ('refused' in outcome) throw refusalError(outcome.refused, []);
    return { ...outcome.result, position: outcome.position };
  }
}
