import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { settled } from './answers.ts';
import { AdvanceTestClockPayload } from './clock.types.ts';
import { type Context } from './context.ts';
import { DateTimeScalar } from './scalars.ts';

@Resolver()
export class ClockMutations {
  @Authorized('admin')
  @Mutation(() => AdvanceTestClockPayload, {
    nullable: true,
    description:
      'Only with a test clock: moves time forward and runs what falls due on the way, in order.',
  })
  async advanceTestClock(
    @Arg('to', () => DateTimeScalar) to: Instant,
    @Ctx() context: Context,
  ): Promise<AdvanceTestClockPayload> {
    await settled(context, context.engine.advanceTestClock({ to }, context.caller), []);
    const { clock } = context;
    return { clock: { now: clock.now(), isTestClock: clock.isTestClock } };
  }
}
