import { Field, ObjectType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { DateTimeScalar } from './scalars.ts';

@ObjectType({ description: 'What the engine takes for now.' })
export class Clock {
  @Field(() => DateTimeScalar)
  now: Instant;
  @Field(() => Boolean, {
    description: 'Whether time stands still until advanceTestClock moves it.',
  })
  isTestClock: boolean;
}

@ObjectType({ description: 'The clock after the move.' })
export class AdvanceTestClockPayload {
  @Field(() => Clock)
  clock: Clock;
}
