import { Field, ID, Int, ObjectType } from 'type-graphql';
import { type Instant } from '../src/kernel/calendar.ts';
import { type Recorded } from '../src/kernel/recorded.ts';
import { Invoice } from './invoices.types.ts';
import { connectionOf } from './paging.ts';
import { DateTimeScalar, JSONObjectScalar, LogPositionScalar, SafeIntScalar } from './scalars.ts';

@ObjectType({
  description:
    'One recorded domain event, as stored. Usage events that arrived together are one of these.',
})
export class DomainEvent {
  @Field(() => LogPositionScalar)
  position: bigint;
  @Field(() => String, { description: 'An event is named for ever by its stream and revision.' })
  stream: string;
  @Field(() => Int)
  revision: number;
  @Field(() => String)
  type: string;
  @Field(() => ID)
  id: string;
  @Field(() => DateTimeScalar)
  recordedAt: Instant;
  @Field(() => JSONObjectScalar)
  data: Readonly<Record<string, unknown>>;
  @Field(() => JSONObjectScalar, {
    description: "The version of the event's schema, who caused it, and in which requests.",
  })
  metadata: Readonly<Record<string, unknown>>;
}

@ObjectType({ description: 'An invoice computed again from the log.' })
export class InvoiceReplay {
  @Field(() => Boolean, {
    description:
      "True when replaying the log to the invoice's position gives exactly the stored invoice.",
  })
  matches: boolean;
  @Field(() => Invoice)
  stored: Invoice;
  @Field(() => Invoice, {
    description: "Another object than stored: its id, and its lines' ids, end in @replay.",
  })
  replayed: Invoice;
  @Field(() => [String], { description: 'Field by field, in words.' })
  differences: readonly string[];
  @Field(() => SafeIntScalar, { description: 'How many events of the log were read for it.' })
  eventsReplayed: number;
}

export const DomainEventConnection = connectionOf(DomainEvent, 'DomainEvent', { counted: false });

export const domainEventNode = ({ event, ...recorded }: Recorded): DomainEvent => {
  const { type, ...data } = event;
  const { position, stream, revision, id, metadata } = recorded;
  const { recordedAt } = metadata;
  return { position, stream, revision, type, id, recordedAt, data, metadata };
};
