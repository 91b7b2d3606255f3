import { Field, ID, InputType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { type UsageInput } from '../src/usage/commands.ts';
import { DateTimeScalar, JSONObjectScalar } from './scalars.ts';

@InputType({ description: 'One usage event.' })
export class UsageEventInput {
  @Field(() => ID, {
    description:
      '1 to 128 characters. The same id counts once per account, however often it is sent.',
  })
  transactionId: string;
  @Field(() => String, {
    description:
      "A customer's id or one of its ingest aliases. Usage for an alias that nobody holds yet is kept, and counts once a customer claims it.",
  })
  customerId: string;
  @Field(() => String)
  eventType: string;
  @Field(() => DateTimeScalar)
  timestamp: Instant;
  @Field(() => JSONObjectScalar, {
    nullable: true,
    description:
      'At most 2,000, of names of at most 128 characters. Values are strings, numbers or booleans. A string keeps every digit, and has ' +
      'at most 4,096 characters; a number of more than 15 significant digits is rejected.',
  })
  properties?: Readonly<Record<string, unknown>> | null;
}

export const usageFrom = (event: UsageEventInput): UsageInput => ({
  transactionId: event.transactionId,
  customerId: event.customerId,
  eventType: event.eventType,
  timestamp: event.timestamp,
  properties: event.properties ?? null,
});
