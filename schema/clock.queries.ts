import { Authorized, Ctx, Query, Resolver } from 'type-graphql';
import { Clock } from './clock.types.ts';
import { type Context } from './context.ts';

@Resolver()
export class ClockQueries {
  @Authorized('read', 'customer', 'ingest')
  @Query(() => Clock, { nullable: true, description: 'What the engine takes for now.' })
  clock(@Ctx() { clock }: Context): Clock {
    return { now: clock.now(), isTestClock: clock.isTestClock };
  }
}
